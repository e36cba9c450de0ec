"""which mentions have a page of their own: replies no longer hide the pages among them"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mention", sa.Column("has_page", sa.Boolean(), nullable=False, server_default=sa.true()))
    mention = sa.table("mention", sa.column("record", sa.Text()), sa.column("has_page", sa.Boolean()))
    # A quotation mark within a text is written with a backslash, so these words are the field.
    words = [f'"kind":"{kind}"' for kind in ("reply", "comment", "ticket")]
    is_part = sa.or_(*(mention.c.record.contains(each, autoescape=True) for each in words))
    op.execute(sa.update(mention).where(is_part).values(has_page=sa.false()))
    op.drop_index("ix_mention_source_seen_at", "mention")
    op.create_index("ix_mention_source_has_page_seen_at", "mention", ["source", "has_page", "seen_at"])
