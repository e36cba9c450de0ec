"""The one date engine: when was this published? The one time that a text states, or nothing; never a guess.

``now`` decides what 3分钟前, 昨天 12:30 and 11-02 08:15 mean and what lies in the future; a time without a zone is
China's. No publication times are: a number, a span (3月1日至5日), an event (活动时间), a sentence about a day
(昨天的比赛), an impossible date, and one that lies more than a day ahead. 编辑于 does not count beside 发表于.
Two dates that nothing tells apart are none, unless one is the other in more detail.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from crawler.extract.dates.english import to_figures
from crawler.extract.dates.forms import Reading, Strength, readings
from crawler.extract.dates.published import Published, cut
from crawler.extract.dates.surroundings import NEIGHBOUR, Label, fits, label
from crawler.extract.dates.writing import plain

__all__ = ["Published", "parse"]


def parse(text: str | None, *, now: datetime, is_label: bool = True) -> Published | None:
    """Read the publication time in ``text``, a line of at most 200 characters. Never raises.

    now: aware. is_label: the text comes from a place that is there to tell the time (a time element, a selector, a
    field of a feed), so that 昨天, 11-02 or an epoch alone is a time. Without it the text is any line of a page, and
    such a day needs a name (发表于 昨天); a complete date and 3分钟前 alone in its line do not.
    """
    line = to_figures(plain(text or ""))
    found = sorted(_fitting(line, readings(line, now), is_label), key=lambda pair: pair[0])
    candidates = [reading for named, reading in found if named is found[0][0]]
    strongest = max((min(reading.strength, Strength.SPOKEN) for reading in candidates), default=Strength.BARE)
    return _agreed([reading.published for reading in candidates if reading.published and reading.strength >= strongest])


def _fitting(line: str, found: Sequence[Reading], is_label: bool) -> Iterator[tuple[Label, Reading]]:
    """The readings that may be publication times, and what they are times of."""
    start = 0
    ends = [*(reading.start for reading in found), len(line)][1:]
    for reading, following in zip(found, ends, strict=True):
        # A neighbouring date is marked, because a span (A 至 B) is known by what lies between two dates.
        before = NEIGHBOUR * (start > 0) + line[start : reading.start]
        after = line[reading.end : following] + NEIGHBOUR * (following < len(line))
        named, taken = label(before, after)
        start = reading.end + taken
        if named is Label.OTHER or reading.published is None:
            continue
        if fits(reading, before, after[taken:], named=named, is_label=is_label):
            yield named, reading


def _agreed(times: Sequence[Published]) -> Published | None:
    """The finest of them if all say the same, else None."""
    finest = max(times, key=lambda time: time.precision.fineness, default=None)
    return finest if finest and all(cut(finest.at, time.precision) == time for time in times) else None
