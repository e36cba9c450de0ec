"""manual reports with their evidence, and tickets"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _of_a_mention(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_mention_id")
    return sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("mention_id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_joined", sa.Boolean(), nullable=False),
        _of_a_mention("report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    op.create_index(op.f("ix_report_mention_id"), "report", ["mention_id"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mention_id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        _of_a_mention("evidence"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("mention_id", "sha256", name=op.f("uq_evidence_mention_id_sha256")),
    )
    op.create_index(op.f("ix_evidence_mention_id"), "evidence", ["mention_id"])
    op.create_index(op.f("ix_evidence_sha256"), "evidence", ["sha256"])
    op.create_table(
        "ticket",
        sa.Column("mention_id", sa.String(length=64), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("deadline_at", UtcTime(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        _of_a_mention("ticket"),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_ticket")),
    )
