"""Article extraction on the pages of ``tests/articles``: ``python -m tests.bench.articles [FOLDER ...]``.

The pages are written by us and small, so these figures say where a rule is missing; ``tests.bench.extraction`` measures
saved pages. trafilatura(fast) is measured beside it.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import trafilatura
from trafilatura.settings import Document

from core.mention import shanghai_text
from crawler.extract.article import extract
from crawler.extract.decode import decode
from tests.bench.extraction import body_f1, folded
from tests.unit.article_files import ArticlePage, read_pages

NOW: Final = datetime(2026, 6, 16, 6, tzinfo=UTC)
ENOUGH: Final = 0.95


def ours(page: ArticlePage) -> dict[str, str]:
    """What a reader would check: title, author, time, text."""
    article = extract(decode(page.body).text, page.url, now=NOW)
    published = article.published
    return {
        "title": article.title,
        "author": article.author,
        "time": shanghai_text(published.at) if published else "",
        "text": article.text,
    }


def theirs(page: ArticlePage) -> dict[str, str]:
    """The same by trafilatura."""
    found = trafilatura.bare_extraction(page.body, url=page.url or None, with_metadata=True, fast=True)
    if not isinstance(found, Document):
        return dict.fromkeys(("title", "author", "time", "text"), "")
    values = (found.title, found.author, found.date, found.text)
    return {name: value or "" for name, value in zip(("title", "author", "time", "text"), values, strict=True)}


def marks(page: ArticlePage, found: Mapping[str, str]) -> dict[str, float]:
    """1 or 0 for each question that the page asks, the F1 of the text as it is."""
    f1 = body_f1(found["text"], "\n".join(page.text))
    result = {
        "title": float(folded(found["title"]) == folded(page.title)),
        "body": f1,
        f"body {ENOUGH}": float(f1 >= ENOUGH),
    }
    if page.published:
        result["day"] = float(found["time"][:10] == page.published[:10])
        if len(page.published) > 10:
            result["minute"] = float(found["time"][:16] == page.published[:16])
    names = {folded(name) for name in page.authors}
    right = folded(found["author"]) in names if names else not found["author"]
    return result | {"byline" if names else "no false byline": float(right)}


def main(folders: Sequence[str]) -> None:
    """Print the figures of each folder and what is wrong on each page."""
    for folder in folders or ("first",):
        pages = read_pages(folder)
        for name, read in (("tingfeng", ours), ("trafilatura", theirs)):
            found = [(page, read(page)) for page in pages]
            all_marks = [marks(page, values) for page, values in found]
            for (page, values), each in zip(found, all_marks, strict=True):
                if name == "tingfeng" and min(each.values()) < ENOUGH:
                    wrong = [key for key, mark in each.items() if mark < ENOUGH]
                    print(f"  {page.name}: {', '.join(wrong)}  f1={each['body']:.3f} "
                          f"{values['title']} | {values['author']} | {values['time']}")  # fmt: skip
            keys = dict.fromkeys(key for each in all_marks for key in each)
            means = {key: [each[key] for each in all_marks if key in each] for key in keys}
            figures = "  ".join(f"{key} {sum(m) / len(m):.3f} ({len(m)})" for key, m in means.items())
            print(f"{folder}, {len(pages)} pages, {name}: {figures}")


if __name__ == "__main__":
    main(sys.argv[1:])
