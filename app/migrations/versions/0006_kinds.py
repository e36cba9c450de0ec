"""sitemaps and JSON interfaces as sources, and the site behind a route"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("origin", sa.Text(), nullable=True))
    op.add_column("source", sa.Column("json", sa.JSON(), nullable=True))
    op.create_table(
        "seen_page",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("modified_at", UtcTime(), nullable=True),
        sa.Column("mention_id", sa.String(length=64), nullable=True),
        sa.Column("read_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_seen_page")),
    )
