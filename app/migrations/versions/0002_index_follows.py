"""what the index has to follow: removed mentions, and the parts it consists of"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "index_part",
        sa.Column("id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_part")),
    )
    op.create_table(
        "removed_mention",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("is_last", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removed_mention")),
    )
    op.create_index(op.f("ix_removed_mention_due_at"), "removed_mention", ["due_at"], unique=False)
