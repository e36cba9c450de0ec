"""Rules and channels as people write them: strict reading."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import channel, rule
from alerts.channel import ChannelConfig, ChannelKind
from alerts.level import Level
from core.errors import ConfigurationError

WEBHOOK = {"name": "值班", "kind": "webhook", "options": {"url": "https://hook.example/in?key=k1", "secret": "whsec"}}


def test_a_rule_needs_only_a_brand() -> None:
    found = rule.from_definition({"brand": "青柠汽车"})
    assert found == rule.default_rules("青柠汽车")[0]
    assert (found.minimum_count, found.window_minutes, found.cooldown_hours) == (6, 60, 12)


def test_the_same_definition_is_the_same_rule() -> None:
    one, other = ({"brand": "青柠汽车", "name": name} for name in ("刹车", "车门"))
    assert rule.from_definition(one) == rule.from_definition(one)
    assert rule.from_definition(one).id != rule.from_definition(other).id


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "brand"),
        ({"brand": "  "}, "brand"),
        ({"brand": 7}, "brand"),
        ({"brand": "青柠汽车", "windows": 60}, "windows"),
        ({"brand": "青柠汽车", "kind": "magic"}, "kind"),
        ({"brand": "青柠汽车", "window_minutes": 1}, "window_minutes"),
        ({"brand": "青柠汽车", "window_minutes": 60.5}, "window_minutes"),
        ({"brand": "青柠汽车", "minimum_count": True}, "minimum_count"),
        ({"brand": "青柠汽车", "minimum_share_negative": 40}, "minimum_share_negative"),
        ({"brand": "青柠汽车", "factor": float("nan")}, "factor"),
        ({"brand": "青柠汽车", "factor": "three"}, "factor"),
        ({"brand": "青柠汽车", "enabled": "yes"}, "enabled"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_key(values: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rule.from_definition(values)
    assert caught.value.details["key"] == key


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"name": ""}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"kind": ["webhook"]}, "kind"),
        ({"kind": None}, "kind"),
        ({"level": "red"}, "level"),
        ({"minimum_level": "purple"}, "minimum_level"),
        ({"enabled": 1}, "enabled"),
        ({"options": ["url"]}, "options"),
        ({"options": {"url": "https://hook.example"}}, "secret"),
        ({"options": {"url": "https://hook.example", "secret": ""}}, "secret"),
        ({"options": {"url": "https://hook.example", "secret": 5}}, "secret"),
        ({"options": {"url": "https://hook.example", "secret": "s", "token": "t"}}, "token"),
        ({"kind": "log", "options": {"file": "/tmp/x"}}, "file"),
    ],
)
def test_a_wrong_channel_is_refused_by_its_key(change: dict[str, object], key: str) -> None:
    assert channel.from_definition(WEBHOOK).minimum_level is Level.YELLOW
    with pytest.raises(ConfigurationError) as caught:
        channel.from_definition(WEBHOOK | change)
    assert caught.value.details["key"] == key


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hook.example/in", "https://hook.example/in"),
        ("https://hook.example/in?key=k1", "https://hook.example/in?******"),
        ("https://user:pass@hook.example:8443/in", "https://******@hook.example:8443/in"),
        ("http://[broken", "******"),
    ],
)
def test_what_is_shown_of_a_channel_keeps_its_secrets(url: str, shown: str) -> None:
    config = ChannelConfig(name="值班", kind=ChannelKind.WEBHOOK, options={"url": url, "secret": "whsec", "odd": "x"})
    assert channel.masked(config).options == {"url": shown, "secret": "******", "odd": "******"}


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.text(max_size=3))


@given(st.dictionaries(st.sampled_from([*rule.RANGES, "id", "name", "kind", "brand", "query", "enabled", "x"]), VALUES))
def test_any_rule_definition_is_read_or_refused(values: dict[str, Any]) -> None:
    try:
        found = rule.from_definition(values)
    except ConfigurationError:
        return
    assert found.brand
    assert all(lowest <= getattr(found, key) <= highest for key, (lowest, highest) in rule.RANGES.items())


@given(st.dictionaries(st.sampled_from(["name", "kind", "options", "minimum_level", "enabled", "x"]), VALUES))
def test_any_channel_definition_is_read_or_refused(values: dict[str, Any]) -> None:
    try:
        found = channel.from_definition(values)
    except ConfigurationError:
        return
    assert found.name
    assert found.kind is ChannelKind.LOG
