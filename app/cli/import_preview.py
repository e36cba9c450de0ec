"""``tingfeng import --dry-run``: what a file would become, for a person in a terminal; nothing is written."""

from rich.console import Console
from rich.table import Table

from app.imports import columns
from app.imports.load import Import, Summary
from app.imports.preview import trial
from core.mention import Mention, to_dict
from response.services import Services

LONGEST_SHOWN = 60


def show(services: Services, opened: Import) -> None:
    """Raises InvalidInput when the file as a whole cannot be read."""
    console = Console(highlight=False, markup=False)
    summary, shown = trial(services, opened)
    _tell_columns(console, summary)
    _tell_rows(console, shown)
    console.print(summary.text)
    console.print("试运行：什么也没有写入；去掉 --dry-run 即导入。")


def _tell_columns(console: Console, summary: Summary) -> None:
    console.print(f"{summary.name}：{summary.form}")
    mapped = summary.mapped
    if mapped is None:
        return
    console.print(
        f"预设：{mapped.preset.name}（{mapped.preset.label}），把握：{mapped.certainty}（{mapped.confidence:.0%}）"
    )
    table = Table("字段", "取自列", title="对应关系", title_justify="left")
    for field, names in columns.field_names(mapped, summary.columns):
        table.add_row(field, names)
    for field, value in mapped.preset.values.items():
        table.add_row(field, f"（固定为 {value}）")
    console.print(table)
    if mapped.left_out:
        table = Table("列", "原因", title="不导入的列", title_justify="left")
        for name, reason in mapped.left_out.items():
            table.add_row(name, reason)
        console.print(table)


def _tell_rows(console: Console, mentions: list[Mention]) -> None:
    table = Table("字段", *(str(number) for number in range(1, len(mentions) + 1)), title_justify="left")
    table.title = f"前 {len(mentions)} 条将成为"
    values = [to_dict(mention) for mention in mentions]
    for name in ("published_at", "platform", "kind", "source", "author", "title", "text", "url"):
        cells = (str(each[name] if each[name] is not None else "—") for each in values)
        table.add_row(name, *(cell if len(cell) <= LONGEST_SHOWN else f"{cell[:LONGEST_SHOWN]}…" for cell in cells))
    console.print(table)
