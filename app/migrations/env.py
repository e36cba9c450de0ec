"""Alembic's entry: runs on the connection that ``upgrade`` opened."""

from typing import Literal

from alembic import context

from app.migrations.tables import metadata
from core.database import UtcTime


def _named(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own column type by its name in new migration files."""
    return "UtcTime()" if kind == "type" and isinstance(item, UtcTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_item=_named,
)
context.run_migrations()
