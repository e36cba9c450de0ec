"""Tables of the embedded index and the connections to them.

One file in WAL mode: one writer at a time, readers are never blocked and see one consistent state. The file is
derived from the state database: another version of these tables is not migrated but rebuilt. A file that was deleted
or replaced is noticed by everybody who has it open: connections belong to one file, not to its name.
"""

import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from core.errors import ConfigurationError, SchemaOutOfDate, StoreError, StoreUnavailable

SCHEMA_VERSION: Final = 2
# "tfix": marks a file as ours.
APPLICATION_ID: Final = 0x74666978
# Guess: longer than the longest write batch measured (500 mentions, below 1 s) with a wide margin.
BUSY_TIMEOUT_SECONDS: Final = 30

# words: every token between separators stays whole, also emoji and punctuation (measured over all code points).
#   columnsize=0: document sizes serve relevance only, and lists are ordered by time.
# facet: small integers (names in ``name``, 0 for unknown); hour: Shanghai hours since the year 1.
# part: one row, the id of this file.
# rollup: counts of shown mentions only, kept in the transaction that changes them.
_TABLES: Final = """
CREATE TABLE part (id TEXT NOT NULL);
CREATE TABLE mention (
    order_key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, record TEXT NOT NULL
);
CREATE TABLE segment (order_key INTEGER PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(
    title, text, content='segment', content_rowid='order_key', columnsize=0,
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cf Cn Cs'"
);
CREATE TABLE name (id INTEGER PRIMARY KEY, value TEXT NOT NULL UNIQUE);
CREATE TABLE facet (
    order_key INTEGER PRIMARY KEY, at INTEGER NOT NULL, hour INTEGER NOT NULL, source INTEGER NOT NULL,
    platform INTEGER NOT NULL, sentiment INTEGER NOT NULL, story INTEGER NOT NULL, author INTEGER NOT NULL,
    tier INTEGER NOT NULL, status INTEGER NOT NULL, burst INTEGER NOT NULL
);
CREATE INDEX facet_at ON facet (at);
CREATE INDEX facet_story ON facet (story);
CREATE TABLE mention_brand (
    brand INTEGER NOT NULL, order_key INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (brand, order_key)
) WITHOUT ROWID;
CREATE INDEX mention_brand_at ON mention_brand (brand, at);
CREATE INDEX mention_brand_order_key ON mention_brand (order_key);
CREATE TABLE mention_risk (
    risk INTEGER NOT NULL, order_key INTEGER NOT NULL, PRIMARY KEY (risk, order_key)
) WITHOUT ROWID;
CREATE INDEX mention_risk_order_key ON mention_risk (order_key);
CREATE TABLE rollup (
    brand INTEGER NOT NULL, day INTEGER NOT NULL, platform INTEGER NOT NULL, sentiment INTEGER NOT NULL,
    n INTEGER NOT NULL, PRIMARY KEY (brand, day, platform, sentiment)
) WITHOUT ROWID;
"""


# Device and inode: what a name stands for.
_File = tuple[int, int]


class Connections:
    """Connections to one file, lent to one thread at a time. Translates sqlite3's exceptions."""

    def __init__(self, file: Path, *, fresh: bool = False) -> None:
        """Make or check the tables. fresh: in a new file, whatever the old one holds.

        Raises ConfigurationError (no FTS5, folder not writable, not an index), SchemaOutOfDate, StoreError.
        """
        self._file = file
        self._idle: deque[tuple[sqlite3.Connection, _File | None]] = deque()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError("索引目录不可写，请检查权限或磁盘空间") from error
        with _translated():
            if fresh:
                self._discard()
            self._idle.append(self._open())

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent view. Raises StoreError."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """IMMEDIATE: a read that turns into a write fails at once while another writes. Raises StoreError."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close what is not lent."""
        while self._idle:
            self._idle.pop()[0].close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with _translated():
            connection, file = self._borrow()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                self._idle.append((connection, file))

    def _borrow(self) -> tuple[sqlite3.Connection, _File | None]:
        present = _identity(self._file)
        with suppress(IndexError):
            while True:
                connection, file = self._idle.pop()
                if file == present is not None:
                    return connection, file
                connection.close()
        return self._open()

    def _open(self) -> tuple[sqlite3.Connection, _File | None]:
        with _locked(self._file.parent):
            if not self._file.exists():
                _remove_leftovers(self._file)
                self._file.touch()
            connection, file = _connect(self._file), _identity(self._file)
        try:
            _check_fts5(connection)
            if _is_empty(connection):
                _make_tables(connection)
            _check_owner(connection)
            _check_version(connection)
        except BaseException:
            connection.close()
            raise
        return connection, file

    def _discard(self) -> None:
        """A process that is reading goes on with the old state; one that writes finds out (``MentionIndex.parts``)."""
        with _locked(self._file.parent):
            if self._file.exists() and not _is_damaged(self._file):
                with closing(_connect(self._file)) as connection:
                    if not _is_empty(connection):
                        _check_owner(connection)
            self._file.unlink(missing_ok=True)
            _remove_leftovers(self._file)


def _identity(file: Path) -> _File | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time opens, makes or discards the file: its log is found by name, and must be its own."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_leftovers(file: Path) -> None:
    """The log of a file that is gone would be taken for that of the next one."""
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _make_tables(connection: sqlite3.Connection) -> None:
    """Looks again under the lock: another process may have made them meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    if _is_empty(connection):
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO part (id) VALUES (?)", (uuid4().hex,))
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute("COMMIT")


def _is_damaged(file: Path) -> bool:
    """Whether not even the list of its tables can be read."""
    try:
        with closing(_connect(file)) as connection:
            _is_empty(connection)
    except sqlite3.DatabaseError as error:
        return _code(error) in _DAMAGE
    return False


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=rw",  # never makes an empty file where one was deleted
        uri=True,
        timeout=BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.DatabaseError as error:
        # The switch does not wait for the lock; whoever holds it on a new file is making the same switch.
        if _code(error) != sqlite3.SQLITE_BUSY:
            connection.close()
            raise
    # FULL, though the file is derived: the state database remembers what was indexed, so a commit that power loss
    # takes back would be missed until the next rebuild.
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _value(connection: sqlite3.Connection, question: str) -> object:
    return connection.execute(question).fetchone()[0]


def _is_empty(connection: sqlite3.Connection) -> bool:
    return _value(connection, "SELECT count(*) FROM sqlite_master") == 0


def _check_fts5(connection: sqlite3.Connection) -> None:
    if not _value(connection, "SELECT sqlite_compileoption_used('ENABLE_FTS5')"):
        raise ConfigurationError("本机 Python 自带的 SQLite 没有全文检索（FTS5），请换用其他 Python 或 Elasticsearch")


def _check_version(connection: sqlite3.Connection) -> None:
    version = _value(connection, "PRAGMA user_version")
    if version != SCHEMA_VERSION:
        raise SchemaOutOfDate("检索索引的版本与程序不符，请运行 tingfeng reindex 重建", found=version)


def _check_owner(connection: sqlite3.Connection) -> None:
    """Never read or discard the tables of somebody else."""
    if _value(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise ConfigurationError("指定的索引文件属于其他程序，请检查数据目录")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn outages and damage into our errors; bugs (bad SQL, broken constraints) stay what they are."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if _code(error) in _OUTAGES:
            raise StoreUnavailable(_OUTAGES[_code(error)]) from error
        if _code(error) in _DAMAGE:
            raise StoreError("检索索引文件已损坏，请运行 tingfeng reindex 重建") from error
        raise
    except OSError as error:
        raise StoreUnavailable("检索索引文件打不开，请检查权限或磁盘空间") from error


def _code(error: sqlite3.DatabaseError) -> int:
    """The primary code is the low byte; errors of the driver itself carry none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


_OUTAGES: Final = {
    sqlite3.SQLITE_FULL: "磁盘已满，索引未更新；腾出空间后自动继续",
    sqlite3.SQLITE_BUSY: "检索索引正被占用，稍后自动重试",
    sqlite3.SQLITE_LOCKED: "检索索引正被占用，稍后自动重试",
    sqlite3.SQLITE_READONLY: "检索索引文件不可写，请检查权限",
    sqlite3.SQLITE_CANTOPEN: "检索索引文件打不开，请检查权限",
    sqlite3.SQLITE_IOERR: "检索索引读写出错，请检查磁盘",
}
