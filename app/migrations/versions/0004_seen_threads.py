"""what each source has read of each thread"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seen_thread",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("floors_before", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.String(length=64), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=True),
        sa.Column("last_post_at", UtcTime(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_seen_thread")),
    )
