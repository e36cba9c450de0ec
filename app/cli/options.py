"""Options that every command shares, and how a command gets its settings and services."""

from pathlib import Path
from typing import Annotated

import typer

from app import children, configuration, logs, wiring
from core.settings import Settings, read_settings
from response.services import Services

Data = Annotated[Path | None, typer.Option("--data", help="数据目录（默认 tingfeng-data）", show_default=False)]
Config = Annotated[Path | None, typer.Option("--config", help="配置文件（默认 tingfeng.yaml）", show_default=False)]
Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="由父进程启动")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="结果为一行一条 JSON")]


def settings_of(data: Path | None = None, config: Path | None = None, **overrides: object) -> Settings:
    """Read environment, .env, the file's ``public_url`` and the command's options; set up the logs."""
    settings = read_settings(data_dir=data, config_file=config, **overrides)
    if settings.public_url is None and settings.config_file.exists():
        public_url = configuration.read(settings.config_file).public_url
        settings = settings.model_copy(update={"public_url": public_url})
    elif config is not None and not config.exists():
        configuration.read(config)  # raises: a file that was named must be there
    logs.configure(settings.log_level)
    return settings


def services_of(data: Path | None = None, config: Path | None = None, **overrides: object) -> Services:
    """The wired product for one command; the configuration file is applied when it changed."""
    services = wiring.build(settings_of(data, config, **overrides))
    if services.settings.config_file.exists():
        configuration.apply_if_changed(services.database, services.settings.config_file, now=services.now())
    return services


def settings_of_child() -> Settings:
    """In a child of ``serve``, ``demo`` or ``crawl``: what the parent said; set up the logs."""
    settings = children.settings_of_parent()
    logs.configure(settings.log_level)
    return settings
