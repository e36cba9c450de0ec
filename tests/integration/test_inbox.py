"""The inbox: nothing lost, nothing doubled, whatever is repeated or killed."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

from core import inbox, intake, quarantine, story
from core.access import SYSTEM
from core.database import Database
from core.errors import SourceChanged
from core.mention import DatePrecision, Engagement, Sentiment, Status
from core.mention_table import mention_table
from tests.factories import NOON, a_mention, an_analysis


def test_putting_twice_adds_nothing(database: Database, clock) -> None:
    mentions = [a_mention(number) for number in range(5)]
    with database.write() as connection:
        first = inbox.put(connection, mentions, now=clock())
        second = inbox.put(connection, mentions, now=clock())
        stored = inbox.count(connection)
    assert (len(first.new), first.repeated) == (5, 0)
    assert (second.new, second.changed, second.repeated) == ((), (), 5)
    assert stored == 5


def test_the_same_mention_twice_in_one_batch_is_one(database: Database, clock) -> None:
    with database.write() as connection:
        result = inbox.put(connection, [a_mention(1), a_mention(1)], now=clock())
        assert (len(result.new), result.repeated, inbox.count(connection)) == (1, 1, 1)


def test_an_edit_keeps_the_former_version_and_asks_for_analysis(database: Database, clock) -> None:
    with database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=clock())
        _analyse_all(connection, clock)
        result = inbox.put(connection, [a_mention(1, text="已换车，不再回应")], now=clock())
        stored = inbox.get(connection, a_mention(1).id)
        former = inbox.versions(connection, a_mention(1).id)
        waiting = inbox.backlog(connection).unanalysed
    assert result.changed == (a_mention(1).id,)
    assert stored is not None
    assert (stored.text, stored.status, stored.revision) == ("已换车，不再回应", Status.CHANGED, 3)
    assert [version.mention.text for version in former] == [a_mention(1).text]
    assert waiting == 1


def test_an_answer_is_not_taken_for_what_stands_at_its_address(database: Database, clock) -> None:
    post, other = a_mention(1), a_mention(2)
    answers = [
        replace(each, id=f"{place}" * 32, native_id=f"comment-{place}", url=f"{each.url}#comment", parent_id=each.id)
        for place, each in enumerate((post, other), start=1)
    ]
    with database.write() as connection:
        inbox.put(connection, [post, *answers], now=clock())
        known = inbox.known(connection, [post.id, other.id, answers[0].id])
    assert {given: mention.id for given, mention in known.items()} == {each: each for each in (post.id, answers[0].id)}


def test_a_second_source_joins_without_an_edit(database: Database, clock) -> None:
    other = a_mention(1, source="订阅", seen_by=("订阅",), text="摘要不同")
    with database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=clock())
        joined = inbox.put(connection, [other], now=clock())
        stored = inbox.get(connection, other.id)
    assert stored is not None
    assert (joined.changed, joined.repeated) == ((), 1)
    assert stored.seen_by == ("车友会", "订阅")
    assert (stored.text, stored.source, stored.status) == (a_mention(1).text, "车友会", Status.LIVE)


def test_a_time_told_again_is_no_edit_unless_it_is_told_more_exactly(database: Database, clock) -> None:
    """On the next crawl a list page says 1小时前 where it said 3分钟前, and the day after it says 昨天."""
    minute, later = a_mention(1).published_at, NOON - timedelta(minutes=1)
    told = [(DatePrecision.DAY, NOON), (DatePrecision.MINUTE, minute), (DatePrecision.MINUTE, later), (None, None)]
    changed = []
    for precision, moment in [*told, told[0]]:
        with database.write() as connection:
            result = inbox.put(connection, [a_mention(1, published_at=moment, date_precision=precision)], now=clock())
        changed.append(bool(result.changed))
    assert changed == [False, True, False, False, False]
    with database.read() as connection:
        (mention,) = inbox.scan(connection)
    assert (mention.published_at, mention.date_precision) == (minute, DatePrecision.MINUTE)


def test_counters_move_without_an_edit(database: Database, clock) -> None:
    counted = a_mention(1, engagement=Engagement(reposts=96, counted_at=NOON))
    older = a_mention(1, engagement=Engagement(reposts=3, counted_at=NOON - timedelta(hours=1)))
    with database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=clock())
        _analyse_all(connection, clock)
        inbox.put(connection, [counted], now=clock())
        inbox.put(connection, [older], now=clock())
        stored = inbox.get(connection, counted.id)
        assert inbox.backlog(connection).unanalysed == 0
    assert stored is not None
    assert (stored.engagement.reposts, stored.status) == (96, Status.LIVE)


def test_order_keys_follow_time_and_are_unique(database: Database, clock) -> None:
    mentions = [a_mention(number, published_at=NOON - timedelta(minutes=number % 3)) for number in range(60)]
    with database.write() as connection:
        inbox.put(connection, mentions, now=clock())
        stored = inbox.scan(connection)
    keys = [mention.order_key for mention in stored]
    assert len(set(keys)) == 60
    assert [mention.order_time for mention in stored] == sorted(mention.order_time for mention in stored)


def test_a_taken_order_key_moves_on_by_one(database: Database, clock) -> None:
    table = mention_table
    with database.write() as connection:
        inbox.put(connection, [a_mention(2)], now=clock())
        (natural,) = (mention.order_key for mention in inbox.scan(connection))
        inbox.remove(connection, [a_mention(2).id], now=clock())
        inbox.put(connection, [a_mention(1)], now=clock())
        connection.execute(table.update().values(order_key=natural))
        inbox.put(connection, [a_mention(2)], now=clock())
        keys = {mention.id: mention.order_key for mention in inbox.scan(connection)}
    assert natural is not None
    assert keys == {a_mention(1).id: natural, a_mention(2).id: natural + 1}


def test_a_claim_is_exclusive_until_it_lapses(database: Database, clock) -> None:
    with database.write() as connection:
        inbox.put(connection, [a_mention(1), a_mention(2)], now=clock())
        mine = inbox.claim(connection, worker="a", limit=1, now=clock())
        theirs = inbox.claim(connection, worker="b", limit=10, now=clock())
        again = inbox.claim(connection, worker="a", limit=10, now=clock())
        clock.advance(seconds=inbox.CLAIM_SECONDS)
        lapsed = inbox.claim(connection, worker="c", limit=10, now=clock())
    assert len(mine) == len(theirs) == 1
    assert mine[0].id != theirs[0].id
    assert [mention.id for mention in again] == [mine[0].id], "a restarted worker takes up its own claim at once"
    assert len(lapsed) == 2


def test_an_analysis_of_an_older_revision_is_not_stored(database: Database, clock) -> None:
    with database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=clock())
        (claimed,) = inbox.claim(connection, worker="a", limit=1, now=clock())
        inbox.put(connection, [a_mention(1, text="改过了")], now=clock())
        assert inbox.store_analyses(connection, [(claimed, an_analysis())]) == 0
        assert inbox.backlog(connection).unanalysed == 1


def test_an_analysis_that_began_before_it_was_asked_for_again_is_not_stored(database: Database, clock) -> None:
    with database.write() as connection:
        inbox.put(connection, [a_mention(1), a_mention(2)], now=clock())
        claimed = inbox.claim(connection, worker="a", limit=2, now=clock())
        assert inbox.request_analysis(connection, [a_mention(1).id]) == 1
        assert inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed]) == 1
        assert inbox.unchanged(connection, claimed) == set()
        (free,) = inbox.claim(connection, worker="b", limit=9, now=clock())
        assert inbox.store_analyses(connection, [(free, an_analysis())]) == 1
        assert {mention.id for mention in inbox.unindexed(connection, limit=9)} == {mention.id for mention in claimed}
    assert free.id == a_mention(1).id, "its claim was given up"


def test_the_index_is_behind_exactly_where_a_revision_is_missing(database: Database, clock) -> None:
    with database.write() as connection:
        inbox.put(connection, [a_mention(1), a_mention(2)], now=clock())
        assert inbox.unindexed(connection, limit=10) == ()
        _analyse_all(connection, clock)
        behind = inbox.unindexed(connection, limit=10)
        inbox.mark_indexed(connection, {behind[0].id: behind[0].revision}, now=clock())
        left = inbox.unindexed(connection, limit=10)
        inbox.mark_indexed(connection, {behind[0].id: 0}, now=clock())
        assert [mention.id for mention in inbox.unindexed(connection, limit=10)] == [behind[1].id]
    assert len(behind) == 2
    assert [mention.id for mention in left] == [behind[1].id]
    assert behind[0].analysis is not None


def test_excluded_mentions_are_kept_with_that_status(database: Database, clock) -> None:
    analysis = an_analysis()
    excluded = replace(analysis, brands=(replace(analysis.brands[0], excluded_by="排除词：苏打水"),))
    with database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=clock())
        (claimed,) = inbox.claim(connection, worker="a", limit=1, now=clock())
        inbox.store_analyses(connection, [(claimed, excluded)])
        stored = inbox.get(connection, claimed.id)
    assert stored is not None
    assert stored.status is Status.EXCLUDED


def test_what_a_column_cannot_hold_is_replaced_in_place(database: Database, clock) -> None:
    with database.write() as connection:
        admitted = intake.admit(a_mention(1, text="刹\x00车\ud83d!"), author_key=None)
        inbox.put(connection, [admitted], now=clock())
        stored = inbox.get(connection, a_mention(1).id)
    assert stored is not None
    assert stored.text == "刹\ufffd车\ufffd!"


def test_parallel_puts_store_each_mention_once(database: Database, clock) -> None:
    mentions = [a_mention(number) for number in range(20)]

    def put() -> None:
        with database.write() as connection:
            inbox.put(connection, mentions, now=clock())

    threads = [Thread(target=put) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert inbox.count(connection) == 20


def test_retention_removes_versions_too(database: Database, clock) -> None:
    with database.write() as connection:
        inbox.put(connection, [a_mention(1), a_mention(2, published_at=NOON - timedelta(days=400))], now=clock())
        inbox.put(connection, [a_mention(2, published_at=NOON - timedelta(days=400), text="改")], now=clock())
        old = inbox.older_than(connection, NOON - timedelta(days=365))
        assert old == (a_mention(2).id,)
        assert inbox.remove(connection, old, now=clock()) == 1
        assert inbox.versions(connection, old[0]) == ()
        assert inbox.count(connection) == 1


def test_quarantine_lists_the_newest_first(database: Database, clock) -> None:
    with database.write() as connection:
        for number in range(3):
            error = SourceChanged(f"第 {number} 个")
            quarantine.keep(connection, source="论坛", raw="\x00" + "长" * 5000, error=error, now=clock())
        found = quarantine.shown(connection, SYSTEM, source="论坛", limit=2)
    assert [row.message for row in found] == ["第 2 个", "第 1 个"]
    assert found[0].code == "source_changed"
    assert len(found[0].raw) == quarantine.RAW_LIMIT


def test_quarantine_masks_before_it_cuts(database: Database, clock) -> None:
    raw = "长" * (quarantine.RAW_LIMIT - 8) + "13800001234"
    with database.write() as connection:
        quarantine.keep(connection, source="论坛", raw=raw, error=SourceChanged("x"), now=clock())
        (found,) = quarantine.shown(connection, SYSTEM)
    assert (len(found.raw), found.raw[-8:]) == (quarantine.RAW_LIMIT, "138*****")


def test_near_copies_and_common_words_join_a_story(database: Database, clock) -> None:
    fingerprint, edited, other = "0" * 1024, "0" * 800 + "1" * 224, "f" * 1024
    first = an_analysis(words=("刹车", "高速"), fingerprint=fingerprint)
    cases = {
        2: (an_analysis(words=("无关",), fingerprint=edited), "near-copy"),
        3: (an_analysis(words=("刹车", "高速", "4S店"), fingerprint=other), "same words"),
    }
    with database.write() as connection:
        founded = _story_of(connection, a_mention(1), first)
        for number, (analysis, why) in cases.items():
            assert _story_of(connection, a_mention(number), analysis) == founded, why
        assert founded is not None
        found = story.get(connection, founded)
    assert found is not None
    assert found.mention_count == 3


def test_what_does_not_join_a_story(database: Database, clock) -> None:
    late = NOON + timedelta(hours=73)
    words = ("刹车", "高速")
    cases = {
        "one common word": (a_mention(2), an_analysis(words=("刹车", "续航"), fingerprint="1" * 1024)),
        "another brand": (a_mention(3), an_analysis(brands=("蓝鲸汽车",), words=words, fingerprint="0" * 1024)),
        "too late": (a_mention(4, published_at=late, seen_at=late), an_analysis(words=words, fingerprint="2" * 1024)),
    }
    with database.write() as connection:
        founded = _story_of(connection, a_mention(1), an_analysis(words=words, fingerprint="0" * 1024))
        for why, (mention, analysis) in cases.items():
            assert _story_of(connection, mention, analysis) not in (founded, None), why
        assert _story_of(connection, a_mention(5), an_analysis(brands=())) is None


def test_a_word_that_is_rare_in_its_story_joins_nobody(database: Database, clock) -> None:
    """Two common words are enough as long as they are core words: the story does not drift."""
    near, far = ("刹车", "高速"), ("续航", "冬天")
    with database.write() as connection:
        founded = _story_of(connection, a_mention(1), an_analysis(words=(*near, *far)))
        assert _story_of(connection, a_mention(2), an_analysis(words=far)) == founded
        batch = [(a_mention(number), an_analysis(words=near)) for number in range(3, 9)]
        assert story.assign(connection, batch) == [founded] * 6
        assert _story_of(connection, a_mention(9), an_analysis(words=far)) not in (founded, None)


def test_only_the_stories_seen_last_are_compared(database: Database, clock, monkeypatch) -> None:
    monkeypatch.setattr(story, "COMPARED_AT_MOST", 1)
    words, later = ("刹车", "高速"), NOON + timedelta(hours=1)
    other = an_analysis(brands=("蓝鲸汽车",), words=words)
    with database.write() as connection:
        first = _story_of(connection, a_mention(1), an_analysis(words=words))
        _story_of(connection, a_mention(2, published_at=later, seen_at=later), an_analysis(words=("续航", "冬天")))
        theirs = _story_of(connection, a_mention(3), other)
        assert _story_of(connection, a_mention(4), an_analysis(words=words)) not in (first, None)
        assert _story_of(connection, a_mention(5), other) == theirs, "each brand has its own limit"


def test_an_old_mention_in_the_batch_hides_no_story_of_a_new_one(database: Database, clock, monkeypatch) -> None:
    """The limit goes for each cluster of times, not for all that lies between them."""
    monkeypatch.setattr(story, "COMPARED_AT_MOST", 2)
    words = ("刹车", "高速")

    def at(number: int, days: int):
        moment = NOON + timedelta(days=days)
        return a_mention(number, published_at=moment, seen_at=moment)

    with database.write() as connection:
        old = _story_of(connection, at(1, 0), an_analysis(words=words))
        between = [(at(n, 20 + n), an_analysis(words=(f"甲{n}", f"乙{n}"))) for n in range(2, 6)]
        story.assign(connection, between)
        new = _story_of(connection, at(6, 60), an_analysis(words=words))
        batch = [(at(7, 0), an_analysis(words=words)), (at(8, 60), an_analysis(words=words))]
        assert story.assign(connection, batch) == [old, new]


def test_a_story_is_kept_when_analysis_is_repeated(database: Database, clock) -> None:
    analysis = an_analysis(Sentiment.NEGATIVE, words=("刹车", "高速"), fingerprint="0" * 1024)
    with database.write() as connection:
        founded = _story_of(connection, a_mention(1), analysis)
        known = a_mention(1, analysis=replace(analysis, story=founded))
        assert _story_of(connection, known, analysis) == founded
        assert founded is not None
        found = story.get(connection, founded)
        assert found is not None
        assert found.mention_count == 1
        assert story.forget_bands(connection, before=NOON + timedelta(days=1)) == story.BANDS


def _analyse_all(connection, clock) -> None:
    claimed = inbox.claim(connection, worker="test", limit=100, now=clock())
    assert inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed]) == len(claimed)


def test_a_mention_that_comes_back_after_retention_meets_its_story(database: Database, clock) -> None:
    with database.write() as connection:
        founded = _story_of(connection, a_mention(1), an_analysis(words=(), fingerprint=""))
        assert _story_of(connection, a_mention(1), an_analysis(words=(), fingerprint="")) == founded


def test_a_story_title_hides_a_number_at_its_end(database: Database, clock) -> None:
    long = a_mention(1, title="青" * 71 + "13800138000")
    with database.write() as connection:
        found = story.get(connection, _story_of(connection, long, an_analysis()) or "")
    assert found is not None
    assert "1380" not in found.title


def _story_of(connection, mention, analysis) -> str | None:
    (found,) = story.assign(connection, [(mention, analysis)])
    return found
