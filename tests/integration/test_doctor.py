"""Commands as scripts use them: a line is JSON with the types of the data."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.checkup import file, machine, stores
from app.checkup.check import Check, Mark, guarded
from app.pipeline import index_batch
from core import inbox, watchlist
from response.services import Services
from tests.factories import a_mention, an_analysis
from tests.faults import product

SOURCE = """
name: 车友会
kind: listing
url: https://forum.example/board
crawl_delay_seconds: 2.5
selectors: {item: li, link: a}
"""


def test_sources_are_listed_with_their_types(tmp_path: Path) -> None:
    (tmp_path / "source.yaml").write_text(SOURCE, encoding="utf-8")
    product.done(tmp_path, "source", "add", "source.yaml")
    (line,) = product.done(tmp_path, "source", "list")
    assert (line["name"], line["kind"], line["crawl_delay_seconds"], line["max_pages"]) == ("车友会", "listing", 2.5, 5)
    assert (line["enabled"], line["consecutive_failures"], line["last_error_code"]) == (True, 0, None)
    assert line["selectors"] == {"item": "li", "link": "a"}
    assert line["next_due_at"].endswith("+08:00")


EXAMPLE = """
brands:
  - {name: 青柠汽车}
sources:
  - {name: 论坛, kind: feed, url: "https://forum.example/rss"}
channels:
  - {name: 日志, kind: log}
  - {name: 值班, kind: webhook, options: {url: "https://hook.example/in", secret: 一个密钥}}
"""


def report(folder: Path, status: int, *arguments: str, port: int = 0) -> dict[str, dict[str, Any]]:  # Any: JSON
    ended = product.run(folder, "doctor", "--jsonl", *arguments, port=port)
    assert ended.status == status, ended.stdout + ended.stderr
    return {line["name"]: line for line in ended.lines}


def test_doctor_is_content_before_and_after_the_file_is_applied(tmp_path: Path) -> None:
    (tmp_path / "tingfeng.yaml").write_text(EXAMPLE, encoding="utf-8")
    before = report(tmp_path, 0)
    assert (
        before["配置文件 brands"]["result"] == "品牌 1 项" and before["配置文件 channels"]["result"] == "通知渠道 2 项"
    )
    assert (before["配置生效"]["mark"], before["品牌"]["mark"]) == ("warning", "warning")
    product.done(tmp_path, "apply")
    after = report(tmp_path, 0)
    assert {name for name, line in after.items() if line["mark"] != "good"} == {"服务"}
    assert after["品牌"]["result"] == "青柠汽车" and "FTS5" in after["SQLite"]["result"]


@pytest.mark.parametrize(
    ("old", "new", "name", "said"),
    [
        ("kind: feed", "kind: fed", "配置文件 sources", "第 5 行：来源配置 kind 有误"),
        ("https://forum.example/rss", "forum.example", "配置文件 sources", "第 5 行：来源「论坛」的 url 有误"),
        ("https://hook.example/in", "hook.example", "配置文件 channels", "第 8 行：渠道「值班」的 url 应以"),
        ("name: 青柠汽车", "nome: 青柠汽车", "配置文件 brands", "第 3 行："),
        (
            "sources:",
            "  - {name: 蓝鲸, aliases: [青柠汽车]}\nsources:",
            "配置文件 brands",
            "第 4 行：「青柠汽车」已属于",
        ),
        ("sources:", 'rules:\n  - {brand: 青柠汽车, query: "(刹车"}\nsources:', "配置文件 rules", "第 5 行："),
        ("brands:", "brands: [", "配置文件", "第 3 行写法有误"),
        ("brands:", "brand:", "配置文件", "不认识的键：brand"),
    ],
)
def test_doctor_names_the_line_of_a_mistake(
    tmp_path: Path, services: Services, old: str, new: str, name: str, said: str
) -> None:
    path = tmp_path / "tingfeng.yaml"

    def found() -> Iterator[Check]:
        yield from file.check(path, is_demanded=False)
        yield from file.entries(services.database, path, now=services.now())

    path.write_text(EXAMPLE.replace(old, new), encoding="utf-8")
    (wrong,) = (check for check in guarded("配置文件", found) if check.mark is Mark.BAD)
    assert wrong.name == name and said in wrong.result and wrong.advice
    path.write_text(EXAMPLE, encoding="utf-8")
    assert {check.mark for check in found()} == {Mark.GOOD, Mark.WARNING}, "the last line: not applied yet"
    with services.database.read() as connection:
        assert watchlist.all_brands(connection) == (), "looking keeps nothing"


def test_doctor_sees_what_applying_would_refuse(tmp_path: Path) -> None:
    clash = EXAMPLE.replace("sources:", "  - {name: 蓝鲸, aliases: [青柠汽车]}\nsources:")
    (tmp_path / "tingfeng.yaml").write_text(clash, encoding="utf-8")
    assert product.run(tmp_path, "apply").status == 2
    found = report(tmp_path, 1)
    assert {name for name, line in found.items() if line["mark"] == "bad"} == {"配置文件 brands"}


def test_doctor_names_what_the_machine_lacks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = report(tmp_path, 1, "--data", "file/below", "--config", "none.yaml", port=taken.getsockname()[1])
    assert {name for name, line in found.items() if line["mark"] == "bad"} == {"数据目录", "配置文件", "端口"}
    ended = product.run(tmp_path, "doctor", port="many")
    assert ended.status == 1 and "✗ 设置：设置 TINGFENG_PORT 有误" in ended.stdout


def test_doctor_counts_the_index_both_ways(services: Services) -> None:
    def found() -> Check:
        return next(stores.index(services))

    with services.database.write() as connection:
        inbox.put(connection, [a_mention(1), a_mention(2)], now=services.now())
        claimed = inbox.claim(connection, worker="t", limit=9, now=services.now())
        inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed])
    assert found().mark is Mark.GOOD, "what waits for the index is not missing"
    index_batch(services)
    assert found().mark is Mark.GOOD
    services.index.delete([a_mention(1).id])
    assert (found().mark, found().result) == (Mark.BAD, "embedded：应有 2 条信息，实有 1 条")
    with services.database.write() as connection:
        inbox.remove(connection, [a_mention(1).id, a_mention(2).id], now=services.now())
    assert found().mark is Mark.GOOD, "what was removed just now may still be there"
    services.index.upsert(
        [a_mention(number, order_key=number, analysis=an_analysis(), revision=1) for number in (7, 8)]
    )
    assert (found().mark, found().result) == (Mark.BAD, "embedded：应有 0 到 2 条信息，实有 3 条")


@pytest.mark.parametrize(
    ("ahead_seconds", "offset", "mark"), [(60, 0.0, Mark.GOOD), (600, 0.0, Mark.BAD), (0, 5.0, Mark.WARNING)]
)
def test_a_clock_behind_the_files_is_wrong(clock, ahead_seconds: int, offset: float, mark: Mark) -> None:
    assert machine.clock(clock(), offset, clock() + timedelta(seconds=ahead_seconds)).mark is mark
    assert machine.clock(clock() - timedelta(days=400), offset, clock()).mark is Mark.BAD
