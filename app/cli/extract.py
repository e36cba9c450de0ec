"""``tingfeng extract``: title, author, date and text of saved pages, or of one on the web; nothing is stored."""

import gzip
import os
import re
import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import Progress

from app import logs
from app.cli import lines
from app.cli.crawl_file import as_named
from app.clock import system_clock
from core.errors import InvalidInput, NotFound, SourceChanged, TingfengError
from core.mention import SHANGHAI
from core.settings import read_settings
from crawler import run
from crawler.definition import SourceKind, from_definition
from crawler.extract.article import Article, Missing, extract
from crawler.extract.decode import decode

command = typer.Typer(add_completion=False)

# Guess: forty times the largest page of the development set; the extractor reads two million characters at most.
LARGEST_PAGE_BYTES: Final = 16 * 1024 * 1024
# Fewer lines are done before a second process is up; more in flight only take memory.
FEWEST_FOR_PROCESSES: Final = 16
IN_FLIGHT_PER_PROCESS: Final = 8

_ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)

Line = dict[str, Any] | TingfengError  # Any: decoded JSON


@command.command(name="extract")
def extract_(
    file: Annotated[
        str,
        typer.Argument(
            help="网页文件（.html、.html.gz）或网址；与 --jsonl 同用时为 JSONL 文件",
            metavar="FILE|URL",
            show_default=False,
        ),
    ] = "-",
    jsonl: Annotated[bool, typer.Option("--jsonl", help='每行 {"file","url","now"}，输出一行一条 JSON')] = False,
    as_json: Annotated[bool, typer.Option("--json", help="结果为一条 JSON")] = False,
    url: Annotated[str, typer.Option(help="网页的网址", show_default=False)] = "",
) -> None:
    """从网页提取标题、作者、发布时间和正文；- 为标准输入。只有给出网址时才访问网络，并遵守其 robots.txt。"""
    if jsonl:
        logs.configure("WARNING")
        lines.write(_answers(lines.read(Path(file))))
        return
    logs.configure("ERROR")  # the one thing that goes wrong is said at the end
    answer = _read_address(file) if _ADDRESS.match(file) else _read({"file": file, "url": url or None})
    lines.write([answer]) if as_json else sys.stdout.write(_for_people(answer))


def _answers(asked: Iterator[Line]) -> Iterator[dict[str, object]]:
    first = list(islice(asked, FEWEST_FOR_PROCESSES))
    processes = os.cpu_count() or 1
    if len(first) < FEWEST_FOR_PROCESSES or processes == 1:
        yield from map(_answer, chain(first, asked))
        return
    with Progress(console=Console(file=sys.stderr), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("提取", total=None)
        for answer in _by_processes(chain(first, asked), processes):
            progress.advance(task)
            yield answer


def _by_processes(asked: Iterable[Line], processes: int) -> Iterator[dict[str, object]]:
    """In the order of the input, with a bounded number of lines in flight."""
    waiting: deque[Future[dict[str, object]]] = deque()
    pool = ProcessPoolExecutor(processes)
    try:
        for line in asked:
            waiting.append(pool.submit(_answer, line))
            if len(waiting) >= processes * IN_FLIGHT_PER_PROCESS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise TingfengError("一个提取进程意外结束，请检查内存") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _answer(line: Line) -> dict[str, object]:
    """One line's answer, or its error in its place."""
    if isinstance(line, TingfengError):
        return lines.error_line(None, line)
    try:
        return _read(line)
    except TingfengError as error:
        return lines.error_line(line.get("id"), error)


def _read(asked: Mapping[str, Any]) -> dict[str, object]:  # Any: decoded JSON
    """Raises TingfengError."""
    file, url = asked.get("file"), asked.get("url")
    if not isinstance(file, str) or not file:
        raise InvalidInput("缺少 file")
    if url is not None and not isinstance(url, str):
        raise InvalidInput("url 应为字符串或 null")
    page = decode(_bytes_of(file))
    return _values(extract(page.text, url or "", now=_moment(asked.get("now"))), page.charset)


def _read_address(url: str) -> dict[str, object]:
    """Raises TingfengError."""
    settings, now = read_settings(), system_clock()
    page = run.fetch(settings, as_named(from_definition({"kind": SourceKind.SITEMAP, "url": url})), now=now)
    return _values(extract(page.text, page.url, now=now()), page.charset)


def _moment(text: object) -> datetime:
    if text is None:
        return system_clock(0)()
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("now 应为 ISO 8601 时间") from error


def _bytes_of(file: str) -> bytes:
    """The page, unpacked; its beginning where it is larger than any page, cut before a tag."""
    try:
        if file == "-":
            body = sys.stdin.buffer.read(LARGEST_PAGE_BYTES + 1)
        else:
            with gzip.open(file) if file.endswith(".gz") else Path(file).open("rb") as opened:
                body = opened.read(LARGEST_PAGE_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"没有文件 {file}") from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InvalidInput(f"文件 {file} 无法读取") from error
    return body if len(body) <= LARGEST_PAGE_BYTES else body[: body.rfind(b"<") if b"<" in body else None]


def _values(article: Article, charset: str) -> dict[str, object]:
    values: dict[str, object] = {
        "title": article.title,
        "author": article.author or None,
        "published_at": article.published.printed if article.published else None,
        "date_precision": article.published.precision if article.published else None,
        "body": article.text,
        "language": article.language,
        "charset": charset,
        "kind": article.kind,
    }
    return values | ({"missing": article.missing} if article.missing else {})


def _for_people(values: Mapping[str, object]) -> str:
    if missing := values.get("missing"):
        raise SourceChanged(Missing(str(missing)).sentence)
    rows = (
        ("标题", "title"),
        ("作者", "author"),
        ("发布时间", "published_at"),
        ("语言", "language"),
        ("编码", "charset"),
    )
    head = "\n".join(f"{label}：{values[key] or '（没有）'}" for label, key in rows)
    return f"{head}\n\n{values['body']}\n"
