"""What became of a mention at its source, as a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import inbox
from core.access import SYSTEM
from core.database import Database
from crawler import recheck
from crawler.recheck import Checked
from response import history, mentions
from response.history import Change, Piece, difference
from response.services import Services
from tests.conftest import Clock
from tests.factories import NOON, a_mention


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("刹车失灵。", "刹车失灵。", [("kept", "刹车失灵。")]),
        (
            "刹车失灵。厂家回应！我不满意",
            "刹车失灵。厂家道歉！我不满意",
            [("kept", "刹车失灵。"), ("removed", "厂家回应！"), ("added", "厂家道歉！"), ("kept", "我不满意")],
        ),
        ("甲。", "甲。\n更正：乙。", [("kept", "甲。"), ("added", "\n更正：乙。")]),
        ("甲。乙。", "乙。", [("removed", "甲。"), ("kept", "乙。")]),
    ],
)
def test_a_difference_is_told_by_sentences(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert [(piece.change.value, piece.text) for piece in difference(before, after)] == pieces


@given(*[st.text("甲乙。！\n ab", max_size=300)] * 2)
def test_pieces_add_up_to_both_texts(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == after


def test_very_long_texts_are_compared_at_their_beginning(database: Database) -> None:
    long = "句子。" * 5_000
    assert difference(long, "新。" + long)[0] == Piece(change=Change.ADDED, text="新。")


def test_a_mention_shows_its_edits_masked_and_that_it_is_gone(services: Services, clock: Clock) -> None:
    versions = ("刹车失灵。电话 13800138000。", "刹车失灵。电话 13800138111。", "刹车失灵。已解决。")
    for text in versions:
        with services.database.write() as connection:
            inbox.put(connection, [a_mention(1, text=text)], now=clock.advance(hours=1))
    name = a_mention(1).id
    with services.database.write() as connection:
        recheck.keep(connection, [Checked(mention_id=name, gone_at=NOON)], now=clock())
        assert recheck.vanished(connection, [Checked(mention_id=name, gone_at=NOON)]) == (name,)
    found = mentions.detail(services, SYSTEM, name).history
    assert found.gone_at == NOON
    assert [edit.at for edit in found.edits] == [clock.now.replace(hour=clock.now.hour - 1), clock.now]
    changed = [[piece.text for piece in edit.text if piece.change is not Change.KEPT] for edit in found.edits]
    assert changed[0] == [], "masked alike"
    assert changed[1] == ["电话 138********。", "已解决。"]
    assert history.History() == mentions.detail(services, SYSTEM, put(services, clock)).history


def put(services: Services, clock: Clock) -> str:
    with services.database.write() as connection:
        inbox.put(connection, [a_mention(2)], now=clock())
    return a_mention(2).id
