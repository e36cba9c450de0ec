"""The usual count of a time of day."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.baseline import Expectation, expected_count, observed_days
from core.errors import TooLittleHistory
from core.mention import SHANGHAI

NOON = datetime(2026, 6, 16, 12, 0, tzinfo=SHANGHAI)


def history(days: int, *, per_hour: dict[int, int]) -> dict[datetime, int]:
    """The same day over and over, ending yesterday."""
    midnight = NOON.replace(hour=0)
    return {
        midnight - timedelta(days=day) + timedelta(hours=hour): count
        for day in range(1, days + 1)
        for hour, count in per_hour.items()
    }


def expect(past: dict[datetime, int], *, start: datetime = NOON, minutes: int = 60) -> Expectation:
    days = observed_days(past, before=start)
    return expected_count(past, window_start=start, window_end=start + timedelta(minutes=minutes), days=days)


FLAT = dict.fromkeys(range(24), 4)


@pytest.mark.parametrize(
    ("start", "minutes", "count"),
    [
        pytest.param(NOON, 60, 4, id="one whole hour"),
        pytest.param(NOON + timedelta(minutes=20), 60, 4, id="two parts of hours"),
        pytest.param(NOON, 30, 2, id="half an hour"),
        pytest.param(NOON.replace(hour=23, minute=30), 120, 8, id="across midnight"),
    ],
)
def test_a_window_need_not_begin_on_the_hour(start: datetime, minutes: int, count: float) -> None:
    assert expect(history(20, per_hour=FLAT), start=start, minutes=minutes).count == pytest.approx(count)


def test_day_and_night_differ() -> None:
    past = history(20, per_hour={hour: 9 if 9 <= hour < 22 else 1 for hour in range(24)})
    assert expect(past, start=NOON).count == 9
    assert expect(past, start=NOON.replace(hour=3)).count == 1


def test_one_former_crisis_does_not_raise_what_is_usual() -> None:
    past = history(20, per_hour=FLAT)
    crisis = {NOON - timedelta(days=7) + timedelta(hours=shift): 240 for shift in (-1, 0, 1)}
    assert expect(past | crisis) == expect(past)


def test_mentions_dated_to_midnight_do_not_hide_a_burst_at_night() -> None:
    past = history(20, per_hour={hour: 50 if hour == 0 else 1 for hour in range(24)})
    assert expect(past, start=NOON.replace(hour=0)).count == 1


def test_the_burst_itself_is_not_history() -> None:
    """Each day had one mention an hour more than the day before, so that every further hour moves the median."""
    past = {moment: (NOON - moment).days for moment in history(15, per_hour=FLAT)}
    today = {NOON - timedelta(hours=2): 4}
    burst = {NOON + timedelta(hours=hour): 500 for hour in range(3)}
    assert expect(past | today | burst) == expect(past | today)
    assert expect(past | today | burst, start=NOON + timedelta(hours=1)) != expect(
        past | today, start=NOON + timedelta(hours=1)
    )


@pytest.mark.parametrize(("days", "is_enough"), [(13, False), (14, True)])
def test_a_baseline_takes_fourteen_days_of_data(days: int, is_enough: bool) -> None:
    past = history(days, per_hour=FLAT)
    if is_enough:
        assert expect(past).count == 4
    else:
        with pytest.raises(TooLittleHistory):
            expect(past)


def test_days_without_data_are_gaps_and_old_days_are_forgotten() -> None:
    past = history(40, per_hour=FLAT)
    outage = {moment for moment in past if timedelta(days=3) < NOON - moment < timedelta(days=9)}
    kept = {moment: count for moment, count in past.items() if moment not in outage}
    assert len(observed_days(past, before=NOON)) == 28
    assert len(observed_days(kept, before=NOON)) < 28
    assert expect(kept).count == 4


def test_one_old_article_is_no_history() -> None:
    recent = history(3, per_hour=FLAT) | {NOON - timedelta(days=25): 1}
    with pytest.raises(TooLittleHistory):
        expect(recent)


def test_counts_scatter_at_least_like_chance() -> None:
    quiet = expect(history(20, per_hour={12: 1}), start=NOON.replace(hour=4))
    steady = expect(history(20, per_hour=dict.fromkeys(range(24), 100)))
    assert quiet.spread > 0.5
    assert steady.spread == pytest.approx(10)


def test_the_factor_of_a_quiet_hour_stays_finite() -> None:
    assert Expectation(count=0.0, spread=1.0).factor(6) == 6
    assert Expectation(count=2.5, spread=1.0).factor(30) == 12


@given(
    st.dictionaries(
        st.datetimes(datetime(2026, 5, 1), datetime(2026, 6, 15)).map(
            lambda moment: moment.replace(minute=0, second=0, microsecond=0, tzinfo=SHANGHAI)
        ),
        st.integers(0, 10_000),
        max_size=60,
    ),
    st.integers(5, 1440),
)
def test_any_history_gives_an_expectation_or_too_little(past: dict[datetime, int], minutes: int) -> None:
    try:
        found = expect(past, minutes=minutes)
    except TooLittleHistory:
        return
    assert 0 <= found.count <= sum(past.values())
    assert found.spread > 0
