"""``tingfeng try``: the first hour with one's own brand in the terminal; the page 开始 does the same steps."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli import lines
from app.cli.first_hour import FirstHour
from app.cli.options import Config, Data, services_of
from core.errors import InvalidInput
from response.start.brand import Begun
from response.start.industry import OTHER, industries

command = typer.Typer(add_completion=False)

INDUSTRIES: Final = "、".join(industries())


@command.command(name="try")
def try_(
    name: Annotated[str, typer.Argument(help="品牌名")],
    industry: Annotated[str, typer.Option(help=f"行业：{INDUSTRIES}")] = OTHER,
    site: Annotated[str, typer.Option(help="自己的网站", show_default=False)] = "",
    rival: Annotated[list[str] | None, typer.Option(help="竞品，可以写几次", show_default=False)] = None,
    file: Annotated[Path | None, typer.Option(help="监测平台的导出表（XLSX、CSV、JSONL）", show_default=False)] = None,
    paste: Annotated[Path | None, typer.Option(help="帖子的文本，之间空一行；- 为标准输入", show_default=False)] = None,
    webhook: Annotated[str, typer.Option(help="机器人地址，试发一条消息", show_default=False)] = "",
    inside: Annotated[bool, typer.Option("--inside", help="机器人地址在内网")] = False,
    save_as: Annotated[str, typer.Option(help="试发成功后保存为这个名字的通知渠道", show_default=False)] = "",
    no_pack: Annotated[bool, typer.Option("--no-pack", help="不用公开来源，只看自己的网站")] = False,
    crawl_seconds: Annotated[int, typer.Option(min=10, max=3600, help="第一次采集最长时间（秒）")] = 60,
    yes: Annotated[bool, typer.Option("--yes", help="不提问，全部按提议")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """用自己的品牌走一遍：提议别名和排除词，试读公开来源，分析帖子，回放预警。过程在标准错误，最后一行 JSON 小结。"""
    if industry not in industries():
        raise InvalidInput(f"没有行业「{industry}」；可用：{INDUSTRIES}")
    services = services_of(data, config)
    asks = not yes and sys.stdin.isatty() and sys.stderr.isatty()
    hour = FirstHour(services, Begun(name=name, industry=industry, site=site, rivals=tuple(rival or ())), asks=asks)
    hour.brand()
    if site or not no_pack:
        hour.sources(crawl_seconds, with_pack=not no_pack)
    hour.posts(file, _pasted(paste))
    hour.judge()
    hour.replay()
    hour.notice(webhook, is_inside=inside, save_as=save_as)
    lines.write([hour.summary])
    hour.console.print(f"接着用：tingfeng serve，打开网页的「开始」。数据在 {services.settings.data_dir}")


def _pasted(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"文件 {path} 无法读取（应为 UTF-8 文本）") from error
