"""``tingfeng reindex``: rebuild the index from the stored mentions; never analyses anew."""

import sys

import typer
from rich.console import Console
from rich.progress import Progress

from app import wiring
from app.cli import lines
from app.cli.options import Config, Data, settings_of
from app.pipeline import index_batch
from core import inbox
from core.database import Database

command = typer.Typer(add_completion=False)


@command.command()
def reindex(data: Data = None, config: Config = None) -> None:
    """由状态库重建检索索引。服务运行中也可以执行，完成前检索结果不全。"""
    settings = settings_of(data, config)
    # Marked before the index is emptied: an outage or a kill in between leaves work to do, not an empty index.
    _mark(wiring.build_database(settings))
    services = wiring.build(settings, fresh_index=True)
    # And afterwards: what a running pipeline indexed in between is indexed again, not lost.
    total = _mark(services.database)
    done = 0
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("重建索引", total=total)
        while count := index_batch(services):
            done += count
            progress.update(task, completed=done)
    services.index.refresh()
    lines.write([{"indexed": done, "in_index": services.index.health().count}])


def _mark(database: Database) -> int:
    with database.write() as connection:
        return inbox.mark_all_unindexed(connection)
