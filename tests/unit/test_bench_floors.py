"""The floors of the benches: those of extraction rise on request and fall only by an explicit flag."""

import json

import pytest

from tests.bench import crawl, extraction


@pytest.fixture
def floors(tmp_path, monkeypatch):
    file = tmp_path / "floors.json"
    file.write_text(json.dumps({"extraction": {"digest": "a", "figures": {"title": 0.9, "body": 0.95}}, "crawl": {}}))
    monkeypatch.setattr(extraction, "FLOORS", file)
    return lambda: json.loads(file.read_text())


@pytest.mark.parametrize(
    ("figures", "digest", "flags", "wrong", "title"),
    [
        ({"title": 0.9, "body": 0.95}, "a", {}, 0, 0.9),
        ({"title": 0.8, "body": 0.96}, "a", {}, 1, 0.9),
        ({"body": 0.96}, "a", {}, 1, 0.9),
        ({"title": 0.95, "body": 0.96}, "a", {"lift": True}, 0, 0.95),
        ({"title": 0.8, "body": 0.96}, "a", {"lift": True}, 1, 0.9),
        ({"title": 0.8, "body": 0.96}, "a", {"lower": True}, 0, 0.8),
        ({"title": 0.8, "body": 0.96}, "b", {}, 0, 0.9),
        ({"title": 0.8, "body": 0.96}, "b", {"lift": True}, 0, 0.9),
        ({"title": 0.8, "body": 0.96}, "b", {"lower": True}, 0, 0.8),
    ],
)
def test_a_floor_falls_only_by_an_explicit_flag(floors, figures, digest, flags, wrong, title) -> None:
    found = extraction.judged(figures, digest, **{"lift": False, "lower": False} | flags)
    assert len(found) == wrong
    assert floors()["extraction"]["figures"]["title"] == title
    assert floors()["crawl"] == {}


def test_the_repository_has_floors_for_every_measure() -> None:
    figures = json.loads(extraction.FLOORS.read_text(encoding="utf-8"))["extraction"]["figures"]
    assert figures.keys() == {
        "title", "day", "minute", "body", "body .9", "byline", "no false byline", "own text",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "wrong"),
    [
        ({"ratio": 0.8, "megabytes": 250, "megabytes of many pages": 250}, 0),
        ({"ratio": 0.79, "megabytes": 250}, 1),
        ({"ratio": 2, "megabytes": 251, "megabytes of many pages": 251}, 2),
    ],
)
def test_a_crawl_is_fast_enough_and_small_enough(figures, wrong) -> None:
    bars = json.loads(extraction.FLOORS.read_text(encoding="utf-8"))["crawl"]
    assert len(crawl.judged(figures, bars)) == wrong
