"""what people say of mentions beside the analysis"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgement",
        sa.Column("mention_id", sa.String(64), primary_key=True),
        sa.Column("brand", sa.String(), primary_key=True),
        sa.Column("person", sa.String(), primary_key=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("predicted", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
    )
