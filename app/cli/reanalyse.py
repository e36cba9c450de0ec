"""``tingfeng reanalyse``: put stored mentions back into the queue, after the watchlist changed."""

import typer

from app.cli import lines
from app.cli.options import Config, Data, services_of
from core import inbox

command = typer.Typer(add_completion=False)


@command.command()
def reanalyse(data: Data = None, config: Config = None) -> None:
    """用当前词库重新分析已有信息；由运行中的服务或 tingfeng work 完成。"""
    services = services_of(data, config)
    after, queued = -1, 0
    while True:
        with services.database.write() as connection:
            page = inbox.scan(connection, after=after)
            queued += inbox.request_analysis(connection, [mention.id for mention in page])
        if not page or page[-1].order_key is None:
            break
        after = page[-1].order_key
    lines.write([{"queued": queued}])
