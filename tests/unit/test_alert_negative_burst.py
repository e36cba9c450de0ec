"""Negative burst: judgement over counts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.baseline import Expectation
from alerts.detectors.negative_burst import Burst, BurstCounts, Period, Usual, judge
from alerts.finding import FindingReason
from alerts.level import Level, Volume, burst_level
from alerts.rule import AlertRule

RULE = AlertRule(id="r", name="r", brand="青柠汽车", minimum_share_negative=0.4)
USUAL = Usual(total=Expectation(count=2.5, spread=1.6), negative=Expectation(count=0.3, spread=0.7))


def burst(total: int, negative: int, *, authors: int | None = None, usual: Usual | None = USUAL) -> Burst | None:
    """Negatives spread evenly over the authors; without a number each has its own."""
    authors = negative if authors is None else authors
    per_author = (
        tuple(negative // authors + (place < negative % authors) for place in range(authors)) if authors else ()
    )
    seen = Period(counts=BurstCounts(total=total, negative=negative, per_author=per_author), usual=usual)
    return judge(RULE, seen, seen)


@pytest.mark.parametrize(
    ("total", "negative", "authors", "level"),
    [
        pytest.param(8, 5, None, None, id="fewer than 6 negatives"),
        pytest.param(8, 6, None, Level.BLUE, id="6 negatives are a finding"),
        pytest.param(16, 6, None, None, id="below 40 % negative"),
        pytest.param(10, 6, None, Level.YELLOW, id="10, three times the usual"),
        pytest.param(30, 15, None, Level.ORANGE, id="30, six times, half of it negative"),
        pytest.param(30, 14, None, Level.YELLOW, id="30, but less than half negative"),
        pytest.param(100, 60, None, Level.RED, id="100, 60 % negative"),
        pytest.param(100, 59, None, Level.ORANGE, id="100, 59 % negative"),
        pytest.param(40, 40, 1, None, id="one loud account"),
        pytest.param(40, 40, 2, None, id="two accounts"),
        pytest.param(40, 40, 3, Level.BLUE, id="three accounts count twice each"),
        pytest.param(0, 0, None, None, id="nothing"),
    ],
)
def test_levels_of_a_burst(total: int, negative: int, authors: int | None, level: Level | None) -> None:
    found = burst(total, negative, authors=authors)
    assert (found and found.level) == level


def test_mentions_without_an_author_stand_for_themselves() -> None:
    seen = Period(counts=BurstCounts(total=12, negative=10, per_author=(4,)), usual=USUAL)
    found = judge(RULE, seen, seen)
    assert found is not None
    assert found.authors == 7
    assert found.share_negative == pytest.approx(8 / 10)


def test_a_busy_brand_needs_more() -> None:
    busy = Usual(total=Expectation(count=60, spread=8), negative=Expectation(count=12, spread=4))
    assert burst(70, 35, usual=busy) is None, "below three times the usual 12"
    found = burst(80, 40, usual=busy)
    assert found is not None
    assert found.level is Level.BLUE, "the whole volume is hardly above usual"


def test_a_restless_brand_needs_more_than_its_usual_scatter() -> None:
    calm = Usual(total=Expectation(count=10, spread=3), negative=Expectation(count=2, spread=1.4))
    restless = replace(calm, negative=Expectation(count=2, spread=4))
    assert burst(16, 10, usual=calm) is not None
    assert burst(16, 10, usual=restless) is None


@pytest.mark.parametrize(("total", "negative", "level"), [(11, 11, None), (12, 12, Level.BLUE), (60, 30, Level.ORANGE)])
def test_while_learning_thresholds_are_doubled(total: int, negative: int, level: Level | None) -> None:
    found = burst(total, negative, usual=None)
    assert (found and found.level) == level
    if found is not None:
        assert found.reason is FindingReason.NEGATIVE_BURST_LEARNING
        assert found.factor is None


@pytest.mark.parametrize(
    ("window", "hour", "level"),
    [
        pytest.param((120, 8.0), (120, 40.0), Level.RED, id="all of it within the hour"),
        pytest.param((120, 8.0), (20, 7.0), Level.YELLOW, id="a day's 120, the last hour is no emergency"),
        pytest.param((40, 6.0), (5, 2.0), Level.YELLOW, id="a slow burst of the rule's own window is told"),
        pytest.param((9, 6.0), (5, 2.0), Level.BLUE, id="few in both"),
        pytest.param((9, 90.0), (36, 14.0), Level.ORANGE, id="five minutes of a fast hour"),
        pytest.param((120, None), (60, None), Level.ORANGE, id="learning: twice the hour's threshold"),
        pytest.param((120, None), (59, None), Level.YELLOW, id="learning: below it"),
    ],
)
def test_orange_and_red_count_the_last_hour(
    window: tuple[int, float | None], hour: tuple[int, float | None], level: Level
) -> None:
    volumes = (Volume(count=count, factor=factor, share_negative=0.9) for count, factor in (window, hour))
    assert burst_level(window=next(volumes), hour=next(volumes)) is level


@given(st.integers(0, 500), st.floats(0, 100), st.floats(0, 1))
def test_more_mentions_never_lower_the_level(count: int, factor: float, share: float) -> None:
    less = Volume(count=count, factor=factor, share_negative=share)
    more = Volume(count=count + 50, factor=factor + 3, share_negative=min(1, share + 0.2))
    levels = [burst_level(window=window, hour=hour).rank for window, hour in ((less, less), (less, more), (more, more))]
    assert levels == sorted(levels)


def test_levels_have_labels_and_an_order() -> None:
    assert "".join(level.label for level in Level) == "蓝黄橙红"
    assert [level.rank for level in Level] == [1, 2, 3, 4]
