"""``tingfeng extract`` as a user gives it: saved pages in, one answer a line out."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.integration.crawl_site import Answer, Site
from tests.unit.article_layouts import LAYOUTS
from tests.unit.article_pages import SITE_FAMILIES, TITLE

COMMAND = [sys.executable, "-m", "app.cli", "extract"]
CASES = SITE_FAMILIES + LAYOUTS


def run(folder: Path, *arguments: str, stdin: bytes = b"", locale: str = "C") -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        env={"PATH": "", "LC_ALL": locale, "PYTHONPATH": str(REPOSITORY)},
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Half of the pages packed, as crawlers leave them."""
    for number, case in enumerate(CASES):
        body = case.html.encode(case.encoding)
        name, content = (f"{number}.html", body) if number % 2 else (f"{number}.html.gz", gzip.compress(body))
        (tmp_path / name).write_bytes(content)
    return tmp_path


def asked(number: int) -> str:
    name = f"{number}.html" if number % 2 else f"{number}.html.gz"
    return json.dumps({"file": name, "url": CASES[number].url, "now": "2026-06-16T14:00:00+08:00"})


def test_every_line_is_answered_in_its_place(pages: Path) -> None:
    (pages / "broken.html.gz").write_bytes(b"\x1f\x8b no gzip")
    bad = [
        "no json",
        "[]",
        '{"id": 7}',
        '{"file": "none.html"}',
        '{"file": "broken.html.gz"}',
        '{"file": "1.html", "now": "?"}',
    ]
    lines = [asked(number) for number in range(len(CASES))]
    done = run(pages, "--jsonl", stdin="\n".join([*bad, *lines]).encode())
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [answer["error"]["code"] for answer in answers[: len(bad)]] == [
        "invalid_input", "invalid_input", "invalid_input", "not_found", "invalid_input", "invalid_input",
    ]  # fmt: skip
    assert answers[2]["id"] == 7
    assert [answer["title"] for answer in answers[len(bad) :]] == [case.title for case in CASES]


def test_an_answer_has_the_agreed_fields(pages: Path) -> None:
    gbk = next(number for number, case in enumerate(CASES) if case.name == "GBK")
    day = next(number for number, case in enumerate(CASES) if case.name == "day in the address")
    done = run(pages, "--jsonl", stdin="\n".join(map(asked, (gbk, day))).encode())
    first, second = map(json.loads, done.stdout.splitlines())
    text = first.pop("body")
    assert text.split("\n") == list(CASES[gbk].text)
    assert first == {
        "title": TITLE,
        "author": None,
        "published_at": "2026-06-15T09:12:00+08:00",
        "date_precision": "minute",
        "language": "zh",
        "charset": "gb18030",
        "kind": "article",
    }
    assert (second["published_at"], second["date_precision"]) == ("2026-06-15", "day")


def test_one_file_is_shown_to_a_person_and_a_missing_text_is_explained(pages: Path) -> None:
    shown = run(pages, "1.html").stdout.decode()
    assert shown.startswith("标题：关于开展L7车型缺陷调查的通知\n作者：（没有）\n发布时间：2026-06-15T09:53")
    one = run(pages, "-", "--json", stdin=(pages / "1.html").read_bytes()).stdout
    assert json.loads(one)["title"] == "关于开展L7车型缺陷调查的通知"
    (pages / "gone.html").write_text("<title>404</title><p>您访问的页面不存在</p>", encoding="utf-8")
    gone = run(pages, "gone.html")
    assert (gone.returncode, gone.stdout, gone.stderr.decode()) == (1, b"", "页面已删除或不存在\n")
    assert json.loads(run(pages, "gone.html", "--json").stdout)["missing"] == "gone"


def test_an_address_is_fetched_as_politely_as_by_a_crawl(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "GBK")
    with Site() as site:
        site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /closed/", content_type="text/plain")
        site.answers["/a"] = Answer(case.html.encode(case.encoding), content_type="text/html")
        shown = run(tmp_path, site.url("/a"), "--json")
        closed = run(tmp_path, site.url("/closed/a"), "--json")
        guarded = run(tmp_path, site.url("/a", host="loopback.example"))
        assert site.paths() == ["/a"]
    answer = json.loads(shown.stdout)
    assert (answer["title"], answer["charset"], answer["body"]) == (TITLE, "gb18030", "\n".join(case.text))
    assert (closed.returncode, closed.stdout) == (1, b"") and "robots.txt" in closed.stderr.decode()
    assert (guarded.returncode, guarded.stderr.decode().count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_ends_quietly(pages: Path) -> None:
    (pages / "many.jsonl").write_text("\n".join([asked(1)] * 400))
    with subprocess.Popen(
        [*COMMAND, "--jsonl", "many.jsonl"],
        cwd=pages,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "", "PYTHONPATH": str(REPOSITORY)},
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
