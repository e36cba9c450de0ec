"""first tables"""

import sqlalchemy as sa
from alembic import op

from core.database import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("story", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("announced_count", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("announced_at", UtcTime(), nullable=False),
        sa.Column("found_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("number", name=op.f("uq_alert_number")),
    )
    op.create_index(op.f("ix_alert_opened_at"), "alert", ["opened_at"], unique=False)
    op.create_index(
        "uq_alert_open_key",
        "alert",
        ["key"],
        unique=True,
        sqlite_where=sa.text("status != 'closed'"),
        postgresql_where=sa.text("status != 'closed'"),
    )
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("minimum_count", sa.Integer(), nullable=False),
        sa.Column("minimum_share_negative", sa.Float(), nullable=False),
        sa.Column("factor", sa.Float(), nullable=False),
        sa.Column("cooldown_hours", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
    )
    op.create_table(
        "applied_configuration",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("applied_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_applied_configuration")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_subject_id"), "audit", ["subject", "id"], unique=False)
    op.create_table(
        "brand",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("ambiguous", sa.JSON(), nullable=False),
        sa.Column("exclusions", sa.JSON(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_brand")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index(op.f("ix_campaign_brand_ends_at"), "campaign", ["brand", "ends_at"], unique=False)
    op.create_index(op.f("ix_campaign_brand_name"), "campaign", ["brand", "name"], unique=True)
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("minimum_level", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("alert_number", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("story", sa.String(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_incident_alert_id")),
    )
    op.create_index(op.f("ix_incident_status_opened_at"), "incident", ["status", "opened_at"], unique=False)
    op.create_table(
        "job",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "mention",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("address_id", sa.String(length=64), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=True),
        sa.Column("story", sa.String(length=32), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("indexed_revision", sa.Integer(), nullable=False),
        sa.Column("is_analysed", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_until", UtcTime(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("order_time", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("indexed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("order_key", name=op.f("uq_mention_order_key")),
    )
    op.create_index(op.f("ix_mention_address_id"), "mention", ["address_id"], unique=False)
    op.create_index(op.f("ix_mention_order_time"), "mention", ["order_time"], unique=False)
    op.create_index(op.f("ix_mention_story"), "mention", ["story"], unique=False)
    op.create_index(
        "ix_mention_unanalysed",
        "mention",
        ["order_key"],
        unique=False,
        sqlite_where=sa.text("NOT is_analysed"),
        postgresql_where=sa.text("NOT is_analysed"),
    )
    op.create_index(
        "ix_mention_unindexed",
        "mention",
        ["order_key"],
        unique=False,
        sqlite_where=sa.text("is_analysed AND revision > indexed_revision"),
        postgresql_where=sa.text("is_analysed AND revision > indexed_revision"),
    )
    op.create_table(
        "mention_version",
        sa.Column("mention_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("replaced_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("mention_id", "revision", name=op.f("pk_mention_version")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("next_attempt_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", "channel", name=op.f("pk_outbox_message")),
    )
    op.create_index(
        op.f("ix_outbox_message_status_next_attempt_at"), "outbox_message", ["status", "next_attempt_at"], unique=False
    )
    op.create_index(op.f("ix_outbox_message_subject"), "outbox_message", ["subject"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_source_at"), "quarantine", ["source", "at"], unique=False)
    op.create_table(
        "session",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_user_name"), "session", ["user_name"], unique=False)
    op.create_table(
        "source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("mention_kind", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("selectors", sa.JSON(), nullable=False),
        sa.Column("full_text", sa.String(), nullable=False),
        sa.Column("crawl_delay_seconds", sa.Float(), nullable=True),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=True),
        sa.Column("max_pages", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("terms_note", sa.Text(), nullable=False),
        sa.Column("last_started_at", UtcTime(), nullable=True),
        sa.Column("last_finished_at", UtcTime(), nullable=True),
        sa.Column("last_error_code", sa.String(), nullable=True),
        sa.Column("last_error_message", sa.Text(), nullable=False),
        sa.Column("last_count_items", sa.Integer(), nullable=False),
        sa.Column("last_count_new", sa.Integer(), nullable=False),
        sa.Column("next_due_at", UtcTime(), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("robots_verdict", sa.String(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source")),
    )
    op.create_index(op.f("ix_source_next_due_at"), "source", ["next_due_at"], unique=False)
    op.create_table(
        "story",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.Column("mention_count", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
    )
    op.create_index(op.f("ix_story_brand_last_seen_at"), "story", ["brand", "last_seen_at"], unique=False)
    op.create_table(
        "story_band",
        sa.Column("band", sa.String(length=48), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("story_id", sa.String(length=32), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("band", name=op.f("pk_story_band")),
    )
    op.create_index(op.f("ix_story_band_at"), "story_band", ["at"], unique=False)
    op.create_table(
        "token",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_token")),
        sa.UniqueConstraint("id", name=op.f("uq_token_id")),
    )
    op.create_index(op.f("ix_token_user_name"), "token", ["user_name"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_user_account")),
    )
    op.create_table(
        "alert_finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("finding", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_finding_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_finding")),
    )
    op.create_index(op.f("ix_alert_finding_alert_id"), "alert_finding", ["alert_id"], unique=False)
    op.create_table(
        "compliance_report",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_compliance_report_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_report")),
    )
    op.create_index(op.f("ix_compliance_report_incident_id"), "compliance_report", ["incident_id"], unique=False)
    op.create_table(
        "incident_task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("is_blocker", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_task_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_task")),
    )
    op.create_index(
        op.f("ix_incident_task_incident_id_serial"), "incident_task", ["incident_id", "serial"], unique=True
    )
