"""A watched folder: each table that is put there is imported once, then lies in done/ or failed/ with a report.

The order keeps a kill harmless at any point: store, tell, write the report, move. What is repeated adds nothing.
"""

from pathlib import Path
from typing import Final

import structlog

from app.imports import notice
from app.imports.load import Import
from core.errors import ConfigurationError, InvalidInput, StoreError
from response.services import Services

log = structlog.get_logger()

SOURCE: Final = "导入目录"
DONE: Final = "done"
FAILED: Final = "failed"
# Still being written, or the lock of a program that has the file open.
UNFINISHED: Final = (".part", ".tmp", ".crdownload", ".download", ".filepart")
LOCKS: Final = ("~$", ".")
TABLES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".jsonl", ".ndjson", ".json")
UNMOVED: Final = "导入后无法移走，也无法写报告，请检查目录权限和磁盘空间；在此之前每次都会重新读取"

Look = dict[str, tuple[int, int]]


class Folder:
    """Remembers one look: a file that is as it was then is complete."""

    def __init__(self) -> None:
        self._last: Look = {}

    def run(self, services: Services) -> None:
        """One round. A file that fails holds up no other. Raises ConfigurationError, StoreError."""
        folder = services.settings.import_dir
        if folder is None:
            return
        look = _look(folder)
        settled = [name for name, state in look.items() if self._last.get(name) == state]
        self._last = look
        for name in sorted(settled):
            _take(services, folder / name)


def _look(folder: Path) -> Look:
    """Name → size and time of the regular files that are tables some day; a link could lead anywhere."""
    found: Look = {}
    try:
        for path in folder.iterdir():
            is_ours = not path.name.startswith(LOCKS) and not path.name.lower().endswith(UNFINISHED)
            if is_ours and path.is_file() and not path.is_symlink():
                status = path.stat()
                found[path.name] = (status.st_size, status.st_mtime_ns)
    except FileNotFoundError as error:
        if folder.is_dir():
            return found  # a file was taken away while we looked
        raise ConfigurationError(f"导入目录 {folder} 不存在", setting="import_dir") from error
    except OSError as error:
        raise ConfigurationError(f"导入目录 {folder} 无法读取", setting="import_dir") from error
    return found


def _take(services: Services, path: Path) -> None:
    opened = Import(services, path, source=SOURCE)
    problem = ""
    try:
        if path.suffix.lower() not in TABLES:
            raise InvalidInput(f"不支持的文件类型 {path.suffix}；支持 CSV、XLSX、JSONL")
        for _ in opened.answers():
            pass
    except StoreError:
        raise
    except InvalidInput as error:
        problem = error.message
    except Exception:  # part of the scheduled job's loop
        log.exception("file not imported", file=path.name)
        problem = notice.INTERNAL
    try:
        _settle(services, path, opened, problem)
    except OSError:
        log.exception("file not moved", file=path.name)
        notice.tell(services, SOURCE, path.name, None, UNMOVED)


def _settle(services: Services, path: Path, opened: Import, problem: str) -> None:
    summary = opened.summary
    target = _free(path.parent / (FAILED if problem else DONE), path)
    told = f"没有导入完：{problem}\n{summary.text}\n" if problem else f"{summary.text}\n"
    notice.tell(services, SOURCE, path.name, summary, problem)
    target.with_name(f"{target.name}.report.txt").write_text(told, encoding="utf-8")
    path.rename(target)
    log.info("file imported", file=path.name, to=target.parent.name, new=summary.new, rows=summary.rows)


def _free(folder: Path, path: Path) -> Path:
    """A name that no earlier file has."""
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 2
    while target.exists():
        target, number = folder / f"{path.stem}-{number}{path.suffix}", number + 1
    return target
