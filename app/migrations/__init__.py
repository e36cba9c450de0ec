"""Schema changes of the state database: forward only, one file per change."""

from typing import Final

from sqlalchemy import inspect, text

from core.database import Database

# The newest file of versions/ (tested), so that a start asks one row and loads Alembic only when it has work.
HEAD: Final = "0014"


def is_current(database: Database) -> bool:
    """Tell whether the tables are those of this release. Raises StoreUnavailable."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD)
