"""NUL and lone surrogates at every border: replaced in texts, refused by name elsewhere, never a crash later."""

import json
import tracemalloc
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import configuration, wiring
from app.pipeline import Pipeline
from core import audit, inbox, intake, watchlist
from core.access import SYSTEM
from core.database import LONGEST_PLACE, Database, unstorable
from core.errors import ConfigurationError, InvalidInput
from core.mention import Kind, Platform, from_dict, from_json, to_dict
from core.watchlist import Brand
from crawler import definition
from nlp.analyse import Analyser
from response.services import Services
from tests.factories import a_mention

BAD = ("\x00", "\ud800", "\udfff")
TEXTS = ("title", "text", "author", "region", "store", "language", "charset")
NAMES = ("url", "native_id", "source", "parent_id", "thread_id", "author_id")


@pytest.mark.parametrize("bad", BAD)
def test_a_mention_keeps_its_texts_and_refuses_bad_names(bad: str) -> None:
    values = to_dict(a_mention(1))
    for name in TEXTS:
        assert getattr(from_dict(values | {name: f"刹{bad}车"}), name) == "刹\ufffd车"
    for name in (*NAMES, "id", "canonical_url"):
        with pytest.raises(InvalidInput, match=name):
            from_dict(values | {name: f"https://a.example/{bad}"})
    with pytest.raises(InvalidInput, match="seen_by"):
        from_dict(values | {"seen_by": ["论坛", bad]})
    with pytest.raises(InvalidInput, match="analysis"):
        from_dict(values | {"analysis": {"sentiment": {"label": "neutral", "score": 0}, "engine": bad}})
    assert from_json(json.dumps(values | {"text": "刹\x00车"})).text == "刹\ufffd车"


def test_the_place_is_built_only_for_what_is_found() -> None:
    """A long key above many values once took the product of both, from anybody who could send a request."""
    value: dict[str, Any] = {"A" * 100_000: [0] * 2000, "b": [{"c": 1}] * 2000}
    tracemalloc.start()
    try:
        assert unstorable(value) is None
        value["A" * 100_000].append("\x00")
        place = unstorable(value)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    assert place == "A" * LONGEST_PLACE
    nested: Any = "\x00"
    for _ in range(5000):
        nested = [nested]
    assert unstorable(nested) == ("0." * LONGEST_PLACE)[:LONGEST_PLACE]
    assert unstorable("\x00") == "" and unstorable({"": {"\x00": 1}}) == ".\ufffd"


@pytest.mark.parametrize("bad", BAD)
def test_the_database_refuses_what_slips_past_a_border(database: Database, clock, bad: str) -> None:
    with pytest.raises(InvalidInput, match="无法保存"), database.read() as connection:
        audit.entries_of(connection, [bad])
    for details in ({"a": [{"b": bad}]}, {bad: 1}):
        with pytest.raises(InvalidInput, match="无法保存"), database.write() as connection:
            audit.record(connection, person=SYSTEM, action="a", subject="s", now=clock(), details=details)
    with database.write() as connection:
        written = {"note": "反斜杠 \\u0000 和 \\ud800 是文字"}
        audit.record(connection, person=SYSTEM, action="a", subject="s", now=clock(), details=written)
        assert audit.latest(connection, SYSTEM)[0].details == written


@pytest.mark.parametrize("bad", [r"\0", r"\uD800"])
def test_configuration_and_source_files_name_the_place(tmp_path, bad: str) -> None:
    file = tmp_path / "tingfeng.yaml"
    file.write_text(f'brands:\n  - name: 青柠\n    aliases: [L7, "L{bad}"]\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"brands\.0\.aliases\.1"):
        configuration.read(file)
    with pytest.raises(ConfigurationError, match="purpose"):
        definition.from_yaml(f'name: 论坛\nkind: feed\nurl: https://forum.example/\npurpose: "{bad}"\n')


def test_a_brand_word_stored_before_it_was_refused_does_not_stop_the_analysis(services: Services) -> None:
    words: dict[str, Any] = {"aliases": ("L7\ud800",), "ambiguous": ("\x00",), "exclusions": ("\udfff",)}
    brand = Brand(name="青柠\ud800", **words)
    assert len(watchlist.version([brand])) == 12
    analysis = Analyser([brand]).analyse(a_mention(1, text="青柠\ufffd 刹车软"))
    assert analysis.brand_names == ("青柠\ufffd",)


@pytest.mark.parametrize("bad", BAD)
def test_the_api_names_the_parameter(client: TestClient, bad: str) -> None:
    def body(values: object) -> Any:  # Any: keyword arguments of several types
        return {"content": json.dumps(values), "headers": {"Content-Type": "application/json"}}

    answers = {
        "body.aliases.0": client.put("/api/v1/brands/x", **body({"aliases": [f"L{bad}"]})),
        "body.selectors.item": client.put("/api/v1/sources/x", **body({"kind": "feed", "selectors": {"item": bad}})),
        "body.claim": client.post(
            "/api/v1/campaigns",
            **body({"name": "x", "brand": "y", "starts_at": "2026-06-16", "ends_at": "2026-06-17", "claim": bad}),
        ),
        "body.note": client.post("/api/v1/incidents/1/acknowledge", **body({"note": bad})),
        "body.name": client.post("/api/v1/tokens", **body({"name": bad, "password": "x"})),
        "body.\ufffd": client.put("/api/v1/brands/x", **body({bad: 1})),
    }
    if bad == "\x00":  # addresses carry no surrogates
        answers |= {
            "query.0.1": client.get("/api/v1/alerts?brand=%00"),
            "path.name": client.get("/api/v1/brands/%00"),
            "query.1.1": client.get("/api/v1/mentions?q=x&source=%00"),
        }
    for place, answer in answers.items():
        found = answer.json()
        assert (answer.status_code, found["code"], found["details"]) == (422, "invalid_input", {"field": place})
        assert "无法保存" in found["detail"]
    assert client.put("/api/v1/brands/x", **body({"aliases": ["L7"]})).status_code == 200


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(BAD)
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
TIMES = st.sampled_from(
    ["2026-06-16T12:00:00+08:00", "1970-01-01", "2199-12-31T23:59:59Z", "2026-06-16T12:00:00+23:59", "0001-01-01"]
)
COUNTS = st.none() | st.integers() | st.integers(0, 2**64)
TEXT = st.text(max_size=40) | st.sampled_from(["青柠汽车刹车失灵\ud800", "\x00", "差评", "青柠L7 很好 13800001234"])
MENTIONS = st.fixed_dictionaries(
    {
        "url": st.sampled_from(["https://a.example/1", "http://b.example/?q=1"])
        | st.text().map("https://a.example/".__add__)
    },
    optional={name: TEXT for name in (*TEXTS, *NAMES) if name != "url"}
    | {"published_at": TIMES, "seen_at": TIMES, "date_precision": st.sampled_from(["second", "day", "week"])}
    | {"kind": st.sampled_from(Kind), "platform": st.sampled_from(Platform), "seen_by": st.lists(TEXT, max_size=2)}
    | {"floor": COUNTS, "followers": COUNTS}
    | {"engagement": st.dictionaries(st.sampled_from(["likes", "views", "counted_at"]), COUNTS | TIMES)},
)
# Any value in any field, too.
ANY_MENTIONS = st.builds(
    lambda base, name, value: base | {name: value},
    MENTIONS,
    st.sampled_from((*TEXTS, *NAMES, "published_at", "seen_at", "engagement", "floor", "kind", "seen_by")),
    JSON,
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(MENTIONS | ANY_MENTIONS, min_size=1, max_size=5), st.booleans())
def test_any_line_is_refused_clearly_or_goes_the_whole_road(services: Services, lines, is_hashed: bool) -> None:
    pipeline = Pipeline(services, partial(wiring.part("analyser"), segmenter="auto"), worker="test")
    admitted = []
    for values in lines:
        try:
            key = "key" if is_hashed else None
            admitted.append(intake.complete(values, source="导入", now=services.now(), author_key=key))
        except InvalidInput as error:
            assert error.message
    with services.database.write() as connection:
        inbox.put(connection, admitted, now=services.now())
    pipeline.run_until_idle()
    with services.database.read() as connection:
        for mention in admitted:
            stored = inbox.get(connection, mention.id)
            assert stored is not None and stored.analysis is not None
        assert inbox.backlog(connection) == inbox.Backlog(unanalysed=0, unindexed=0)
    for mention in admitted:
        found = services.index.get(mention.id)
        assert found is not None
        json.dumps(to_dict(found), ensure_ascii=False).encode()
