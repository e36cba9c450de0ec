"""English dates become figures: Mar 1, 2026 and Sunday, 01-Mar-26 are 2026-3-1, March 1 is 3月1日.

Some Chinese sites translate the month and leave the order (三月 1, 2026).
"""

import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_WEEKDAY: Final = r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s)?"
_DAY: Final = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?![0-9:])"
_YEAR: Final = r"(?P<year>(?:19|20)[0-9]{2})(?![0-9])"
# Mail and HTTP have years of two digits, always with a time behind them (RFC 822, RFC 850).
_SHORT_YEAR: Final = r"(?P<short>[0-9]{2})(?=\s[0-9]{1,2}:)"
_FORMS: Final = tuple(
    re.compile(_WEEKDAY + r"(?<![0-9a-z])" + form, re.ASCII)
    for form in (
        # What asctime and date(1) print; the year comes after the time.
        rf"{_MONTH}\s{_DAY}\s(?P<clock>[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:\s(?:[a-z]{{1,4}}|[+-][0-9]{{4}}))?)\s{_YEAR}",
        rf"(?:{_MONTH}\s?|(?P<number>[0-9]{{1,2}})月\s){_DAY},?\s{_YEAR}",
        rf"{_DAY}(?:\s|-|\sof\s){_MONTH}[\s,-]{{1,2}}(?:{_YEAR}|{_SHORT_YEAR})",
        rf"{_MONTH}\s{_DAY}",
        rf"{_DAY}\s{_MONTH}",
    )
)


def to_figures(line: str) -> str:
    """line: lower case, single blanks."""
    for form in _FORMS:
        line = form.sub(_figures, line)
    return line


def _figures(match: re.Match[str]) -> str:
    values = match.groupdict()
    day, month = values["day"], values.get("number") or _MONTHS.index(values["month"][:3]) + 1
    year = values.get("year") or (f"20{values['short']}" if values.get("short") else "")
    if not year:
        return f"{month}月{day}日"
    return f"{year}-{month}-{day} {values.get('clock') or ''}".rstrip()
