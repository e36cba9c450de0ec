"""The transitions table of incidents, walked at random."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import IllegalTransition
from response.state import STATUS_LABELS, STEP_LABELS, TRANSITIONS, Status, Step, after, steps


@given(st.lists(st.sampled_from(Step), max_size=30))
def test_any_walk_stays_inside_the_table_and_refusals_change_nothing(walk: list[Step]) -> None:
    status, taken = Status.OPEN, []
    for step in walk:
        if step in steps(status):
            status = after(status, step)
            taken.append(step)
        else:
            with pytest.raises(IllegalTransition) as refusal:
                after(status, step)
            assert refusal.value.details["status"] == status
    # Somebody took the incident on before it was closed, each time.
    decisive = [step for step in taken if step is not Step.ADD_TASK]
    cycle = [Step.ACKNOWLEDGE, Step.CLOSE, Step.REOPEN]
    assert decisive == [cycle[place % 3] for place in range(len(decisive))]


def test_every_status_and_step_is_in_use_and_has_a_label() -> None:
    assert {origin for origin, _ in TRANSITIONS} == set(Status) == set(STATUS_LABELS)
    assert {step for _, step in TRANSITIONS} == set(Step) == set(STEP_LABELS)


def test_a_refusal_says_in_chinese_what_is_wrong() -> None:
    with pytest.raises(IllegalTransition, match="舆情事件当前为「已结案」，不能确认"):
        after(Status.CLOSED, Step.ACKNOWLEDGE)
