"""Every function of the room that acts for a person asks first; nothing is read or written before."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from core.access import GRANTS, Action, Person, Role
from core.errors import NotAllowed
from response import campaign, hotlist, incident, mentions, overview, statement_check, suspect, timeline
from response.start import brand, judging, pack, posts, replay, robot, steps, watch

DOORS: dict[Callable[..., Any], Action] = {
    hotlist.current: Action.READ_MENTIONS,
    campaign.get: Action.READ_CAMPAIGNS,
    campaign.list_all: Action.READ_CAMPAIGNS,
    campaign.save: Action.MANAGE_CAMPAIGN,
    incident.acknowledge: Action.WORK_INCIDENT,
    incident.add_note: Action.WORK_INCIDENT,
    incident.add_task: Action.WORK_INCIDENT,
    incident.close: Action.CLOSE_INCIDENT,
    incident.finish_task: Action.WORK_INCIDENT,
    incident.get: Action.READ_INCIDENTS,
    incident.list_all: Action.READ_INCIDENTS,
    incident.open_for: Action.WORK_INCIDENT,
    incident.of_alert: Action.READ_INCIDENTS,
    incident.tasks: Action.READ_INCIDENTS,
    mentions.detail: Action.READ_MENTIONS,
    mentions.export: Action.READ_MENTIONS,
    mentions.facets: Action.READ_MENTIONS,
    mentions.get: Action.READ_MENTIONS,
    mentions.reveal: Action.REVEAL_PERSONAL,
    mentions.search: Action.READ_MENTIONS,
    mentions.trend: Action.READ_MENTIONS,
    overview.overview: Action.READ_MENTIONS,
    statement_check.check_text: Action.CHECK_COMPLIANCE,
    statement_check.reports: Action.READ_INCIDENTS,
    suspect.link: Action.WORK_INCIDENT,
    suspect.linked: Action.READ_INCIDENTS,
    suspect.suspects: Action.READ_CAMPAIGNS,
    timeline.of: Action.READ_INCIDENTS,
    brand.proposals: Action.READ_BRANDS,
    brand.save: Action.MANAGE_BRANDS,
    judging.judge: Action.MANAGE_BRANDS,
    judging.ten: Action.READ_MENTIONS,
    pack.check: Action.MANAGE_SOURCES,
    pack.register: Action.MANAGE_SOURCES,
    posts.load_file: Action.PUSH_MENTIONS,
    posts.paste: Action.PUSH_MENTIONS,
    posts.shown: Action.READ_MENTIONS,
    posts.try_file: Action.PUSH_MENTIONS,
    replay.replay: Action.READ_ALERTS,
    robot.keep: Action.MANAGE_CHANNELS,
    robot.try_out: Action.MANAGE_CHANNELS,
    steps.standing: Action.READ_BRANDS,
    watch.watch: Action.READ_SOURCES,
}
STRANGER = Person("nobody", frozenset())


def call(door: Callable[..., Any], person: Person) -> None:
    """Call with nothing but the person: whoever looks at another argument before asking fails on it."""
    arguments: dict[str, Any] = dict.fromkeys(inspect.signature(door).parameters)
    door(**arguments | {"person": person})


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.__module__}.{door.__name__}")
def test_strangers_and_roles_without_the_right_are_refused(door: Callable[..., Any]) -> None:
    lacking = [Person("x", frozenset({role})) for role in Role if DOORS[door] not in GRANTS[role]]
    for person in (STRANGER, *lacking):
        with pytest.raises(NotAllowed) as refusal:
            call(door, person)
        assert refusal.value.details["action"] == DOORS[door]


def test_the_table_is_complete() -> None:
    first_hour = (brand, judging, pack, posts, replay, robot, steps, watch)
    modules = (campaign, hotlist, incident, mentions, overview, statement_check, suspect, timeline, *first_hour)
    found = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and function.__module__ == module.__name__
        and "person" in inspect.signature(function).parameters
    }
    assert found == set(DOORS)
