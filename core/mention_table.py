"""The tables of the inbox: mentions with their analysis, and their former versions."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from core.database import UtcTime, metadata

mention_table: Final = Table(
    "mention",
    metadata,
    Column("id", String(64), primary_key=True),
    # The id its bare address would have: differs from id where the site has keys of its own or declares an address.
    Column("address_id", String(64), nullable=False, index=True),
    Column("order_key", BigInteger, nullable=False, unique=True),
    Column("record", Text, nullable=False),
    Column("digest", String(32), nullable=False),
    Column("analysis", Text),
    Column("story", String(32)),
    Column("revision", Integer, nullable=False),
    Column("indexed_revision", Integer, nullable=False),
    Column("is_analysed", Boolean, nullable=False),
    Column("claimed_by", String),
    Column("claimed_until", UtcTime),
    Column("source", String, nullable=False),
    Column("door", String(10), nullable=False),
    Column("order_time", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("indexed_at", UtcTime),
    # By its kind: a forum's pages are few among its replies.
    Column("has_page", Boolean, nullable=False),
    Index(None, "order_time"),
    Index(None, "source", "has_page", "seen_at"),
    Index(None, "story"),
)
# What the pipeline looks for is a small part of a large table: partial indexes keep both questions cheap. Questions
# and indexes share these words, so that both databases see that one answers the other.
WAITING: Final = text("NOT is_analysed")
BEHIND: Final = text("is_analysed AND revision > indexed_revision")
Index("ix_mention_unanalysed", mention_table.c.order_key, sqlite_where=WAITING, postgresql_where=WAITING)
Index("ix_mention_unindexed", mention_table.c.order_key, sqlite_where=BEHIND, postgresql_where=BEHIND)

version_table: Final = Table(
    "mention_version",
    metadata,
    Column("mention_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("record", Text, nullable=False),
    Column("replaced_at", UtcTime, nullable=False),
)
