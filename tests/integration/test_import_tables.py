"""``tingfeng import`` of tables as monitoring vendors export them, in any writing; and of what is no table at all."""

import csv
import io
import json
import os
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as limits
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.cli import import_
from app.cli.import_ import import_ as run
from app.imports import separated, workbook
from app.imports.columns import Choice
from app.imports.load import Import
from core import inbox
from core.errors import InvalidInput
from core.mention import Mention, to_dict
from response.services import Services

HEADER = [
    "序号",
    "标题",
    "正文",
    "原文链接",
    "媒体类型",
    "媒体名称",
    "作者",
    "发布时间",
    "情感属性",
    "阅读数",
    "粉丝数",
]
ROWS: list[list[Any]] = [
    [1, "青柠L7 <em>刹车</em>偏软", "车主，反映\n两行", "https://news.example/a/1", "新闻APP", "晨报网", "张三",
     "2026-06-01 08:30:11", "负面", "1.2万", "3,400"],
    [2, "没有网址的一条", "刹车异响", "", "公众号", "某号", "李四", "2026-06-02 09:00:00", "负面", "", ""],
    [3, "", "", "https://news.example/a/3", "新闻", "晨报网", "王五", "2026-06-02 09:00:00", "", "", ""],
    ["", "共 3 条"],
]  # fmt: skip


def as_text(delimiter: str = ",", header: list[str] = HEADER, rows: list[list[Any]] = ROWS) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([["舆情导出 2026-06"], [], header, *rows])
    return written.getvalue()


def a_workbook(path: Path, rows: list[list[Any]], **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for title, content in {**sheets, "数据": rows}.items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(row)
    book.save(path)
    return path


def imported(services: Services, path: Path, **values: Any) -> tuple[list[dict[str, Any]], Import]:
    opened = Import(services, path, source="供应商", choice=Choice(**values))
    return [dict(answer) for answer in opened.answers()], opened


def stored(services: Services, answer: dict[str, Any]) -> dict[str, Any]:
    with services.database.read() as connection:
        found = inbox.get(connection, answer["id"])
    assert isinstance(found, Mention)
    return to_dict(found)


def test_one_export_in_every_writing_gives_the_same_mentions_once(services: Services, tmp_path: Path) -> None:
    writings = [
        ("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("gb18030", "\t"), ("utf-8", ";"), ("utf-16", "\t"),
    ]  # fmt: skip
    outcomes = []
    for number, (charset, delimiter) in enumerate(writings):
        path = tmp_path / f"{number}.csv"
        path.write_text(as_text(delimiter), encoding=charset, newline="")
        outcomes.append(imported(services, path))
    spreadsheet = [[*row[:7], datetime.fromisoformat(row[7]), *row[8:]] if len(row) > 7 else row for row in ROWS]
    outcomes.append(
        imported(services, a_workbook(tmp_path / "a.xlsx", [["导出"], HEADER, *spreadsheet], 封面=[["说明"]]))
    )
    assert [[answer.get("status") for answer in answers] for answers, _ in outcomes] == [
        ["new", "new", None, None],
        *[["repeated", "repeated", None, None]] * 6,
    ]
    answers, opened = outcomes[0]
    assert [answer["row"] for answer in answers] == [4, 6, 7, 8], "the line it begins at, as an editor counts"
    assert {each.summary.form.split("，")[0] for _, each in outcomes} == {
        "CSV（UTF-8", "CSV（GBK", "CSV（UTF-16", "Excel 工作表「数据」",
    }  # fmt: skip
    first, second = (stored(services, answer) for answer in answers[:2])
    assert (first["title"], first["text"]) == ("青柠L7 刹车偏软", "车主，反映\n两行")
    assert (first["platform"], first["kind"], first["source"], first["seen_by"]) == (
        "news",
        "article",
        "晨报网",
        ["供应商"],
    )
    assert (first["published_at"], first["date_precision"]) == ("2026-06-01T08:30:11+08:00", "second")
    assert (first["engagement"]["views"], first["followers"]) == (12000, 3400)
    assert first["analysis"] is None, "the vendor's sentiment is not ours"
    assert (second["url"], second["platform"], second["native_id"][:4]) == ("", "wechat", "row-")
    assert opened.summary.refused == {"没有标题和正文": 1, "只有一格有内容，像是说明或合计行": 1}
    assert "1 行没有网址" in opened.summary.text


def test_workbooks_with_links_behind_cells_both_epochs_and_numbers(services: Services, tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(["标题", "正文", "发布时间", "文章ID"])
    sheet.append(["有链接", "正文_x000D_一", 44712.5, 6_000_000_000_000_000_001])
    sheet.append(["公式", "正文二", "2026-06-01 08:30", None])
    sheet["A2"].hyperlink = "https://forum.example/1?a=1&b=2"
    path = tmp_path / "links.xlsx"
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    formula = '<c r="A3" t="str"><f>HYPERLINK("https://forum.example/2?a=1&amp;b=2","公式")</f><v>公式</v></c>'
    before, _, after = parts[name].decode().partition('<c r="A3"')
    # As Excel stores it, with the value it computed; and the wrong size that writers of streams state.
    whole = before + formula + after.partition("</c>")[2]
    parts[name] = whole.replace('ref="A1:D3"', 'ref="A1"').encode()
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    answers, _ = imported(services, path)
    first, second = (stored(services, answer) for answer in answers)
    assert (first["url"], second["url"]) == ("https://forum.example/1?a=1&b=2", "https://forum.example/2?a=1&b=2")
    assert (first["published_at"], second["title"]) == ("2026-06-01T12:00:00+08:00", "公式")
    assert first["text"] == "正文\n一" or first["text"] == "正文一"
    assert first["native_id"] is None, "a key that the spreadsheet has rounded is no key"


def test_several_texts_at_one_address(services: Services, tmp_path: Path) -> None:
    rows = [["https://v.example/1", f"第 {n} 条评论", "2026-06-01 08:30"] for n in (1, 2, 2)]
    path = a_workbook(tmp_path / "a.xlsx", [["链接", "评论内容", "评论时间"], *rows])
    assert [answer.get("status") for answer in imported(services, path)[0]] == ["new", "new", "repeated"]
    plain = a_workbook(tmp_path / "b.xlsx", [["链接", "标题"], *([url, text] for url, text, _ in rows)])
    answers, _ = imported(services, plain)
    assert answers[0]["status"] == "new"
    assert "--preset comment" in answers[1]["error"]["message"]


def test_relative_times_are_counted_from_the_day_of_the_export(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text("标题,发布时间\n刹车,昨天 12:30\n", encoding="utf-8")
    written = datetime.fromisoformat("2026-06-10T09:00:00+08:00").timestamp()
    os.utime(path, (written, written))
    (answer,), _ = imported(services, path)
    assert stored(services, answer)["published_at"] == "2026-06-09T12:30:00+08:00"
    os.utime(path, (written + 86400, written + 86400))  # copied: the same row stays the same mention
    assert imported(services, path)[0] == [answer | {"status": "repeated"}]


def test_the_command_shows_first_and_then_answers_each_row(
    services: Services, tmp_path: Path, monkeypatch, capfdbinary
) -> None:
    monkeypatch.setattr(import_, "services_of", lambda *_: services)
    monkeypatch.setenv("COLUMNS", "150")
    path = tmp_path / "a.csv"
    path.write_text(as_text(), encoding="gb18030", newline="")
    run(path, dry_run=True)
    shown = capfdbinary.readouterr().out.decode()
    for words in (
        "CSV（GBK，逗号分隔）",
        "把握：高",
        "原文链接",
        "供应商的情感判断不采用",
        "青柠L7 刹车偏软",
        "新增 2，已有 0，未导入 2",
    ):
        assert words in shown
    with services.database.read() as connection:
        assert inbox.count(connection) == 0
    run(path, map_=["text=标题"], source="供应商")
    captured = capfdbinary.readouterr()
    assert [json.loads(line).get("status") for line in captured.out.splitlines()] == ["new", "new", None, None]
    assert "新增 2，更新 0，已有 0，未导入 2" in captured.err.decode()
    with pytest.raises(InvalidInput, match="--map 标题 应为"):
        run(path, map_=["标题"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "旧版 .xls 或有密码"),
        ("a.xls", b"<html><table><tr><td>x", "其实是网页"),
        ("a.xlsx", b"PK\x03\x04 broken", "不是完好的 .xlsx"),
        ("a.csv", b"", "是空的"),
        ("a.csv", "编号,主题内容\n1,刹车偏软\n".encode(), "--map text=主题内容"),
    ],
)
def test_what_is_no_table_says_what_to_do(
    services: Services, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        imported(services, path)


def test_bombs_are_refused_before_they_are_unpacked(services: Services, tmp_path: Path, monkeypatch) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [["标题"], ["x"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings2.xml", b"<sst><si><t>" + b" " * (20 << 20))
    with pytest.raises(InvalidInput, match="一行过长"):
        imported(services, path)
    monkeypatch.setattr(workbook, "LARGEST_SHEET_BYTES", 100)
    with pytest.raises(InvalidInput, match="解压后过大"):
        imported(services, path)


def test_a_long_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("标题,正文\n")
        file.writelines(f"第{n}条,{'刹车偏软' * 50}\n" for n in range(20_000))
        file.write('尾,"' + "长" * (1 << 20))  # a quote that never ends
    tracemalloc.start()
    with separated.opened(path, Choice().knows) as table:
        count = sum(1 for _ in table.rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_001
    assert peak < path.stat().st_size / 2


CELLS = strategies.text(max_size=12) | strategies.sampled_from(
    ["标题", "正文", "发布时间", '"', "\0", "\ud800", "=1", "昨天"]
)


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=strategies.lists(strategies.lists(CELLS, max_size=5), max_size=8), tail=strategies.binary(max_size=40))
def test_any_bytes_are_rows_or_one_sentence(
    services: Services, tmp_path: Path, rows: list[list[str]], tail: bytes
) -> None:
    text = "\n".join(",".join(row) for row in [["标题", "发布时间", "链接"], *rows])
    path = tmp_path / "any.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass") + tail)
    try:
        answers, _ = imported(services, path)
    except InvalidInput:
        return
    assert all("id" in answer for answer in answers)


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_any_damage_to_a_workbook_is_rows_or_one_sentence(services: Services, tmp_path: Path, data) -> None:
    path = a_workbook(tmp_path / "whole.xlsx", [["标题", "发布时间"], ["刹车", 46174.5]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(strategies.sampled_from(sorted(parts)))
    place = data.draw(strategies.integers(0, len(parts[name])))
    inserted = data.draw(
        strategies.sampled_from([b"", b"<", b'"', b"\0", b"999999999", b'r="A9999999"', b"<row r='-5'/>"])
    )
    cut = data.draw(strategies.integers(0, 30))
    parts[name] = parts[name][:place] + inserted + parts[name][place + cut :]
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(damaged, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    try:
        answers, _ = imported(services, damaged)
    except InvalidInput:
        return
    assert all("id" in answer for answer in answers)
