"""Every command as a user at a terminal or a script meets it: results, errors, exit status, and what it leaves behind.

Most run in this process through the real entry; what only a process shows runs in one of its own.
"""

import json
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from fastapi.testclient import TestClient

from api import server as api_server
from app import wiring
from app.cli import COMMANDS
from core.settings import Settings
from tests.e2e.terminal import done, run
from tests.faults import product
from tests.faults.product import DATA, start
from tests.integration.crawl_site import Answer, Site, article, links
from tests.integration.webhook_receiver import receiver

BRANDS: Final = [{"name": "青柠汽车", "aliases": ["青柠L7"]}]
# What a store says about a mention: another store says it anew.
OF_THE_STORE: Final = {"order_key", "revision", "indexed_at"}
# A locale that can only write ASCII, without the ways in which Python would mend it.
ASCII_ONLY: Final = {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
QUIET: Final = {"log_level": "ERROR"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a brand in its configuration file."""
    return configured(tmp_path)


def configured(folder: Path, **sections: object) -> Path:
    folder.mkdir(exist_ok=True)
    values = {"brands": BRANDS} | sections
    (folder / "tingfeng.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return folder


def as_lines(*values: object) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def complaint(number: int, **values: object) -> dict[str, object]:
    text = f"第 {number} 次了，青柠L7 高速上刹车失灵，太危险，要求退车！"
    return {"url": f"https://forum.example/{number}", "text": text} | values


def test_help_names_every_command(tmp_path: Path) -> None:
    for arguments in (), ("--help",), ("help",):
        shown = run(tmp_path, *arguments)
        assert (shown.status, shown.stderr) == (0, "")
        assert [line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")] == list(COMMANDS)
    for command in COMMANDS:
        helped = run(tmp_path, command, "--help")
        assert (helped.status, helped.stderr) == (0, "")
        assert f"tingfeng {command}" in helped.stdout
    assert run(tmp_path, "--version").stdout.startswith("tingfeng ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "settings", "status", "said"),
    [
        (["fly"], {}, 2, "没有命令 fly"),
        (["search", "--fly"], {}, 2, "--fly"),
        (["search", "--limit", "0"], {}, 2, "--limit"),
        (["search", "刹车", "失灵"], {}, 2, "失灵"),
        (["import"], {}, 2, "FILE"),
        (["user", "add", "林晓"], {}, 2, "--role"),
        (["user", "add", "林晓", "--role", "king"], {}, 2, "responder"),
        (["search"], {"port": "many"}, 2, "TINGFENG_PORT"),
        (["search"], {"index_engine": "elastic"}, 2, "TINGFENG_ELASTICSEARCH_URL"),
        (["search"], {"database_url": "mysql://db.example/x"}, 2, "TINGFENG_DATABASE_URL"),
        (["search", "--config", "none.yaml"], {}, 2, "none.yaml"),
        (["search", "--config", "bad.yaml"], {}, 2, "第 3 行"),
        (["apply", "--config", "key.yaml"], {}, 2, "brand"),
        (["search", "--data", "bad.yaml"], {}, 2, "bad.yaml"),
        (["init", "nowhere/tingfeng.yaml"], {}, 2, "nowhere"),
        (["source", "add", "none.yaml"], {}, 2, "none.yaml"),
        (["source", "disable", "论坛"], {}, 1, "论坛"),
        (["crawl", "论坛"], {}, 1, "论坛"),
        (["user", "token", "林晓"], {}, 1, "林晓"),
        (["user", "password", "林晓"], {}, 1, "林晓"),
        (["user", "disable", "林晓"], {}, 1, "林晓"),
        (["import", "none.jsonl"], {}, 1, "none.jsonl"),
        (["search", "刹车 AND ("], {}, 1, "检索式"),
        (["export", ")"], {}, 1, "检索式"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_ends_with_a_sentence_and_a_status(
    tmp_path: Path, arguments: list[str], settings: Mapping[str, str], status: int, said: str
) -> None:
    (tmp_path / "bad.yaml").write_text("brands:\n  - name: 青柠\n   aliases: [", encoding="utf-8")
    (tmp_path / "key.yaml").write_text("brand: []", encoding="utf-8")
    result = run(tmp_path, *arguments, **settings)
    assert (result.status, result.stdout) == (status, "")
    assert said in result.stderr


def test_init_writes_once_and_what_it_writes_can_be_applied(tmp_path: Path) -> None:
    done(tmp_path, "init")
    file = tmp_path / "tingfeng.yaml"
    written = file.read_text(encoding="utf-8")
    file.write_text(f"{written}# mine\n", encoding="utf-8")
    again = run(tmp_path, "init")
    assert (again.status, again.stdout) == (2, "") and "--force" in again.stderr
    assert file.read_text(encoding="utf-8").endswith("# mine\n")
    done(tmp_path, "init", "--force")
    assert file.read_text(encoding="utf-8") == written
    (counts,) = done(tmp_path, "apply")
    wanted = yaml.safe_load(written)
    assert counts == {section: len(wanted[section]) for section in ("brands", "sources", "rules", "channels")}
    assert sorted(each["name"] for each in done(tmp_path, "source", "list")) == sorted(
        each["name"] for each in wanted["sources"]
    )


def test_doctor_says_what_is_wrong_and_shows_no_secret(folder: Path) -> None:
    report = run(folder, "doctor", "--jsonl")
    assert len(report.lines) > 5
    assert all({"name", "ok", "result", "advice"} <= line.keys() for line in report.lines)
    assert report.status == (0 if all(line["ok"] for line in report.lines) else 1)
    assert all(line["advice"] for line in report.lines if not line["ok"])
    secret = {"database_url": f"sqlite:///{folder}/other.sqlite3", "elasticsearch_api_key": "a secret for tests"}
    shown = run(folder, "doctor", COLUMNS=200, **secret)
    assert "TINGFENG_DATA_DIR" in shown.stdout and "TINGFENG_ELASTICSEARCH_API_KEY" in shown.stdout
    assert "a secret for tests" not in shown.stdout + shown.stderr


def test_sources_are_added_changed_and_disabled(folder: Path) -> None:
    file = folder / "own.yaml"
    for url in "https://forum.example/rss", "https://forum.example/feed":
        file.write_text(f"sources:\n  - {{name: 车友会, kind: feed, url: '{url}'}}\n", encoding="utf-8")
        (added,) = done(folder, "source", "add", "own.yaml")
        assert (added["name"], added["kind"], added["url"]) == ("车友会", "feed", url)
    (listed,) = done(folder, "source", "list")
    assert (listed["name"], listed["url"], str(listed["enabled"])) == ("车友会", url, "True")
    assert done(folder, "source", "disable", "车友会") == [{"name": "车友会", "enabled": False}]
    (listed,) = done(folder, "source", "list")
    assert str(listed["enabled"]) == "False"
    assert done(folder, "crawl") == [], "a disabled source is not crawled"


def test_an_export_can_be_imported_elsewhere(folder: Path, tmp_path: Path) -> None:
    given = [
        complaint(1, title="刹车失灵", author="车主甲", published_at="2026-06-16T14:00:00+08:00", platform="forum"),
        complaint(2, text="青柠L7 剎車異響 ＡＰＰ 😀，电话 13800001234。", published_at="2026-06-15T09:12:00+08:00"),
        complaint(3, text="城南地铁新线开通", native_id="n-3", source="晨报", seen_at="2026-06-14T00:00:00Z"),
        complaint(4, text="第一行\n第二行\u2028第三行", published_at="2026-06-13", date_precision="day"),
    ]
    imported = done(folder, "import", "-", "--source", "旧系统", stdin=as_lines(*given))
    assert [line["status"] for line in imported] == ["new"] * len(given)
    done(folder, "work", "--until-idle", **QUIET)
    exported = run(folder, "export")
    assert [line["id"] for line in exported.lines] == [line["id"] for line in reversed(imported)], "oldest first"
    assert done(folder, "search") == exported.lines[::-1], "newest first"
    assert "13800001234" not in exported.stdout and "138********" in exported.stdout
    assert {line["source"] for line in exported.lines} == {"旧系统", "晨报"}

    other = configured(tmp_path / "other")
    (other / "lines.jsonl").write_text(exported.stdout, encoding="utf-8")
    for status in "new", "repeated":
        again = done(other, "import", "lines.jsonl")
        assert again == [{"id": line["id"], "status": status} for line in exported.lines]
    done(other, "work", "--until-idle", **QUIET)
    assert [own(line) for line in done(other, "export")] == [own(line) for line in exported.lines]


def own(line: Mapping[str, Any]) -> dict[str, Any]:  # Any: decoded JSON
    """What is the same in every store. The fingerprint is of the text before its personal data were covered."""
    kept = {key: value for key, value in line.items() if key not in OF_THE_STORE}
    return kept | {"analysis": {**line["analysis"], "fingerprint": None}}


def test_search_finds_by_words_brand_and_form(folder: Path) -> None:
    texts = ["青柠L7 刹车失灵，要求退车", "城南地铁新线开通", "青柠L7 車機升級 ＡＰＰ"]
    done(folder, "import", "-", stdin=as_lines(*(complaint(number, text=text) for number, text in enumerate(texts))))
    done(folder, "work", "--until-idle", **QUIET)
    for query, expected in (
        ("刹车失灵 brand:青柠汽车", [0]),
        ("刹车 sentiment:negative", [0]),
        ("车机升级 app", [2]),
        ("地铁 -brand:青柠汽车", [1]),
        ("没有这个词", []),
    ):
        assert [line["text"] for line in done(folder, "search", query)] == [texts[place] for place in expected], query
    assert len(done(folder, "search", "--limit", "2")) == 2


def test_a_bad_line_is_answered_in_its_place(folder: Path) -> None:
    good = complaint(1)
    table: list[tuple[str, str]] = [
        (json.dumps(good), "new"),
        ("{", ""),
        ("", ""),
        ("[1]", ""),
        (json.dumps({"id": "a", "text": "没有网址"}), "url"),
        (json.dumps({"url": "ftp://forum.example/2", "text": "x"}), "http"),
        (json.dumps({"url": "https://forum.example/3", "text": 3}), "text"),
        (json.dumps({"url": "https://forum.example/4", "text": "x", "published_at": "昨天"}), "published_at"),
        (json.dumps(good), "repeated"),
        ("\ufeff" + json.dumps({"url": "https://forum.example/5", "text": "😀\ud800 \u0000"}), "new"),
        ("[" * 100_000, ""),
    ]
    result = run(folder, "import", "-", stdin="\n".join(line for line, _ in table))
    assert result.status == 0
    assert result.stderr.startswith("标准输入：JSONL，11 行，新增 2，更新 0，已有 1，未导入 8\n")
    assert len(result.lines) == len(table)
    for answer, (line, expected) in zip(result.lines, table, strict=True):
        if expected in ("new", "repeated"):
            assert answer["status"] == expected, line[:80]
        else:
            assert answer["error"].keys() == {"code", "message"}, line[:80]
            assert answer["error"]["code"] == "invalid_input" and expected in answer["error"]["message"]
    assert result.lines[4]["id"] == "a"
    (edited,) = done(folder, "import", "-", stdin=as_lines(complaint(1, text="改过了")))
    assert edited == {"id": result.lines[0]["id"], "status": "changed"}


def test_a_rebuilt_index_says_the_same_and_old_mentions_are_judged_anew(folder: Path) -> None:
    done(folder, "import", "-", stdin=as_lines(complaint(1), complaint(2, text="柠檬车的刹车失灵了，太危险。")))
    done(folder, "work", "--until-idle", **QUIET)
    before = [own(line) for line in done(folder, "export")]
    assert done(folder, "reindex") == [{"indexed": 2, "in_index": 2}]
    assert [own(line) for line in done(folder, "export")] == before
    assert len(done(folder, "search", "brand:青柠汽车")) == 1
    configured(folder, brands=[{"name": "青柠汽车", "aliases": ["青柠L7", "柠檬车"]}])
    assert done(folder, "apply")[0]["brands"] == 1
    assert done(folder, "reanalyse") == [{"queued": 2}]
    assert done(folder, "work", "--until-idle", **QUIET) == [{"analysed": 2, "indexed": 2}]
    assert len(done(folder, "search", "brand:青柠汽车 sentiment:negative")) == 2
    assert done(folder, "work", "--until-idle", **QUIET) == [{"analysed": 0, "indexed": 0}]


def test_evaluate_tells_of_a_burst_once(folder: Path) -> None:
    configured(folder, channels=[{"name": "日志", "kind": "log", "minimum_level": "blue"}])
    done(folder, "apply")
    assert done(folder, "evaluate") == []
    done(folder, "import", "-", stdin=as_lines(complaint(0)))
    done(folder, "work", "--until-idle", **QUIET)
    (first,) = done(folder, "search")
    published = {"published_at": first["seen_at"], "date_precision": "second"}
    crowd = (complaint(number, author=f"车主{number}", **published) for number in range(1, 41))
    done(folder, "import", "-", stdin=as_lines(*crowd))
    done(folder, "work", "--until-idle", **QUIET)
    (raised,) = done(folder, "evaluate", clock_offset_seconds=60)
    assert raised["brand"] == "青柠汽车" and raised["number"].startswith("YJ-")
    assert raised["level"] in ("blue", "yellow", "orange", "red")
    log = folder / DATA / "alerts.log"
    told = log.read_text(encoding="utf-8")
    assert json.loads(told)["number"] == raised["number"]
    assert done(folder, "evaluate", clock_offset_seconds=90) == [raised]
    assert log.read_text(encoding="utf-8") == told, "nothing new, nobody is told again"


def test_secrets_are_shown_once_and_open_the_door(folder: Path) -> None:
    loud = {"log_level": "DEBUG"}
    added = run(folder, "user", "add", "林晓", "--role", "reader", "--role", "analyst", **loud)
    reset = run(folder, "user", "password", "林晓", **loud)
    made = run(folder, "user", "token", "林晓", "--note", "报表", **loud)
    (account,), (changed,), (token,) = added.lines, reset.lines, made.lines
    assert sorted(account["roles"]) == ["analyst", "reader"]
    secrets = [account["password"], changed["password"], token["token"]]
    assert len(set(secrets)) == 3 and min(map(len, secrets)) >= 16
    listed = run(folder, "user", "list", **loud)
    assert [(line["name"], line["enabled"]) for line in listed.lines] == [("林晓", True)]
    written = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    elsewhere = added.stderr + reset.stderr + made.stderr + listed.stderr + listed.stdout
    assert not [secret for secret in secrets if secret in elsewhere or secret.encode() in written]
    services = wiring.build(Settings(data_dir=folder / DATA, config_file=folder / "tingfeng.yaml", _env_file=None))
    with TestClient(api_server.build(services), base_url="https://testserver") as client:
        mine = {"Authorization": f"Bearer {token['token']}"}
        assert client.get("/api/v1/mentions").status_code == 401
        assert client.get("/api/v1/mentions", headers=mine).status_code == 200
        answers = [
            client.post("/api/v1/tokens", json={"name": "林晓", "password": each, "note": "x"}).status_code // 100
            for each in secrets[:2]
        ]
        assert answers == [4, 2], "the old password is gone, the new one works"
        done(folder, "user", "disable", "林晓")
        assert client.get("/api/v1/mentions", headers=mine).status_code == 401
    services.database.close()
    twice = run(folder, "user", "add", "林晓", "--role", "reader")
    assert (twice.status, twice.stdout) == (1, "") and "林晓" in twice.stderr


def test_a_crawl_tells_of_each_source_and_fails_with_the_one_that_failed(tmp_path: Path) -> None:
    titles = ["青柠L7 刹车失灵，车主要求退车", "青柠L7 试驾：动力充沛"]
    with Site() as site:
        paths = [f"/news/2026/0615/{number}.html" for number in range(len(titles))]
        for path, title in zip(paths, titles, strict=True):
            site.page(path, article(title, f"<p>{title}。{'记者从现场了解到相关情况，各方说法不一。' * 10}</p>"))
        site.page("/news/", links(*paths))
        site.answers["/gone/"] = Answer(b"", status=404)
        common = {"kind": "listing", "platform": "news", "allow_private": True, "crawl_delay_seconds": 0}
        selectors = {"item": ".list li", "title": "h1", "text": ".body"}
        sources = [
            {"name": name, "url": site.url(path), "selectors": dict(selectors)} | common
            for name, path in (("晨报", "/news/"), ("旧报", "/gone/"))
        ]
        folder = configured(tmp_path, sources=sources)
        result = product.run(folder, "crawl", **QUIET)
    assert result.status == 1 and "旧报" in result.stderr
    lines = {line["source"]: line for line in result.lines}
    assert (lines["晨报"]["new"], lines["晨报"]["error_code"]) == (len(titles), None)
    assert (lines["旧报"]["new"], lines["旧报"]["error_code"]) == (0, "source_changed")
    done(folder, "work", "--until-idle", **QUIET)
    assert Counter(line["title"] for line in done(folder, "search", "青柠L7")) == Counter(titles)
    health = {line["name"]: line["last_error_code"] for line in done(folder, "source", "list")}
    assert health == {"晨报": None, "旧报": "source_changed"}


def test_a_reader_that_leaves_early_ends_the_output_quietly_in_any_locale(folder: Path) -> None:
    # More than a pipe holds.
    crowd = [complaint(number, thread_id="x" * 2000) for number in range(60)]
    done(folder, "import", "-", stdin=as_lines(*crowd))
    done(folder, "work", "--until-idle", **QUIET)
    with start(folder, "export", **ASCII_ONLY) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline().decode())["text"].startswith("第 ")
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, b"")


def test_serve_tells_of_a_port_in_use_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = product.run(tmp_path, "serve", "--port", str(port), **ASCII_ONLY)
    assert (result.status, result.stdout) == (2, "")
    (sentence,) = result.stderr.splitlines()
    assert f"127.0.0.1:{port}" in sentence and "端口可能已被占用" in sentence


def test_an_unknown_setting_is_told_in_one_line(tmp_path: Path) -> None:
    result = product.run(tmp_path, "search", colour="red", **ASCII_ONLY)
    assert (result.status, result.stdout) == (2, "")
    (sentence,) = result.stderr.splitlines()
    assert "不认识的设置 TINGFENG_COLOUR" in sentence


def test_a_brand_is_tried_with_pasted_posts_and_no_network(tmp_path: Path) -> None:
    posts = "青柠L7 刹车失灵，太危险，要求退车！\n\n青柠汽车空间大，很满意。\n\n青柠苏打水饮料太甜了。\n"
    (tmp_path / "posts.txt").write_text(posts, encoding="utf-8")
    arguments = ("try", "青柠汽车", "--industry", "汽车", "--rival", "蓝鲸汽车", "--paste", "posts.txt", "--no-pack")
    with receiver() as listening:
        shown = run(tmp_path, *arguments, "--webhook", listening.url, "--inside", "--save-as", "公关群")
        assert len(listening.received) == 1
    assert (shown.status, "「青柠」也是水果名" in shown.stderr, "不会发预警" in shown.stderr) == (0, True, True)
    (summary,) = shown.lines
    assert (summary["ambiguous"], summary["posts"], summary["ruled_out"]) == (["青柠"], 2, 1)
    assert (summary["notice"], summary["channel"], summary["alerts"]) == ("sent", "公关群", [])
    assert [line["status"] for line in done(tmp_path, "search", "刹车失灵 brand:青柠汽车")] == ["live"]
    again = run(tmp_path, *arguments, "--webhook", "ftp://robot.example")
    assert (again.status, again.lines[0]["posts"], again.lines[0]["notice"]) == (0, 2, "invalid_input")
    wrong = run(tmp_path, "try", "青柠汽车", "--industry", "钢琴")
    assert (wrong.status, "没有行业「钢琴」" in wrong.stderr) == (1, True)


def test_a_brand_is_tried_on_a_site_of_its_own(tmp_path: Path) -> None:
    """One source of one's own from its address to a count; the crawl needs a process."""
    head = "<link rel='alternate' type='application/rss+xml' href='/feed'>"
    item = "<item><title>青柠L7 刹车失灵</title><link>/1</link></item>"
    with Site() as site:
        site.page("/", f"<html><head>{head}</head></html>")
        site.answers["/feed"] = Answer(f"<rss version='2.0'><channel>{item}</channel></rss>".encode())
        site.page("/1", article("青柠L7 刹车失灵", "青柠L7 刹车失灵，太危险，要求退车！" * 3))
        arguments = ("try", "青柠汽车", "--site", site.url("/"), "--no-pack", "--yes", "--data", str(tmp_path / "own"))
        ended = product.run(tmp_path, *arguments, crawl_delay_seconds=0)
    assert ended.status == 0, ended.stderr
    (summary,) = ended.lines
    assert (summary["checked"], summary["readable"], summary["sources"]) == (1, 1, 1)
    assert (summary["texts"], summary["named"]) == (1, 1)
    assert "1 个源 1 篇，提及 1 次" in ended.stderr
