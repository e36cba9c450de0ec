"""The state database: SQLite by default, PostgreSQL by URL. It is the truth; the search index is derived.

Each room owns its tables, declared on ``metadata`` in the file of the noun. One transaction per use case,
opened by the caller with ``read()`` or ``write()``. On SQLite a write begins IMMEDIATE: a deferred
transaction that upgrades fails at once with *database is locked*, whatever the busy timeout. No HTTP,
index or NLP call inside ``write()``; batches of at most 500 rows.

Text with NUL or lone surrogates never gets in, whatever the database: borders make it ``storable`` or refuse it
by name (``unstorable``); what slips past them is refused here with InvalidInput.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, DateTime, Engine, MetaData, TypeDecorator, create_engine, event, func, select, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, StatementError

from core.errors import ConfigurationError, InvalidInput, StoreUnavailable, TingfengError

# Guess: longer than the longest write batch measured (500 rows, below 1 s) with a wide margin.
BUSY_TIMEOUT_SECONDS: Final = 30

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC datetimes in and out; stored as timestamptz on PostgreSQL and as naive UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime in the database layer")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Opens transactions. One per process; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        """Prepare an engine; nothing is contacted yet. Raises ConfigurationError for a bad address."""
        self.engine = _engine(url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: one view of the data, whatever others write. Raises StoreUnavailable."""
        with _translated(), self.engine.connect() as connection:
            if not self.is_sqlite:  # there a transaction is one view already
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes; committed at the end, rolled back by any exception. Raises StoreUnavailable."""
        with _translated(), self.engine.connect() as connection:
            connection = connection.execution_options(tingfeng_write=True)
            with connection.begin():
                yield connection

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            engine = _postgresql_engine(address)
        elif address.get_backend_name() == "sqlite":
            engine = _sqlite_engine(url, address.database)
        else:
            raise ConfigurationError("状态库只支持 SQLite 和 PostgreSQL（TINGFENG_DATABASE_URL）")
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError("状态库地址无法识别（TINGFENG_DATABASE_URL）") from error
    except OSError as error:
        raise ConfigurationError("数据目录不可写，请检查权限或磁盘空间") from error
    event.listen(engine, "before_cursor_execute", _refuse_unstorable)
    return engine


def _postgresql_engine(address: URL) -> Engine:
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        hide_parameters=True,
        json_serializer=_json_text,
    )


def _sqlite_engine(url: str, file: str | None) -> Engine:
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    # hide_parameters: the log must not hold what a failed statement was about.
    # isolation_level None: the driver never opens transactions by itself, "begin" below does.
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "isolation_level": None},
        hide_parameters=True,
        json_serializer=_json_text,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # Any: the driver's own connection type
        cursor = connection.cursor()
        # FULL: this store holds the truth; NORMAL may lose the last commits on power loss.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_write = connection.get_execution_options().get("tingfeng_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    """Turn outages (locked, full disk, connection refused) into StoreUnavailable; bugs stay what they are."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(_explain(str(error.orig))) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable("数据库连接中断，稍后自动重试") from error
        raise
    except StatementError as error:
        if isinstance(error.orig, TingfengError):  # raised while a value was made ready
            raise error.orig from error
        raise


def _explain(reason: str) -> str:
    if "full" in reason:
        return "磁盘已满，数据未写入；腾出空间后自动继续"
    if "locked" in reason:
        return "数据库正被占用，稍后自动重试"
    if "readonly" in reason or "unable to open" in reason:
        return "数据库文件打不开或不可写，请检查数据目录的权限"
    return "数据库暂时无法访问，稍后自动重试"


def ping(database: Database) -> None:
    """Ask for one row. Raises StoreUnavailable."""
    with database.read() as connection:
        connection.execute(text("SELECT 1"))


def serialise(connection: Connection, name: str) -> None:
    """Let one transaction at a time past this point, until it ends; for "look, then insert" without a race.

    On SQLite ``write()`` is exclusive already; on PostgreSQL this is a transaction-level advisory lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"tingfeng:{name}"))))


_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_NESTED: Final = (dict, list, tuple)
# Guess: what a person can read in one message.
LONGEST_PLACE: Final = 200
# JSON escapes NUL; an even number of backslashes before it is text.
_ESCAPED_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def storable(value: str) -> str:
    """Replace what no database column can hold (NUL, lone surrogates), one code point for one."""
    return _UNSTORABLE.sub("\ufffd", value)


def unstorable(value: object) -> str | None:
    """The place (``aliases.0``) of a text that no column can hold, in a decoded JSON or YAML value; None without.

    The place is written down only where one is found: a stranger may send a long key with many values below it.
    """
    path: list[object] = [None]
    levels = [iter([(path[0], value)])]
    while levels:
        for path[-1], each in levels[-1]:
            if isinstance(each, str):
                if _UNSTORABLE.search(each):
                    return _place(path[1:])
            elif isinstance(each, _NESTED):
                levels.append(_inside(each))
                path.append(None)
                break
        else:
            levels.pop()
            path.pop()
    return None


def _inside(value: dict[object, object] | Sequence[object]) -> Iterator[tuple[object, object]]:
    """Key or index, and what stands there; a key stands at its own place."""
    if isinstance(value, dict):
        return ((key, each) for key, inner in value.items() for each in (key, inner))
    return enumerate(value)


def _place(path: Iterable[object]) -> str:
    return ".".join(storable(str(step)[:LONGEST_PLACE]) for step in path)[:LONGEST_PLACE]


def refusal(place: str) -> str:
    """What people are told of an ``unstorable`` text."""
    return f"{place} 含有无法保存的字符（NUL 或不成对的代理字符）"


def _refuse_unstorable(  # Any: each driver passes parameters in a shape of its own
    _connection: Connection, _cursor: object, _statement: str, parameters: Any, _context: object, executemany: bool
) -> None:
    for row in parameters if executemany else (parameters or (),):
        for value in row.values() if isinstance(row, Mapping) else row:
            if isinstance(value, str) and _UNSTORABLE.search(value):
                raise InvalidInput(refusal("输入"))


def _json_text(value: object) -> str:
    text_ = json.dumps(value, ensure_ascii=False)
    if _UNSTORABLE.search(text_) or _ESCAPED_NUL.search(text_):
        raise InvalidInput(refusal(unstorable(value) or "输入"))
    return text_
