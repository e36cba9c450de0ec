"""What only the embedded engine has: one file, its version, its lock, its rollup."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError, SchemaOutOfDate, StoreError, StoreUnavailable
from core.mention import Mention, Platform, Sentiment, Status
from index.base import Dimension, UpsertStatus
from index.embedded import EmbeddedIndex
from index.query import EVERYTHING
from tests.factories import NOON, an_analysis
from tests.integration.index_material import counts, mention, number_of, numbers, query, tokenise


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index.sqlite3"


def opened(file: Path, *, fresh: bool = False) -> EmbeddedIndex:
    return EmbeddedIndex(file, tokenise=tokenise, fresh=fresh)


def run(file: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        rows: list[tuple[object, ...]] = connection.execute(statement).fetchall()
        connection.commit()
    return rows


def check(file: Path) -> None:
    """SQLite's own checks, of the tables and of the full text against the texts."""
    assert run(file, "PRAGMA integrity_check") == [("ok",)]
    run(file, "INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")


def test_what_was_written_is_there_after_opening_again(file: Path) -> None:
    opened(file).upsert([mention(1, "词")])
    assert numbers(opened(file), "词") == [1]


def test_another_version_asks_for_reindex_and_fresh_obeys(file: Path) -> None:
    opened(file).upsert([mention(1, "词")])
    run(file, "PRAGMA user_version = 99")
    with pytest.raises(SchemaOutOfDate, match="tingfeng reindex"):
        opened(file)
    assert numbers(opened(file, fresh=True)) == []
    opened(file).upsert([mention(1, "词")])
    assert numbers(opened(file), "词") == [1]


def test_fresh_empties_the_file_under_a_running_reader(file: Path) -> None:
    reader = opened(file)
    reader.upsert([mention(1, "词"), mention(2, "词")])
    scanned = reader.scan(EVERYTHING)
    next(scanned)
    opened(file, fresh=True).upsert([mention(3, "词")])
    assert len(list(scanned)) == 1
    assert numbers(reader, "词") == [3]
    assert counts(reader, EVERYTHING, Dimension.BRAND) == {("青柠汽车",): 1}
    check(file)


def test_processes_that_start_together_make_one_index(file: Path) -> None:
    """Threads here, each with connections of its own: to SQLite they are processes."""

    def start(number: int) -> tuple[UpsertStatus, ...]:
        return opened(file).upsert([mention(number, "词")])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(start, range(8))) == {(UpsertStatus.STORED,)}
    assert len(numbers(opened(file), "词")) == 8


@pytest.mark.parametrize("fresh", [False, True])
def test_a_file_of_somebody_else_is_left_alone(file: Path, fresh: bool) -> None:
    file.parent.mkdir()
    run(file, "CREATE TABLE theirs (value)")
    with pytest.raises(ConfigurationError, match="其他程序"):
        opened(file, fresh=fresh)
    assert run(file, "SELECT count(*) FROM theirs") == [(0,)]


@pytest.mark.parametrize("first_page", [b"not a database, " * 256, b""], ids=["no database", "torn"])
def test_a_broken_file_is_named_and_fresh_begins_anew_for_everybody(file: Path, first_page: bytes) -> None:
    running = opened(file)
    running.upsert([mention(number, "词" * 100) for number in range(50)])
    run(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    running.close()
    whole = file.read_bytes()
    file.write_bytes((first_page or whole[:4096]) + bytes(len(whole) - 4096))
    with pytest.raises(StoreError, match="已损坏.*tingfeng reindex"):
        opened(file).search(EVERYTHING)
    opened(file, fresh=True).upsert([mention(1, "词")])
    assert numbers(running, "词") == [1]
    check(file)


@pytest.mark.parametrize("is_alone", [True, False], ids=["file alone", "with its log"])
def test_a_deleted_file_is_noticed_by_everybody(file: Path, is_alone: bool) -> None:
    writer, reader = opened(file), opened(file)
    writer.upsert([mention(1, "词")])
    assert numbers(reader, "词") == [1]
    before, scanned = writer.parts(), reader.scan(EVERYTHING)
    assert (reader.parts(), number_of(next(scanned))) == (before, 1)
    for lost in [file] if is_alone else list(file.parent.iterdir()):
        lost.unlink()
    assert numbers(reader, "词") == []
    assert reader.parts() == writer.parts()
    assert not reader.parts() & before
    writer.upsert([mention(2, "词")])
    assert list(scanned) == [], "what is being read is read to its end"
    assert numbers(reader, "词") == numbers(opened(file), "词") == [2]
    writer.close()
    reader.close()
    check(file)
    assert numbers(opened(file), "词") == [2]


def test_a_folder_that_is_gone_is_an_outage(file: Path) -> None:
    index = opened(file)
    rmtree(file.parent)
    with pytest.raises(StoreUnavailable, match="打不开"):
        index.upsert([mention(1, "词")])
    assert not index.health().is_healthy
    file.parent.mkdir()
    assert index.upsert([mention(1, "词")]) == (UpsertStatus.STORED,)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match="不可写"):
        opened(tmp_path / "data" / "index.sqlite3")


def test_a_locked_file_refuses_writers_and_serves_readers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.schema.BUSY_TIMEOUT_SECONDS", 0)
    index = opened(file)
    index.upsert([mention(1, "词")])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="占用"):
            index.upsert([mention(2, "词")])
        assert numbers(index, "词") == [1]
    assert index.upsert([mention(2, "词")]) == (UpsertStatus.STORED,)
    assert numbers(index, "词") == [2, 1]


def test_a_full_disk_loses_nothing_that_was_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(file).upsert([mention(1, "词")])
    connect = sqlite3.connect

    def small(*arguments: object, **values: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **values)  # type: ignore[call-overload]  # as given
        connection.execute("PRAGMA max_page_count = 1")  # means: as many as there are
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    index = opened(file)
    with pytest.raises(StoreUnavailable, match="磁盘已满"):
        index.upsert([mention(2, "词" * 100_000)])
    monkeypatch.undo()
    assert numbers(index, "词") == [1]
    check(file)


def test_health_says_what_is_wrong(file: Path) -> None:
    index = opened(file)
    index.close()
    file.write_bytes(b"not a database, " * 1000)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    health = index.health()
    assert not health.is_healthy
    assert "已损坏" in health.detail


def test_two_mentions_never_share_an_order_key(file: Path) -> None:
    index = opened(file)
    first, second = mention(1, "词"), replace(mention(2, "词"), order_key=mention(1).order_key)
    assert index.upsert([first, second]) == (UpsertStatus.STORED, UpsertStatus.REJECTED)
    assert numbers(index, "词") == [1]


def test_readers_see_whole_batches_while_one_writes(file: Path) -> None:
    writer, reader = opened(file), opened(file)
    batches = [[mention(10 * batch + number, "词") for number in range(10)] for batch in range(20)]

    def read(_: int) -> tuple[int, int]:
        listed = reader.search(query("词"), limit=500)
        return len(listed.hits) % 10, listed.total - len(listed.hits)

    with ThreadPoolExecutor(4) as pool:
        reads = pool.map(read, range(60))
        for batch in batches:
            writer.upsert(batch)
        assert set(reads) == {(0, 0)}
    assert reader.search(query("词")).total == 200


# --- a model: the same operations on a dictionary ------------------------------------------------------------------

_BRANDS = ("甲", "乙")
_MENTIONS = st.builds(
    lambda number, text, label, brands, status, platform, days, revision: mention(
        number,
        text,
        at=NOON + number * timedelta(hours=9),
        published_at=NOON + number * timedelta(hours=9) - timedelta(days=days),
        status=status,
        platform=platform,
        analysis=an_analysis(label, brands=brands),
        revision=revision,
    ),
    number=st.integers(0, 5),
    text=st.sampled_from(["电池", "起火", "电池起火", ""]),
    label=st.sampled_from(Sentiment),
    brands=st.sampled_from([(), ("甲",), ("乙",), ("甲", "乙")]),
    status=st.sampled_from([Status.LIVE, Status.LIVE, Status.CHANGED, Status.EXCLUDED, Status.DELETED]),
    platform=st.sampled_from([Platform.NEWS, Platform.FORUM]),
    days=st.integers(0, 2),
    revision=st.integers(1, 6),
)
_STEPS = st.lists(
    st.one_of(
        st.lists(_MENTIONS, min_size=1, max_size=4),
        st.lists(st.integers(0, 5), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None)
@given(_STEPS)
def test_random_writes_and_deletes_equal_a_dictionary(steps: list[list[Mention] | list[int]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "index.sqlite3"
        index = opened(file)
        model: dict[str, Mention] = {}
        for step in steps:
            written = [one for one in step if isinstance(one, Mention)]
            index.upsert(written)
            for one in written:
                if one.id not in model or model[one.id].revision <= one.revision:
                    model[one.id] = one
            deleted = [mention(one).id for one in step if isinstance(one, int)]
            assert index.delete(deleted) == len({gone for gone in deleted if model.pop(gone, None)})
        _compare(index, [one for one in model.values() if one.status in (Status.LIVE, Status.CHANGED)])
        check(file)
        index.close()


def _compare(index: EmbeddedIndex, shown: list[Mention]) -> None:
    assert numbers(index, "电池") == [number for number, one in _newest(shown) if "电池" in one.text]
    for brand in _BRANDS:
        of = [one for one in shown if brand in _analysis_brands(one)]
        assert numbers(index, f"brand:{brand}") == [number for number, _ in _newest(of)]
        expected = Counter((_day(one), _label(one)) for one in of)
        by = (Dimension.DAY, Dimension.SENTIMENT)
        assert counts(index, EVERYTHING.where(brand=brand), *by) == expected  # from the rollup
        assert counts(index, query(f"brand:({brand} OR {brand}x)"), *by) == expected  # from the facets
        by_platform = Counter((one.platform.value,) for one in of if _label(one) == "negative")
        asked = EVERYTHING.where(brand=brand, sentiment="negative")
        assert counts(index, asked, Dimension.PLATFORM) == by_platform
    brands = Counter((brand,) for one in shown for brand in _analysis_brands(one))
    assert counts(index, EVERYTHING, Dimension.BRAND) == brands


def _newest(some: list[Mention]) -> Iterator[tuple[int, Mention]]:
    for one in sorted(some, key=lambda found: found.order_key or 0, reverse=True):
        yield (one.order_key or 0) & 0xFFFFFF, one


def _analysis_brands(one: Mention) -> tuple[str, ...]:
    return one.analysis.brand_names if one.analysis else ()


def _label(one: Mention) -> str:
    return one.analysis.sentiment.label.value if one.analysis else ""


def _day(one: Mention) -> str:
    return (one.order_time + timedelta(hours=8)).date().isoformat()
