"""``tingfeng init``: a commented configuration file to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from app.cli import lines
from core.errors import ConfigurationError
from crawler import tier

command = typer.Typer(add_completion=False)


@command.command()
def init(
    path: Annotated[Path, typer.Argument(help="写到哪里")] = Path("tingfeng.yaml"),
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件")] = False,
) -> None:
    """写一份带注释的 tingfeng.yaml，和一份来源等级名单 tiers.yaml（已有的名单不动）。"""
    _write(path, files("app").joinpath("tingfeng.example.yaml").read_text(encoding="utf-8"), force=force)
    tiers = path.with_name(tier.FILE)
    if not tiers.exists():
        _write(tiers, tier.starting_text(), force=False)
    lines.write([{"written": str(path), "tiers": str(tiers), "next": "tingfeng doctor"}])


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} 已存在；要覆盖请加 --force") from error
    except OSError as error:
        raise ConfigurationError(f"{path} 无法写入") from error
