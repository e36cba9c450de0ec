"""the wait a vendor named for a message"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_message", sa.Column("not_before", UtcTime(), nullable=True))
