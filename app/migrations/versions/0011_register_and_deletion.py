"""who answers for a source, on what legal ground, and its weight; mentions deleted on request"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("owner", sa.String(), nullable=False, server_default=""))
    op.add_column("source", sa.Column("legal_basis", sa.Text(), nullable=False, server_default=""))
    op.add_column("source", sa.Column("weight", sa.Float(), nullable=False, server_default="1"))
    op.create_table(
        "forgotten_mention",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("at", UtcTime(), nullable=False),
    )
