"""The command line. Commands are loaded by name when used, so that ``tingfeng --help`` answers in half a second.

Exit status: 0 done, 1 failed, 2 wrong configuration or usage, 130 interrupted. Results go to stdout, the rest
to stderr.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from typing import Final, cast

import typer
import typer.core
import typer.main

from app.cli import usage

# Command → (module, one-line help). Kept here so that the help text needs no import.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": ("app.cli.demo", "演示：两分钟看一次品牌危机从发生到处置"),
    "try": ("app.cli.try_", "用自己的品牌走一遍：词、来源、帖子、判断、回放、通知"),
    "init": ("app.cli.init", "在当前目录写一份带注释的 tingfeng.yaml"),
    "serve": ("app.cli.serve", "启动完整服务：网页、API、采集、分析、预警"),
    "crawl": ("app.cli.crawl", "采集一个或全部来源，完成后退出"),
    "extract": ("app.cli.extract", "从网页提取标题、作者、时间和正文"),
    "work": ("app.cli.work", "运行一个分析进程（可在多台机器上同时运行）"),
    "evaluate": ("app.cli.evaluate", "立即计算一次预警并发送通知"),
    "search": ("app.cli.search", "检索信息，一行一条 JSON"),
    "import": ("app.cli.import_", "导入信息：监测平台导出的 CSV、XLSX，或 JSONL"),
    "forget": ("app.cli.forget", "按作者或网址删除信息，以后也不再收录"),
    "export": ("app.cli.export", "把信息导出为 JSONL"),
    "reindex": ("app.cli.reindex", "由状态库重建检索索引"),
    "reanalyse": ("app.cli.reanalyse", "用当前词库重新分析已有信息"),
    "dates": ("app.cli.dates", "识别文字中的发布时间（3分钟前、昨天 12:30、发表于 …）"),
    "source": ("app.cli.source", "看一个网址怎么采；登记、查看、停用来源"),
    "sender": ("app.cli.sender", "用 API 推送信息的推送方及其密钥"),
    "apply": ("app.cli.apply", "把 tingfeng.yaml 的品牌、来源、规则、渠道写入系统"),
    "user": ("app.cli.user", "账号、密码和访问令牌"),
    "doctor": ("app.cli.doctor", "自检：哪里不对、怎么修"),
}


class LazyGroup(typer.core.TyperGroup):
    """Imports a command's module when the command is called."""

    def list_commands(self, ctx: object) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> typer.core.TyperCommand | typer.core.TyperGroup | None:
        """The command, or None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        loaded = typer.main.get_command(import_module(COMMANDS[cmd_name][0]).command)
        return cast(typer.core.TyperCommand | typer.core.TyperGroup, loaded)


def main() -> None:
    """Entry point: errors of ours become one Chinese sentence on stderr and an exit status, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")  # whatever the locale
    if sys.argv[1:] in ([], ["--help"], ["-h"], ["help"]):
        sys.stdout.write(help_text())
        return
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"tingfeng {version('tingfeng')}\n")
        return
    if sys.argv[1] not in COMMANDS:
        sys.exit(_say(f"没有命令 {sys.argv[1]}；全部命令见 tingfeng --help\n", 2))
    errors = import_module("core.errors")
    try:
        sys.exit(_run(sys.argv[1:]))
    except errors.ConfigurationError as error:
        sys.exit(_say(f"{error.message}\n", 2))
    except errors.TingfengError as error:
        sys.exit(_say(f"{error.message}\n", 1))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def _run(words: Sequence[str]) -> int:
    """Run the command that the words name; returns the exit status."""
    group = LazyGroup(name="tingfeng")
    path, command = usage.find(group, words)
    if "--help" in words[: words.index("--") if "--" in words else None]:
        sys.stdout.write(usage.help_of(path, command))
        return 0
    try:
        return int(group.main(words, prog_name="tingfeng", standalone_mode=False) or 0)
    except typer.TyperException as error:
        return _say(usage.explain(error, path, command), error.exit_code)


def help_text() -> str:
    """All commands with one line each; made from the table, so that nothing is imported."""
    width = max(map(len, COMMANDS)) + 2
    rows = "\n".join(f"  {name:<{width}}{text}" for name, (_module, text) in COMMANDS.items())
    return f"用法：tingfeng 命令 [选项]\n\n听风：品牌舆情监测与处置。每条命令都可以加 --help。\n\n命令：\n{rows}\n"


def _say(message: str, status: int) -> int:
    sys.stderr.write(message)
    return status
