"""Whole article pages of many designs, with the furniture that sites put around a text."""

from typing import Final

import pytest

from tests.bench.articles import ENOUGH, marks, ours
from tests.unit.article_files import ArticlePage, read_pages

PAGES: Final = (*read_pages("first"), *read_pages("second"), *read_pages("third"))
# What is known to be missed: a text in a box named for replies, the entries of a live report whose box begins with its
# title, and the last lines of a text that look like the heading of a list of other articles.
MISSED: Final = {"complaint": {"body", "minute"}, "live": {"body"}, "ithome": {"body"}}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_page_is_read_as_a_reader_would(page: ArticlePage) -> None:
    found = marks(page, ours(page))
    wrong = {question.split()[0] for question, mark in found.items() if mark < ENOUGH}
    assert wrong == MISSED.get(page.name, set())
