"""The part of the index contract that is about writing: repeats, revisions, moves, deletion."""

from dataclasses import replace

from core.mention import Platform, Sentiment
from index.base import Dimension, MentionIndex, UpsertStatus
from index.query import EVERYTHING
from tests.factories import NOON, an_analysis
from tests.integration.index_material import DAY, counts, mention, number_of, numbers, query, store


class WriteContract:
    """See IndexContract."""

    def test_a_repeated_write_changes_nothing(self, index: MentionIndex) -> None:
        first = mention(1, "词")
        assert store(index, first, mention(2, "词")) == (UpsertStatus.STORED, UpsertStatus.STORED)
        assert store(index, first) == (UpsertStatus.STORED,)
        assert numbers(index, "词") == [2, 1]
        assert counts(index, EVERYTHING.where(brand="青柠汽车"), Dimension.SENTIMENT) == {("negative",): 2}

    def test_an_older_revision_never_wins(self, index: MentionIndex) -> None:
        assert store(index, mention(1, "新词", revision=3)) == (UpsertStatus.STORED,)
        assert store(index, mention(1, "旧词", revision=2)) == (UpsertStatus.STALE,)
        assert numbers(index, "新词") == [1]
        assert numbers(index, "旧词") == []

    def test_a_changed_text_is_found_by_its_new_words_only(self, index: MentionIndex) -> None:
        store(index, mention(1, "旧词", title="同题"))
        store(index, mention(1, "新词", title="同题", revision=2))
        assert numbers(index, "旧词") == []
        assert numbers(index, "新词 同题") == [1]

    def test_a_new_label_moves_the_counts(self, index: MentionIndex) -> None:
        store(index, mention(1, "词"), mention(2, "词"))
        positive = an_analysis(Sentiment.POSITIVE, brands=("蓝鲸汽车",))
        store(index, mention(1, "词", revision=2, analysis=positive, at=NOON, platform=Platform.NEWS))
        for by in (Dimension.SENTIMENT, Dimension.BRAND, Dimension.PLATFORM):
            assert sorted(counts(index, query("词"), by).values()) == [1, 1]
        assert counts(index, EVERYTHING, Dimension.BRAND) == {("青柠汽车",): 1, ("蓝鲸汽车",): 1}
        assert counts(index, EVERYTHING.where(brand="青柠汽车"), Dimension.SENTIMENT) == {("negative",): 1}
        assert counts(index, EVERYTHING.where(brand="蓝鲸汽车"), Dimension.SENTIMENT) == {("positive",): 1}

    def test_a_moved_time_moves_the_day_and_not_the_place_in_the_list(self, index: MentionIndex) -> None:
        store(index, mention(1), mention(2))
        moved = replace(mention(1, revision=2), published_at=NOON - 40 * DAY)
        store(index, moved)
        assert numbers(index) == [2, 1]
        days = counts(index, EVERYTHING.where(brand="青柠汽车"), Dimension.DAY)
        assert days == {("2026-05-07",): 1, ("2026-06-16",): 1}
        assert numbers(index, EVERYTHING.where(until=NOON)) == [1]

    def test_a_mention_without_order_key_is_rejected_alone(self, index: MentionIndex) -> None:
        good, bad = mention(1), mention(2, order_key=None)
        assert store(index, bad, good) == (UpsertStatus.REJECTED, UpsertStatus.STORED)
        assert numbers(index) == [1]

    def test_delete_removes_from_lists_and_counts(self, index: MentionIndex) -> None:
        stored = [mention(number, "词", at=NOON - number * 20 * DAY) for number in range(3)]
        store(index, *stored)
        assert index.delete([stored[0].id, stored[2].id, "nobody"]) == 2
        assert numbers(index, "词") == [1]
        assert index.get(stored[0].id) is None
        assert counts(index, query("词"), Dimension.SOURCE) == {("车友会",): 1}
        assert counts(index, EVERYTHING.where(brand="青柠汽车"), Dimension.DAY) == {("2026-05-27",): 1}
        assert counts(index, EVERYTHING, Dimension.BRAND) == {("青柠汽车",): 1}
        assert store(index, stored[0]) == (UpsertStatus.STORED,)
        assert numbers(index, "词") == [0, 1]

    def test_what_was_removed_comes_back_above_the_revision_that_is_left(self, index: MentionIndex) -> None:
        store(index, mention(1, "旧词", revision=5))
        moved = mention(1, "新词", revision=6, at=NOON + 40 * DAY)
        index.delete([moved.id])
        assert store(index, moved) == (UpsertStatus.STORED,)
        assert (numbers(index, "旧词"), numbers(index, "新词")) == ([], [1])

    def test_its_parts_stay_until_they_are_lost(self, index: MentionIndex) -> None:
        store(index, mention(1))
        before = index.parts()
        assert before, "what holds something has a part"
        store(index, mention(2), mention(3, at=NOON - 40 * DAY))
        index.delete([mention(1).id])
        assert index.parts() >= before

    def test_a_scan_is_one_consistent_view(self, index: MentionIndex) -> None:
        store(index, *(mention(number) for number in range(3)))
        scanned = index.scan(EVERYTHING)
        first = next(scanned)
        store(index, mention(7), mention(2, revision=2, text="改了"))
        index.delete([mention(1).id])
        assert [number_of(found) for found in (first, *scanned)] == [0, 1, 2]
