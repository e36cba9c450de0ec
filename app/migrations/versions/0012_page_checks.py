"""pages looked at again"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "page_check",
        sa.Column("mention_id", sa.String(64), primary_key=True),
        sa.Column("checked_at", UtcTime(), nullable=False),
        sa.Column("gone_at", UtcTime()),
    )
    op.create_index("ix_mention_source_seen_at", "mention", ["source", "seen_at"])
