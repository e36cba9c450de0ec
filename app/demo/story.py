"""What happens on the sample web: four weeks of calm, then a brake complaint in three waves.

Pure and deterministic: the same start gives the same posts, addresses and times. Nothing is dated after the start,
because the demo runs on the real clock and each wave goes live seconds after the one before.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final

from app.demo.wording import Wording, combined, deal, posts, read
from core.mention import SHANGHAI

HISTORY_DAYS: Final = 28
LAST_WAVE: Final = 3
# Source: written for the demo (a base line of 40 ± 6 mentions a day, 12 % negative, of which
# 6 lime drinks, 2 rival, 3 test drives).
_PER_DAY: Final = 40
_PER_DAY_SPREAD: Final = 6
# Guess: posts per Shanghai hour of a calm day, 2-3 by day and next to none at night.
_HOUR_WEIGHTS: Final = (4, 2, 1, 1, 1, 2, 6, 14, 22, 24, 24, 23, 26, 22, 20, 21, 21, 22, 23, 26, 29, 28, 20, 10)
_FIRST_THREAD: Final = 20418
_FIRST_ARTICLE: Final = 70311
_MOST_REPLIES: Final = 4
# Minutes before the start: the burst is still inside one hour when its wave has been crawled, the calm comes after.
_BURST_MINUTES: Final = (55, 6)
_CALM_MINUTES: Final = (5, 1)


class Site(StrEnum):
    """The two sites of the sample web."""

    FORUM = "forum"
    NEWS = "news"


class Group(StrEnum):
    """Why a post is there; what the demo expects the product to make of it."""

    OWNER = "owner"  # everyday talk of owners
    TROUBLE = "trouble"  # everyday complaint, never about brakes
    DRIVE = "drive"  # praise after a test drive
    SODA = "soda"  # lime drinks: must be excluded
    RIVAL = "rival"  # another brand
    COMPLAINT = "complaint"  # the brake story
    CALM = "calm"  # calmer voices and the company in the forum
    NEWS = "news"  # everyday report
    COVERAGE = "coverage"  # report or comment on the brake story
    REPOST = "repost"  # copy of the first report
    OLD_NEWS = "old_news"  # 2024 article that comes up again
    ANSWER = "answer"  # statement of the company or of the authority


_PER_DAY_GROUPS: Final = {Group.SODA: 6, Group.RIVAL: 2, Group.DRIVE: 3, Group.TROUBLE: 5}
# Ordinary life goes on in the hour of the burst.
_BURST_BACKGROUND: Final = {Group.OWNER: 3, Group.SODA: 3, Group.RIVAL: 2}
_NEGATIVE: Final = frozenset({Group.TROUBLE, Group.COMPLAINT, Group.COVERAGE, Group.REPOST})


@dataclass(frozen=True, slots=True)
class Post:
    """One thread or article.

    wave: 0 history, 1 first voices, 2 spread, 3 reposts and answer. place: board of the forum, section of the news.
    outlet: medium of an article, empty in the forum. replies: author and text, shown below a thread.
    """

    key: str
    path: str
    site: Site
    group: Group
    place: str
    title: str
    text: str
    author: str
    outlet: str
    published_at: datetime
    wave: int
    replies: tuple[tuple[str, str], ...] = ()

    @property
    def is_negative(self) -> bool:
        """Whether a reader would call the post negative for the brand."""
        return self.group in _NEGATIVE


@dataclass(frozen=True, slots=True)
class Story:
    """All posts of the sample web, oldest first."""

    start: datetime
    posts: tuple[Post, ...]

    def visible(self, wave: int) -> tuple[Post, ...]:
        """Return the posts on the sites once `wave` is live, newest first."""
        return tuple(post for post in reversed(self.posts) if post.wave <= wave)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A post before it has its number."""

    published_at: datetime
    wave: int
    group: Group
    wording: Wording
    author: str
    place: str = "cars"
    outlet: str = ""


def build(start: datetime) -> Story:
    """Return the story as seen at `start`, an aware time.

    All names are invented.
    """
    start = start.astimezone(SHANGHAI).replace(microsecond=0)
    rng = Random("青柠")
    threads = sorted([*_everyday(start, rng), *_brake_threads(start)], key=lambda draft: draft.published_at)
    articles = sorted([*_calm_news(start, rng), *_brake_news(start)], key=lambda draft: draft.published_at)
    numbered = [_thread(draft, _FIRST_THREAD + number) for number, draft in enumerate(threads)]
    numbered += [_article(draft, _FIRST_ARTICLE + number) for number, draft in enumerate(articles)]
    return Story(start.astimezone(UTC), tuple(sorted(numbered, key=lambda post: (post.published_at, post.key))))


def _everyday(start: datetime, rng: Random) -> Iterator[_Draft]:
    """Yield the forum's ordinary posts: the four weeks, and a few amid the burst."""
    slots = [(moment, group, 0) for moment, group in _history_slots(start, rng)]
    background = [group for group, count in _BURST_BACKGROUND.items() for _ in range(count)]
    for number, group in enumerate(background):
        slots.append((start - timedelta(minutes=52 - 6 * number), group, 2))
    nicknames = read("names")["nicknames"]
    wordings = _everyday_wordings(Counter(group for _, group, _ in slots), rng)
    for moment, group, wave in slots:
        place = "food" if group is Group.SODA else "cars"
        yield _Draft(moment, wave, group, next(wordings[group]), rng.choice(nicknames), place)


def _history_slots(start: datetime, rng: Random) -> Iterator[tuple[datetime, Group]]:
    """Yield a time and a group for each post of the last four weeks."""
    first, last = start - timedelta(days=HISTORY_DAYS), start - timedelta(minutes=2)
    fixed = [group for group, count in _PER_DAY_GROUPS.items() for _ in range(count)]
    for back in range(HISTORY_DAYS, -1, -1):
        midnight = datetime.combine(start.date() - timedelta(days=back), time(), SHANGHAI)
        count = _PER_DAY + rng.randint(-_PER_DAY_SPREAD, _PER_DAY_SPREAD)
        groups = fixed + [Group.OWNER] * (count - len(fixed))
        rng.shuffle(groups)
        hours = rng.choices(range(24), weights=_HOUR_WEIGHTS, k=count)
        for group, hour in zip(groups, hours, strict=True):
            moment = midnight + timedelta(hours=hour, seconds=rng.randrange(3600))
            if first < moment < last:
                yield moment, group


def _everyday_wordings(demand: Mapping[Group, int], rng: Random) -> dict[Group, Iterator[Wording]]:
    aside_posts, aside_topics = read("posts_aside"), read("topics_aside")
    owner = combined([*read("topics_driving"), *read("topics_owning")], rng, with_asides=True)
    supplies = {
        Group.OWNER: (posts(read("posts_ordinary")), owner),
        Group.TROUBLE: ([], combined(read("topics_trouble"), rng)),
        Group.DRIVE: (posts(aside_posts["drive"]), combined(aside_topics["drive"], rng)),
        Group.SODA: (posts(aside_posts["soda"]), combined(aside_topics["soda"], rng)),
        Group.RIVAL: (posts(aside_posts["rival"]), combined(aside_topics["rival"], rng)),
    }
    return {group: deal(*supply, demand.get(group, 0), rng) for group, supply in supplies.items()}


def _brake_threads(start: datetime) -> Iterator[_Draft]:
    complaints = read("complaints")
    for entry in complaints["first_voices"]:
        yield _entry(start, entry, 1, Group.COMPLAINT)
    burst, calm = complaints["burst"], complaints["calm"]
    # The square root lets the posts come ever faster, as in a real burst.
    for entry, minutes in zip(burst, _spread(len(burst), _BURST_MINUTES, 0.5), strict=True):
        yield _entry(start, entry | {"minutes_ago": minutes}, 2, Group.COMPLAINT)
    for entry, minutes in zip(calm, _spread(len(calm), _CALM_MINUTES, 1.0), strict=True):
        yield _entry(start, entry | {"minutes_ago": minutes}, 3, Group.CALM)


def _spread(count: int, span: tuple[int, int], power: float) -> list[float]:
    """Return `count` falling values inside the span; a power below 1 crowds them at its end."""
    first, last = span
    return [first - (first - last) * ((number + 0.5) / count) ** power for number in range(count)]


def _calm_news(start: datetime, rng: Random) -> Iterator[_Draft]:
    """Yield the everyday reports, spread evenly over the four weeks at office hours."""
    entries = read("news_history")
    for number, entry in enumerate(entries):
        day = start.date() - timedelta(days=round((len(entries) - number) * (HISTORY_DAYS - 1) / len(entries)))
        moment = datetime.combine(day, time(rng.randrange(7, 20), rng.randrange(60)), SHANGHAI)
        wording = Wording(entry["title"], entry["text"])
        yield _Draft(moment, 0, Group.NEWS, wording, entry["author"], entry["section"], entry["outlet"])


def _brake_news(start: datetime) -> Iterator[_Draft]:
    reports = read("news_crisis")
    for entry in reports:
        yield _entry(start, entry, entry["wave"], Group(entry["group"]))
    for edit in read("reposts"):
        copy = {"title": edit.get("title", reports[0]["title"]), "text": _edited(reports[0]["text"], edit)}
        copy |= {"author": edit["outlet"], "section": reports[0]["section"]}
        yield _entry(start, edit | copy, 3, Group.REPOST)


def _edited(text: str, edit: Mapping[str, Any]) -> str:  # Any: one entry of reposts.yaml
    """Return the report as a copying desk changed it."""
    for old, new in edit.get("swap", {}).items():
        text = text.replace(old, new)
    paragraphs = text.split("\n")
    kept = paragraphs[: len(paragraphs) - edit.get("drop", 0)]
    kept[0] = edit.get("lead", "") + kept[0]
    return "\n".join([*kept, *([edit["tail"]] if "tail" in edit else [])])


def _entry(start: datetime, entry: Mapping[str, Any], wave: int, group: Group) -> _Draft:  # Any: one YAML entry
    """Return a dated post of the crisis; it lies `minutes_ago` before the start unless it names its own time."""
    if "published" in entry:
        moment = datetime.fromisoformat(entry["published"])
    else:
        moment = start - timedelta(seconds=round(60 * entry["minutes_ago"]))
    wording = Wording(entry["title"], entry["text"])
    return _Draft(moment, wave, group, wording, entry["author"], entry.get("section", "cars"), entry.get("outlet", ""))


def _thread(draft: _Draft, number: int) -> Post:
    return _post(draft, Site.FORUM, f"/forum/thread-{number}.html", number, _replies(draft.group, number))


def _article(draft: _Draft, number: int) -> Post:
    path = f"/news/{draft.published_at:%Y/%m%d}/{number}.html"
    return _post(draft, Site.NEWS, path, number, ())


def _post(draft: _Draft, site: Site, path: str, number: int, replies: tuple[tuple[str, str], ...]) -> Post:
    return Post(
        key=f"{site}-{number}",
        path=path,
        site=site,
        group=draft.group,
        place=draft.place,
        title=draft.wording.title,
        text=draft.wording.text,
        author=draft.author,
        outlet=draft.outlet,
        published_at=draft.published_at.astimezone(UTC),
        wave=draft.wave,
        replies=replies,
    )


def _replies(group: Group, number: int) -> tuple[tuple[str, str], ...]:
    """Return the short answers under a thread; the number of the thread is their seed."""
    names = read("names")
    rng = Random(number)
    texts: Sequence[str] = names["replies"]["worried" if group is Group.COMPLAINT else "calm"]
    chosen = rng.sample(texts, k=rng.randrange(_MOST_REPLIES + 1))
    return tuple(zip(rng.sample(names["nicknames"], k=len(chosen)), chosen, strict=True))
