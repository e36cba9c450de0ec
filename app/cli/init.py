"""``tingfeng init``: a commented configuration file to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from app.cli import lines
from core.errors import ConfigurationError

command = typer.Typer(add_completion=False)


@command.command()
def init(
    path: Annotated[Path, typer.Argument(help="写到哪里")] = Path("tingfeng.yaml"),
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件")] = False,
) -> None:
    """写一份带注释的 tingfeng.yaml。"""
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(files("app").joinpath("tingfeng.example.yaml").read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise ConfigurationError(f"{path} 已存在；要覆盖请加 --force") from error
    except OSError as error:
        raise ConfigurationError(f"{path} 无法写入") from error
    lines.write([{"written": str(path), "next": "tingfeng doctor"}])
