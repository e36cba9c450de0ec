"""One crawl of a source file into a file of mentions: no database of the product is opened, none is left behind."""

import ipaddress
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from app import wiring
from app.cli import lines
from app.cli.watching import Watching
from app.clock import Now
from core import inbox
from core.access import SYSTEM
from core.database import Database
from core.errors import InvalidInput, SourceError
from core.mention import Mention, to_dict
from core.settings import SECRET_FOLDER, Settings
from crawler import run, sources
from crawler.definition import Source
from crawler.outcome import CrawlResult

# A crawl whose end somebody waits for takes as long as it takes, within a day.
MOST_SECONDS: Final = 24 * 3600


def crawl_file(settings: Settings, source_file: Path, output: Path | None, *, now: Now) -> None:
    """Write the mentions of the sources in ``source_file`` to ``output`` (None: standard output), oldest first.

    What was found before a failure is kept. Raises InvalidInput, ConfigurationError, SourceError.
    """
    found = [as_named(source) for source in sources.read_file(source_file)]
    with _opened(output) as file, tempfile.TemporaryDirectory(prefix="tingfeng-") as folder:
        here = {"data_dir": Path(folder), "database_url": None, "crawl_timeout_seconds": MOST_SECONDS}
        own = settings.model_copy(update=here)
        (Path(folder) / SECRET_FOLDER).symlink_to((settings.data_dir / SECRET_FOLDER).absolute())
        database = wiring.build_database(own)
        try:
            with database.write() as connection:
                for source in found:
                    sources.save(connection, SYSTEM, source, now=now())
            with Watching() as watching:
                results = run.crawl_all(own, [source.name for source in found], now=now, report=watching.report)
            _write(database, file)
        finally:
            database.close()
    _report(results, output)


def as_named(source: Source) -> Source:
    """Who writes an inner address into a file of his own means that address; names and links stay guarded.

    A site on this machine is asked without pauses, unless the file or its robots.txt names some.
    """
    host = urlsplit(source.url).hostname or ""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return source
    delay = 0.0 if source.crawl_delay_seconds is None and address.is_loopback else source.crawl_delay_seconds
    return replace(source, allow_private=source.allow_private or not address.is_global, crawl_delay_seconds=delay)


def _opened(output: Path | None) -> AbstractContextManager[BinaryIO | None]:
    """Before the crawl: a file that cannot be written is known at once."""
    try:
        return nullcontext() if output is None else output.open("wb")
    except OSError as error:
        raise InvalidInput(f"文件 {output} 无法写入") from error


def _write(database: Database, file: BinaryIO | None) -> None:
    with database.read() as connection:
        mentions = (to_dict(mention) for mention in _in_order(connection))
        if file is None:
            lines.write(mentions)
        else:
            file.writelines(lines.encode(mention) + b"\n" for mention in mentions)


def _in_order(connection: Connection) -> Iterator[Mention]:
    after = -1
    while batch := inbox.scan(connection, after=after):
        yield from batch
        after = batch[-1].order_key or after


def _report(results: Sequence[CrawlResult], output: Path | None) -> None:
    for result in results:
        state = result.error_message or ("完成" if result.is_complete else "部分完成")
        said = f"{result.source}：{result.pages} 页，{result.mentions} 条信息，{result.failed} 处失败，{state}"
        sys.stderr.write(said + "\n")
    if failed := [result for result in results if result.error_code]:
        count = sum(result.new for result in results)
        kept = f"；已采到的 {count} 条保留在 {output or '标准输出'}" if count else ""
        raise SourceError(f"来源「{failed[0].source}」采集失败：{failed[0].error_message}{kept}")
