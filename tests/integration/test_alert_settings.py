"""Rules and channels in the state database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts import channel, rule
from alerts.channel import ChannelConfig, ChannelKind
from alerts.level import Level
from core import audit
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import InvalidInput, InvalidQuery, NotFound

NOW = datetime(2026, 6, 16, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
READER = Person("读者", frozenset({Role.READER}))


def test_rules_are_saved_listed_and_audited_once(database: Database) -> None:
    [default] = rule.default_rules("青柠汽车")
    with database.write() as connection:
        rule.save(connection, SYSTEM, default, now=NOW)
        rule.save(connection, SYSTEM, default, now=NOW + HOUR)
        changed = rule.save(connection, SYSTEM, replace(default, enabled=False), now=NOW + HOUR)
        assert rule.list_all(connection, READER) == (changed,)
        assert rule.get(connection, READER, default.id) == changed
        assert rule.active(connection) == ()
        with pytest.raises(NotFound):
            rule.get(connection, READER, "none")
        entries = audit.entries_of(connection, [f"rule:{default.id}"])
    assert [entry.action for entry in entries] == ["rule.created", "rule.changed"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"brand": " "}, InvalidInput),
        ({"window_minutes": 0}, InvalidInput),
        ({"minimum_share_negative": 1.5}, InvalidInput),
        ({"query": "(刹车"}, InvalidQuery),
    ],
)
def test_a_bad_rule_is_not_saved(database: Database, change: dict[str, object], error: type[Exception]) -> None:
    bad = replace(rule.default_rules("青柠汽车")[0], **change)  # type: ignore[arg-type]  # fields of a rule
    with database.write() as connection:
        with pytest.raises(error):
            rule.save(connection, SYSTEM, bad, now=NOW)
        assert rule.active(connection) == ()


def test_channels_never_give_their_secrets_away(database: Database) -> None:
    options = {"url": "https://hook.example/in?key=k1", "secret": "whsec_demo"}
    config = ChannelConfig(name="值班", kind=ChannelKind.WEBHOOK, options=options)
    with database.write() as connection:
        shown = channel.save(connection, SYSTEM, config, now=NOW)
        assert shown.options == {"url": "https://hook.example/in?******", "secret": "******"}
        assert channel.list_all(connection, SYSTEM) == (shown,)
        channel.save(connection, SYSTEM, replace(shown, minimum_level=Level.RED), now=NOW)
        assert channel.active(connection) == (replace(config, minimum_level=Level.RED),)
        moved = replace(shown, options={**shown.options, "url": "https://other.example/in"})
        channel.save(connection, SYSTEM, moved, now=NOW)
        [active] = channel.active(connection)
        assert active.options == {"url": "https://other.example/in", "secret": "whsec_demo"}
        channel.save(connection, SYSTEM, replace(active, enabled=False), now=NOW)
        assert channel.active(connection) == ()
        entries = audit.entries_of(connection, ["channel:值班"])
        with pytest.raises(InvalidInput):
            channel.save(
                connection, SYSTEM, replace(config, name="无密", options={"url": "https://x.example"}), now=NOW
            )
    assert [entry.action for entry in entries] == ["channel.created"] + ["channel.changed"] * 3
    assert "whsec_demo" not in str(entries)
    assert "k1" not in str(entries)
