"""what a report added, pictures that several reports share, and the door of a mention"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report", sa.Column("added", sa.JSON()))
    with op.batch_alter_table("evidence") as table:
        table.drop_constraint(op.f("uq_evidence_mention_id_sha256"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_evidence_mention_id_sha256_added_by_added_at"), ["mention_id", "sha256", "added_by", "added_at"]
        )
    # A push with a token is not told from an import: neither may edit what another door has brought.
    op.add_column("mention", sa.Column("door", sa.String(10), nullable=False, server_default="import"))
    op.execute("UPDATE mention SET door = 'crawl' WHERE source IN (SELECT name FROM source)")
    op.execute("UPDATE mention SET door = 'sender' WHERE source IN (SELECT name FROM sender) AND door = 'import'")
    op.execute("UPDATE mention SET door = 'report' WHERE source = '随手报' AND door = 'import'")
