"""States of an alert and what a further finding means."""

from datetime import timedelta
from itertools import product

import pytest

from alerts.level import Level
from alerts.state import TRANSITIONS, AlertStatus, Change, Outcome, change_by, is_held_after_closing, require_transition
from core.errors import IllegalTransition

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("before", "after"), list(product(AlertStatus, AlertStatus)))
def test_only_transitions_of_the_table_pass(before: AlertStatus, after: AlertStatus) -> None:
    if after in TRANSITIONS[before]:
        require_transition(before, after)
    else:
        with pytest.raises(IllegalTransition):
            require_transition(before, after)


def test_nothing_leaves_closed_and_nobody_is_forgotten() -> None:
    assert TRANSITIONS[AlertStatus.CLOSED] == frozenset()
    assert AlertStatus.CALM not in TRANSITIONS[AlertStatus.NEW], "an alert that nobody took does not fade away"


@pytest.mark.parametrize(
    ("status", "level", "count", "quiet", "change"),
    [
        pytest.param(AlertStatus.NEW, Level.YELLOW, 10, HOUR, Change.HELD, id="the same again"),
        pytest.param(AlertStatus.NEW, Level.BLUE, 5, HOUR, Change.HELD, id="it ebbs away"),
        pytest.param(AlertStatus.NEW, Level.YELLOW, 19, HOUR, Change.HELD, id="not yet twice"),
        pytest.param(AlertStatus.NEW, Level.YELLOW, 20, HOUR, Change.UPDATED, id="twice as many"),
        pytest.param(AlertStatus.ACKNOWLEDGED, Level.YELLOW, 20, HOUR, Change.UPDATED, id="twice, though taken"),
        pytest.param(AlertStatus.NEW, Level.ORANGE, 10, HOUR, Change.RAISED, id="a higher level"),
        pytest.param(AlertStatus.ACKNOWLEDGED, Level.RED, 40, HOUR, Change.RAISED, id="a higher level, though taken"),
        pytest.param(AlertStatus.NEW, Level.YELLOW, 10, 12 * HOUR, Change.UPDATED, id="nobody took it for 12 hours"),
        pytest.param(AlertStatus.ACKNOWLEDGED, Level.YELLOW, 10, 50 * HOUR, Change.HELD, id="somebody works on it"),
        pytest.param(AlertStatus.CALM, Level.BLUE, 6, 20 * HOUR, Change.UPDATED, id="it flares up again"),
    ],
)
def test_what_a_further_finding_means(
    status: AlertStatus, level: Level, count: int, quiet: timedelta, change: Change
) -> None:
    found = change_by(
        status=status,
        level=Level.YELLOW,
        announced_count=10,
        finding_level=level,
        finding_count=count,
        quiet=quiet,
        cooldown=12 * HOUR,
    )
    assert found is change


@pytest.mark.parametrize(
    ("outcome", "level", "count", "is_overlapping", "since", "is_held"),
    [
        pytest.param(Outcome.HANDLED, Level.YELLOW, 19, True, HOUR, True, id="handled and known"),
        pytest.param(Outcome.HANDLED, Level.ORANGE, 10, True, HOUR, False, id="handled, a higher level"),
        pytest.param(Outcome.HANDLED, Level.YELLOW, 20, True, HOUR, False, id="handled, twice as many"),
        pytest.param(Outcome.HANDLED, Level.BLUE, 6, False, HOUR, False, id="handled, it flares up again"),
        pytest.param(Outcome.FALSE_ALARM, Level.YELLOW, 19, False, 11 * HOUR, True, id="false, within the cool-down"),
        pytest.param(Outcome.FALSE_ALARM, Level.ORANGE, 6, False, HOUR, False, id="false, a higher level"),
        pytest.param(Outcome.FALSE_ALARM, Level.YELLOW, 20, True, HOUR, False, id="false, twice as many"),
        pytest.param(Outcome.FALSE_ALARM, Level.YELLOW, 10, True, 20 * HOUR, True, id="false, a long window"),
        pytest.param(Outcome.FALSE_ALARM, Level.BLUE, 6, False, 12 * HOUR, False, id="false, after the cool-down"),
        pytest.param(Outcome.MERGED, Level.YELLOW, 10, True, HOUR, True, id="merged and known"),
        pytest.param(Outcome.SETTLED, Level.BLUE, 6, True, HOUR, False, id="settled by itself"),
    ],
)
def test_what_is_old_news_after_closing(
    outcome: Outcome, level: Level, count: int, is_overlapping: bool, since: timedelta, is_held: bool
) -> None:
    held = is_held_after_closing(
        outcome=outcome,
        level=Level.YELLOW,
        announced_count=10,
        finding_level=level,
        finding_count=count,
        is_overlapping=is_overlapping,
        since_closing=since,
        cooldown=12 * HOUR,
    )
    assert held is is_held
