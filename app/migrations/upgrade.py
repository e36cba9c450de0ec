"""Bring the tables up to date. Loaded only when ``is_current`` says no."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.database import Database, serialise
from core.errors import SchemaOutOfDate

FOLDER: Final = Path(__file__).parent


def upgrade(database: Database) -> None:
    """Run the missing migrations in one transaction. Raises SchemaOutOfDate for a database of a newer release."""
    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()}
    with database.write() as connection:
        serialise(connection, "migrations")
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise SchemaOutOfDate("数据库由更新版本的听风写入，请升级程序后再启动")
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
