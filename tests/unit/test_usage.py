"""What the command line says about itself and about wrong usage: Chinese, with the exit status scripts rely on."""

import re
import sys

import pytest

from app import cli
from app.cli import COMMANDS

ENGLISH = re.compile(r"Usage|Options|Arguments|Commands|Error|Missing|Invalid|No such|Show this|Traceback|╭")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tingfeng", *words])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "没有命令 nonsense；全部命令见 tingfeng --help"),
        ("crawl --bad", "没有选项 --bad；用法见 tingfeng crawl --help"),
        ("crawl --dat x", "没有选项 --dat，是不是 --data；"),
        ("crawl --data", "选项 --data 后面缺少值；"),
        ("doctor --jsonl=3", "选项 --jsonl 后面不带值；"),
        ("search --limit many", "选项 --limit 的值有误，应为 1 到 100 的整数；"),
        ("search --limit 0", "选项 --limit 的值有误，应为 1 到 100 的整数；"),
        ("search a b c", "多余的参数：b c；用法见 tingfeng search --help"),
        ("import", "缺少参数 FILE；"),
        ("user add li", "缺少选项 --role，应为 reader、analyst、"),
        ("user add li --role king", "选项 --role 的值有误，应为 reader、analyst、"),
        ("source list extra", "多余的参数：extra；用法见 tingfeng source list --help"),
        ("source paint", "没有命令 paint；用法见 tingfeng source --help"),
        ("source", "用法：tingfeng source 命令 [选项]"),
    ],
)
def test_wrong_usage_is_one_chinese_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert run(monkeypatch, *words.split()) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(said) and err.endswith("\n")
    assert not ENGLISH.search(err)


@pytest.mark.parametrize("path", [*COMMANDS, "source add", "user token"])
def test_help_is_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: str) -> None:
    assert run(monkeypatch, *path.split(), "--help") == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"用法：tingfeng {path}") and "--help" in out and err == ""
    assert "supervised" not in out and not ENGLISH.search(out)


def test_help_names_limits_defaults_and_what_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "search", "--help")
    run(monkeypatch, "import", "--help")
    said = capsys.readouterr().out
    assert "最多条数（1 到 100 的整数；默认 20）" in said
    assert "FILE  CSV、XLSX 或 JSONL 文件；- 为标准输入的 JSONL（每行至少有 url 和 text 或 title）（必填）" in said
