"""The HTTP door: every path asks who is there, errors are problems, the road from mention to closed incident."""

import json
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from alerts import alert as alert_store
from alerts import rule
from api import server as api_server
from app import duties
from app.pipeline import index_batch
from core import accounts, inbox, watchlist
from core.access import SYSTEM, Person, Role
from core.errors import StoreUnavailable
from core.mention import Platform, to_dict
from core.watchlist import Brand
from crawler import hotlist
from crawler.hotlist import Look, Ranked
from tests.conftest import ADMIN_PASSWORD
from tests.factories import a_mention, an_analysis

PUBLIC = {("get", "/api/v1/health"), ("post", "/api/v1/tokens")}
SOURCE = {"kind": "listing", "url": "https://forum.example/", "selectors": {"item": "li", "link": "a::attr(href)"}}


@pytest.fixture
def filled(services, clock, client: TestClient) -> TestClient:
    """Thirty fresh complaints by thirty authors, indexed."""
    found = [a_mention(n, seen_at=clock(), published_at=clock()) for n in range(30)]
    with services.database.write() as connection:
        watchlist.save(connection, SYSTEM, Brand(name="青柠汽车"), now=clock())
        rule.save(connection, SYSTEM, rule.default_rules("青柠汽车")[0], now=clock())
        inbox.put(connection, found, now=clock())
        claimed = inbox.claim(connection, worker="t", limit=99, now=clock())
        inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed])
    index_batch(services)
    clock.advance(minutes=1)
    return client


def test_a_search_is_paged_to_its_end(filled: TestClient) -> None:
    asked = {"q": "刹车", "sentiment": "negative"}
    page = filled.get("/api/v1/mentions", params=asked | {"limit": 20}).json()
    assert (page["total"], len(page["hits"]), page["total_is_exact"]) == (30, 20, True)
    rest = filled.get("/api/v1/mentions", params=asked | {"cursor": page["cursor"]}).json()
    ids = {hit["mention"]["id"] for hit in page["hits"] + rest["hits"]}
    assert (len(ids), rest["cursor"]) == (30, None)


def test_the_road_from_alert_to_closed_incident(filled: TestClient, services) -> None:
    duties.evaluate(services)
    (alert,) = filled.get("/api/v1/alerts").json()
    taken = filled.post(f"/api/v1/alerts/{alert['id']}/acknowledge", json={"note": "看到了"}).json()
    detail = filled.get(f"/api/v1/alerts/{alert['id']}").json()
    assert (taken["acknowledged_by"], detail["findings"][0]["finding"]["count_negative"]) == ("admin", 30)

    number = filled.post(f"/api/v1/alerts/{alert['id']}/incident").json()["id"]
    path = f"/api/v1/incidents/{number}"
    filled.post(f"{path}/acknowledge")
    task = {"title": "联系车主", "owner": "客服", "due_at": "2026-06-16T20:00", "is_blocker": True}
    task_id = filled.post(f"{path}/tasks", json=task).json()["id"]
    refused = filled.post(f"{path}/close", json={"cause": "误会"})
    assert (refused.status_code, refused.json()["code"]) == (409, "still_open")
    assert filled.post(f"{path}/notes", json={"text": "已与质量部沟通"}).status_code == 204
    filled.post(f"/api/v1/tasks/{task_id}/finish", json={"proof": "电话记录"})
    assert filled.post(f"{path}/close", json={"cause": "偶发", "lesson": "加快回访"}).json()["status"] == "closed"
    said = " ".join(entry["text"] for entry in filled.get(path).json()["timeline"])
    assert all(words in said for words in ("联系车主", "已与质量部沟通", "偶发")), said


def test_a_closed_alert_stays_closed_at_the_next_evaluation(filled: TestClient, services, clock) -> None:
    duties.evaluate(services)
    (alert,) = filled.get("/api/v1/alerts").json()
    filled.post(f"/api/v1/alerts/{alert['id']}/close", json={"outcome": "handled"})
    clock.advance(minutes=1)
    eager = services.settings.model_copy(update={"incident_level": "blue"})
    duties.evaluate(replace(services, settings=eager))
    assert [each["status"] for each in filled.get("/api/v1/alerts").json()] == ["closed"]
    assert filled.get("/api/v1/incidents").json() == []


def test_a_finding_that_fails_holds_up_no_other(filled: TestClient, services, monkeypatch) -> None:
    with services.database.write() as connection:
        for name in ("first", "second"):
            rule.save(connection, SYSTEM, replace(rule.default_rules("青柠汽车")[0], id=name), now=services.now())
    merge, seen = alert_store.merge, []

    def failing(connection, finding, *, now):
        seen.append(finding)
        if len(seen) == 1:
            raise ZeroDivisionError
        return merge(connection, finding, now=now)

    monkeypatch.setattr(alert_store, "merge", failing)
    with pytest.raises(ZeroDivisionError):
        duties.evaluate(services)
    assert len(filled.get("/api/v1/alerts").json()) == len(seen) - 1 > 1


def test_campaigns_and_checks_hang_on_the_incident(filled: TestClient, services) -> None:
    campaign = {"name": "安心购", "brand": "青柠汽车", "starts_at": "2026-06-10", "ends_at": "2026-06-20"}
    made = filled.post("/api/v1/campaigns", json=campaign | {"words": ["刹车"]}).json()
    assert filled.put(f"/api/v1/campaigns/{made['id']}", json=campaign).json()["words"] == []
    duties.evaluate(services)
    (alert,) = filled.get("/api/v1/alerts").json()
    opened = filled.post(f"/api/v1/alerts/{alert['id']}/incident").json()
    path = f"/api/v1/incidents/{opened['id']}"
    checked = filled.post(f"{path}/compliance", json={"text": "全国最好的刹车", "context": "advert"}).json()
    assert checked["report"]["findings"][0]["quote"] in "全国最好的刹车"
    assert filled.post(f"{path}/campaigns/{made['id']}").status_code == 204
    detail = filled.get(path).json()
    assert detail["suspects"][0]["is_linked"] is True
    assert detail["texts"][0]["text_hash"] == checked["text_hash"]


def test_times_are_printed_for_shanghai_everywhere(filled: TestClient, services) -> None:
    duties.evaluate(services)
    (alert,) = filled.get("/api/v1/alerts").json()
    hit = filled.get("/api/v1/mentions").json()["hits"][0]["mention"]
    printed = [alert["opened_at"], hit["published_at"], hit["seen_at"], filled.get("/api/v1/overview").json()["at"]]
    assert all(moment.endswith("+08:00") for moment in printed), printed
    assert isinstance(hit["order_key"], str)


def test_a_hot_list_shows_ranks_and_may_be_narrowed_to_a_brand(filled: TestClient, services, clock) -> None:
    with services.database.write() as connection:
        other = a_mention(99, title="高考", text="高考", platform=Platform.HOTLIST)
        inbox.put(connection, [other], now=clock())
        ids = [a_mention(0).id, other.id]
        for order in ((ids[0], ids[-1]), (ids[-1], ids[0])):
            entries = tuple(Ranked(mention_id=name, rank=rank, heat=7) for rank, name in enumerate(order, 1))
            hotlist.keep(connection, [Look(source="榜", at=clock.advance(minutes=10), entries=entries)])
    (shown,) = filled.get("/api/v1/hotlist").json()
    told = [(entry["mention_id"], entry["rank"], entry["change"], entry["best_rank"]) for entry in shown["entries"]]
    assert (shown["source"], told) == ("榜", [(ids[-1], 1, 1, 1), (ids[0], 2, -1, 1)])
    (narrowed,) = filled.get("/api/v1/hotlist", params={"brand": "青柠汽车"}).json()
    assert [entry["mention_id"] for entry in narrowed["entries"]] == [ids[0]]
    (stay,) = filled.get(f"/api/v1/mentions/{ids[0]}").json()["hotlists"]
    assert (stay["rank"], stay["left_at"], stay["entered_at"][-6:]) == (2, None, "+08:00")


def test_facets_trend_and_export_agree(filled: TestClient) -> None:
    (negative,) = filled.get("/api/v1/mentions/facets", params={"by": "sentiment", "brand": "青柠汽车"}).json()
    days = filled.get("/api/v1/trends/daily").json()
    lines = filled.get("/api/v1/mentions/export").text.splitlines()
    assert negative == {"keys": ["negative"], "count": 30}
    assert (len(days), days[-1]["counts"]["negative"]) == (30, 30)
    assert [json.loads(line)["id"] for line in lines][:1]
    assert len(lines) == 30


def test_every_path_but_two_wants_a_token(services) -> None:
    schema = api_server.describe()
    with TestClient(api_server.build(services)) as stranger:
        for path, operations in schema["paths"].items():
            for method in operations:
                answer = stranger.request(method, path.replace("{", "").replace("}", ""), json={})
                is_refused = answer.status_code == 401
                assert is_refused is ((method, path) not in PUBLIC), (method, path, answer.status_code)


def test_a_token_for_a_password_and_its_end(client: TestClient, services) -> None:
    wrong = client.post("/api/v1/tokens", json={"name": "admin", "password": "not this one"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "not_logged_in")
    made = client.post("/api/v1/tokens", json={"name": "admin", "password": ADMIN_PASSWORD, "note": "脚本"}).json()
    mine = {"Authorization": f"Bearer {made['secret']}"}
    assert client.get("/api/v1/brands", headers=mine).status_code == 200
    assert client.delete(f"/api/v1/tokens/{made['token']['id']}", headers=mine).status_code == 204
    assert client.get("/api/v1/brands", headers=mine).status_code == 401


def test_failures_are_counted_although_the_answer_is_an_error(client: TestClient) -> None:
    for _ in range(accounts.FAILURES_ALLOWED):
        client.post("/api/v1/tokens", json={"name": "admin", "password": "not this one"})
    locked = client.post("/api/v1/tokens", json={"name": "admin", "password": ADMIN_PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_requests")
    assert int(locked.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("get", "/api/v1/nothing", None, 404, "not_found"),
        ("get", "/api/v1/mentions?limit=0", None, 422, "invalid_input"),
        ("get", "/api/v1/mentions?q=(刹车", None, 400, "invalid_query"),
        ("get", "/api/v1/mentions?cursor=xyz", None, 422, "invalid_input"),
        ("get", "/api/v1/mentions?since=yesterday", None, 422, "invalid_input"),
        ("get", "/api/v1/mentions?since=9999-01-01", None, 422, "invalid_input"),
        ("get", "/api/v1/mentions/unknown", None, 404, "not_found"),
        ("get", "/api/v1/alerts/unknown", None, 404, "not_found"),
        ("get", "/api/v1/incidents/unknown", None, 404, "not_found"),
        ("put", "/api/v1/brands/x", {"colour": "red"}, 422, "invalid_input"),
        ("put", "/api/v1/sources/x", {"kind": "listing"}, 422, "invalid_input"),
        ("put", "/api/v1/sources/x", SOURCE | {"selectors": {"item": "li[["}}, 422, "invalid_input"),
        ("post", "/api/v1/sources/x/crawl", None, 404, "not_found"),
        ("post", "/api/v1/compliance/check", {}, 422, "invalid_input"),
        ("delete", "/api/v1/tokens/x", None, 404, "not_found"),
    ],
)
def test_errors_are_problems(client: TestClient, method: str, path: str, body, status: int, code: str) -> None:
    answer = client.request(method, path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["detail"]


def test_a_bug_shows_its_request_id_and_nothing_else(services, client: TestClient, monkeypatch) -> None:
    def broken(*_args, **_named):
        raise RuntimeError("SELECT secret FROM /etc")

    monkeypatch.setattr("api.brands.watchlist.brands", broken)
    with TestClient(client.app, headers=dict(client.headers), raise_server_exceptions=False) as careless:
        answer = careless.get("/api/v1/brands")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text


def test_sources_and_brands_are_kept(client: TestClient) -> None:
    assert client.put("/api/v1/sources/论坛", json=SOURCE).json()["name"] == "论坛"
    assert client.put("/api/v1/sources/论坛", json=SOURCE | {"tier": "B"}).json()["tier"] == "B"
    assert client.post("/api/v1/sources/论坛/crawl").status_code == 202
    assert client.post("/api/v1/sources/论坛/disable").json()["enabled"] is False
    assert [source["name"] for source in client.get("/api/v1/sources").json()] == ["论坛"]
    assert client.put("/api/v1/brands/青柠汽车", json={"aliases": ["青柠L7"]}).json()["aliases"] == ["青柠L7"]
    assert client.get("/api/v1/brands/青柠汽车").json()["name"] == "青柠汽车"
    assert client.get("/api/v1/quarantine").json() == []


def test_roles_decide(services, client: TestClient) -> None:
    with services.database.write() as connection:
        accounts.create(connection, SYSTEM, "读者", ADMIN_PASSWORD, [Role.READER], now=services.now())
        _, secret = accounts.create_token(connection, Person("读者", frozenset()), "", now=services.now())
    reader = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/brands", headers=reader).status_code == 200
    for path in ("/api/v1/brands/x", "/api/v1/sources/x"):
        refused = client.put(path, json=SOURCE if "sources" in path else {}, headers=reader)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")


def test_revealing_is_masked_otherwise_and_leaves_a_trace(services, client: TestClient, clock) -> None:
    with services.database.write() as connection:
        inbox.put(connection, [a_mention(1, text="电话 13800001234")], now=clock())
        claimed = inbox.claim(connection, worker="t", limit=9, now=clock())
        inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed])
    index_batch(services)
    path = f"/api/v1/mentions/{a_mention(1).id}"
    assert "13800001234" not in client.get(path).text
    assert client.post(f"{path}/reveal", json={"reason": " "}).status_code == 422
    assert client.post(f"{path}/reveal", json={"reason": "回访车主"}).json()["text"] == "电话 13800001234"


def test_health_needs_no_token_and_tells_of_an_outage(services, client: TestClient, monkeypatch) -> None:
    well = client.get("/api/v1/health", headers={"Authorization": ""})
    assert (well.status_code, well.json()["status"]) == (200, "ok")
    services.database.close()
    monkeypatch.setattr(type(services.database), "read", _away)
    ill = client.get("/api/v1/health")
    assert (ill.status_code, ill.json()["database"]) == (503, "数据库不在")


@profile(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(query=st.text(), cursor=st.none() | st.text())
def test_any_query_is_answered(client: TestClient, query: str, cursor: str | None) -> None:
    params = {"q": query.encode("utf-8", "replace")}
    if cursor:
        params["cursor"] = cursor.encode("utf-8", "replace")
    assert client.get("/api/v1/mentions", params=params).status_code in (200, 400, 422)


def test_export_lines_can_be_imported(filled: TestClient) -> None:
    line = filled.get("/api/v1/mentions/export", params={"limit": 1}).text.splitlines()[0]
    assert set(json.loads(line)) == set(to_dict(a_mention(1)))


def _away(_self):
    raise StoreUnavailable("数据库不在")
