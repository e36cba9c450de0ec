"""The watched folder: complete files are imported once, what fails says so, and a kill doubles nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.imports import notice
from app.imports.folder import Folder
from app.imports.load import Import
from core import inbox, quarantine
from core.errors import ConfigurationError, StoreUnavailable
from response.services import Services

GOOD = "标题,链接\n刹车偏软,https://a.example/1\n,https://a.example/2\n"


@pytest.fixture
def door(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


@pytest.fixture
def watching(services: Services, door: Path) -> Services:
    return replace(services, settings=services.settings.model_copy(update={"import_dir": door}))


def count(services: Services) -> int:
    with services.database.read() as connection:
        return inbox.count(connection)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_complete_file_is_imported_once_and_told(watching: Services, door: Path) -> None:
    folder = Folder()
    for name in ("half.csv.part", "~$a.xlsx", ".b.csv"):
        (door / name).write_text(GOOD, encoding="utf-8")
    (door / "link.csv").symlink_to(door / "half.csv.part")
    (door / "a.csv").write_text(GOOD[:10], encoding="utf-8")
    (door / "bad.xlsx").write_bytes(b"PK\x03\x04")
    (door / "c.docx").write_bytes(b"x")
    folder.run(watching)
    assert count(watching) == 0, "one look does not tell whether it still grows"
    (door / "a.csv").write_text(GOOD, encoding="utf-8")
    folder.run(watching)
    assert count(watching) == 0
    folder.run(watching)
    (door / "a.csv").write_text(GOOD, encoding="utf-8")
    for _ in range(3):
        folder.run(watching)
    assert count(watching) == 1
    assert names(door) == sorted(
        [".b.csv", "half.csv.part", "link.csv", "~$a.xlsx", "done/a.csv", "done/a.csv.report.txt", "done/a-2.csv",
         "done/a-2.csv.report.txt", "failed/bad.xlsx", "failed/bad.xlsx.report.txt", "failed/c.docx",
         "failed/c.docx.report.txt"]
    )  # fmt: skip
    report = (door / "done/a.csv.report.txt").read_text(encoding="utf-8")
    assert "2 行，新增 1，更新 0，已有 0，未导入 1\n  未导入 1 行：没有标题和正文" in report
    assert "已有 1" in (door / "done/a-2.csv.report.txt").read_text(encoding="utf-8")
    assert "没有导入完：不支持的文件类型" in (door / "failed/c.docx.report.txt").read_text(encoding="utf-8")
    with watching.database.read() as connection:
        rows = quarantine.latest(connection, source="导入目录")
    assert sorted(row.raw for row in rows) == ["a.csv", "bad.xlsx", "c.docx"], "the same told twice is one row"
    with pytest.raises(ConfigurationError, match="不存在"):
        folder.run(replace(watching, settings=watching.settings.model_copy(update={"import_dir": door / "no"})))


@pytest.mark.parametrize("place", ["tell", "write_text", "rename"])
def test_a_kill_at_any_step_doubles_nothing(watching: Services, door: Path, monkeypatch, place: str) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    (door / "a.csv").write_text(GOOD, encoding="utf-8")
    folder = Folder()
    folder.run(watching)
    with monkeypatch.context() as patch:
        patch.setattr(notice if place == "tell" else Path, place, kill)
        with pytest.raises(Killed):
            folder.run(watching)
    again = Folder()
    again.run(watching)
    again.run(watching)
    assert count(watching) == 1
    assert names(door) == ["done/a.csv", "done/a.csv.report.txt"]
    with watching.database.read() as connection:
        assert len(quarantine.latest(connection, source="导入目录")) == 1


def test_an_outage_keeps_the_file_and_a_bug_holds_up_no_other(watching: Services, door: Path, monkeypatch) -> None:
    (door / "a.csv").write_text(GOOD, encoding="utf-8")
    (door / "b.csv").write_text(GOOD, encoding="utf-8")
    folder = Folder()
    folder.run(watching)
    stored = Import.answers

    def failing(error: Exception, only: str = "") -> Callable[..., object]:
        def answers(self: Import) -> object:
            if only in self.summary.name:
                raise error
            return stored(self)

        return answers

    with monkeypatch.context() as patch:
        patch.setattr(Import, "answers", failing(StoreUnavailable("数据库正忙")))
        with pytest.raises(StoreUnavailable):
            folder.run(watching)
    assert names(door) == ["a.csv", "b.csv"]
    monkeypatch.setattr(Import, "answers", failing(KeyError("x"), "a.csv"))
    (door / "failed").write_text("no folder")
    folder.run(watching)
    assert names(door) == ["a.csv", "done/b.csv", "done/b.csv.report.txt", "failed"]
    with watching.database.read() as connection:
        assert "a.csv" in [
            row.raw for row in quarantine.latest(connection, source="导入目录") if "无法移走" in row.message
        ]
    (door / "failed").unlink()
    folder.run(watching)
    assert names(door)[::2] == ["done/b.csv", "failed/a.csv"]
    assert "程序内部错误" in (door / "failed/a.csv.report.txt").read_text(encoding="utf-8")
