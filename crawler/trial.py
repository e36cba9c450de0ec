"""What an address turned out to be when it was tried: a kind of source, what it shows, and a definition to save."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from core.mention import DatePrecision, shanghai_text
from crawler.definition import Source, SourceKind
from crawler.extract.dates import Published

# What a person looks through in a terminal.
MOST_ITEMS: Final = 10
MOST_DETAILS: Final = 3
# With robots.txt, the page, three behind it and one redirect.
MOST_REQUESTS: Final = 6
_MOST_TEXT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One item, or what was read of a page behind one."""

    url: str
    title: str = ""
    author: str = ""
    published: Published | None = None
    text: str = ""

    def as_line(self) -> dict[str, Any]:  # Any: JSON-ready values
        """For printing: the time as a day where no more is known, the beginning of the text."""
        text = " ".join(self.text.split())
        return {
            "url": self.url,
            "title": self.title,
            "author": self.author or None,
            "published_at": _printed(self.published),
            "text": text[:_MOST_TEXT] + "…" * (len(text) > _MOST_TEXT),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Another way into the site: a feed or a sitemap that it declares."""

    kind: SourceKind
    url: str
    words: str


@dataclass(slots=True, kw_only=True)
class Trial:
    """Filled while the address is tried. definition: keys to save; None where the address is no source.

    said: what it is, in one sentence. items: as it shows them; details: of the pages behind some, whose html is in
    pages. notes: what else a person should know. count: items on the page.
    """

    source: Source
    said: str = ""
    definition: dict[str, Any] | None = None  # Any: values of several types
    confidence: float | None = None
    count: int = 0
    items: list[Shown] = field(default_factory=list)
    details: list[Shown] = field(default_factory=list)
    pages: list[tuple[str, str]] = field(default_factory=list)
    doors: list[Door] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    follow: list[str] = field(default_factory=list)
    requests: int = 0

    def as_line(self) -> dict[str, Any]:  # Any: JSON-ready values
        """All of it, for machines."""
        return {
            "said": self.said,
            "source": self.definition,
            "confidence": self.confidence,
            "count": self.count,
            "items": [item.as_line() for item in self.items],
            "details": [item.as_line() for item in self.details],
            "doors": [asdict(door) for door in self.doors],
            "notes": self.notes,
            "requests": self.requests,
        }


def _printed(published: Published | None) -> str | None:
    if published is None:
        return None
    moment = shanghai_text(published.at)
    return moment[: len("2026-06-15")] if published.precision is DatePrecision.DAY else moment
