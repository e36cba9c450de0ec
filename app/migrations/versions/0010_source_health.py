"""health of sources: every crawl, gaps, the state judged from them, and the progress of the crawl that runs"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "crawl",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String()),
    )
    op.create_index("ix_crawl_source_finished_at", "crawl", ["source", "finished_at"])
    op.create_table(
        "source_gap",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("filled_at", UtcTime()),
    )
    op.create_index("ix_source_gap_source", "source_gap", ["source"])
    op.add_column("source", sa.Column("health", sa.String(), nullable=False, server_default="new"))
    op.add_column("source", sa.Column("health_message", sa.Text(), nullable=False, server_default=""))
    op.add_column("source", sa.Column("news_per_day", sa.Float()))
    for name in ("progress_pages", "progress_mentions", "progress_waiting"):
        op.add_column("source", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
