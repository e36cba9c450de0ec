"""turns of hosts, ranks on hot lists"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "host_turn",
        sa.Column("host", sa.String(), primary_key=True),
        sa.Column("free_at", UtcTime(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
    )
    op.create_table(
        "hotlist_rank",
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("at", UtcTime(), primary_key=True),
        sa.Column("mention_id", sa.String(64), sa.ForeignKey("mention.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("heat", sa.BigInteger()),
    )
    op.create_index("ix_hotlist_rank_mention_id", "hotlist_rank", ["mention_id"])
