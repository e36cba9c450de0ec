"""Read a publication time. Strict on purpose: one complete date or nothing; no guessing of years or languages.

A time without a zone is Shanghai time, the zone of the sites we read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final

from core.mention import SHANGHAI, DatePrecision

# One date with an optional time and zone: 2026-06-15T09:12:33.120+08:00, 2026/6/15 09:12, 2026年6月15日 星期一 9:12.
# A time followed by am/pm or by more digits is not taken; then only the day is known.
_DATE: Final = re.compile(
    r"""(?<!\d)(?P<year>(?:19|20)\d\d)
    (?:(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d-])
      |\s?年\s?(?P<month_cn>\d{1,2})\s?月\s?(?P<day_cn>\d{1,2})\s?日)
    (?:(?:\s*T|\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?\s*|\s*)
       (?P<hour>\d{1,2})[:：](?P<minute>\d\d)(?:[:：](?P<second>\d\d)(?:[.,]\d{1,9})?)?
       (?![\d:：])(?!\s*[aApP]\.?[mM])
       (?:\s?(?P<zone>Z\b|[+-]\d\d:?\d\d(?!\d)))?
    )?""",
    re.VERBOSE,
)
# Day, month name, year, time: the form of RSS and of mail (RFC 2822).
_MAIL_DATE: Final = re.compile(r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+(?:19|20)\d\d\s+\d{1,2}:\d\d(:\d\d)?")
# RFC 2822 knows CST as American Central time; on the sites read here it is China Standard Time.
_CHINA: Final = re.compile(r"\bCST$")
# Guess: a longer text is an article, not a date line.
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Published:
    """at: aware, UTC. precision: what the page really said; a day is midnight in Shanghai."""

    at: datetime
    precision: DatePrecision


def parse(text: str | None) -> Published | None:
    """Read the one date in ``text``; None when there is none, more than one, or an impossible one."""
    line = (text or "").strip()
    if not line or len(line) > LONGEST:
        return None
    if mail := _MAIL_DATE.match(line):
        return _from_mail(line, has_seconds=mail.group(1) is not None)
    found = {match.group(0): match for match in _DATE.finditer(line)}
    return _from_match(next(iter(found.values()))) if len(found) == 1 else None


def _from_match(match: re.Match[str]) -> Published | None:
    year, month, day = (int(match[name] or match[f"{name}_cn"]) for name in ("year", "month", "day"))
    try:
        if match["hour"] is None:
            return Published(_utc(datetime(year, month, day, tzinfo=SHANGHAI)), DatePrecision.DAY)
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))
        return Published(_utc(moment), DatePrecision.SECOND if match["second"] else DatePrecision.MINUTE)
    except ValueError:
        return None


def _from_mail(line: str, *, has_seconds: bool) -> Published | None:
    try:
        moment = parsedate_to_datetime(_CHINA.sub("+0800", line))
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000" is UTC by RFC 2822; nothing at all is the site's own time
        moment = moment.replace(tzinfo=UTC if line.endswith("-0000") else SHANGHAI)
    return Published(_utc(moment), DatePrecision.SECOND if has_seconds else DatePrecision.MINUTE)


def _zone(text: str | None) -> tzinfo:
    if text is None:
        return SHANGHAI
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
