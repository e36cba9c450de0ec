"""Push: what comes in by POST /api/v1/ingest, signed or with a token, once or again."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import server as api_server
from app import duties
from app.cli import sender as command
from core import accounts, audit, idempotency, inbox, intake, push, quarantine, sender
from core.access import SYSTEM, Person, Role
from core.errors import InProgress, InvalidInput
from core.idempotency import Call
from core.mention import Status
from core.seen_again import Door
from core.settings import secret_key
from crawler import sources
from response.services import Services
from tests.conftest import ADMIN_PASSWORD

PATH = "/api/v1/ingest"
HOTLINE = "青柠热线"
Send = Callable[..., Any]  # the answers of the test client


def a_record(number: int = 1, **values: object) -> dict[str, object]:
    return {"url": f"https://call.example/{number}", "text": f"青柠L7 刹车异响，来电 {number}"} | values


def body_of(*records: object) -> bytes:
    return json.dumps({"mentions": records}, ensure_ascii=False).encode()


@pytest.fixture
def secret(services: Services) -> str:
    """The first secret of the hotline."""
    with services.database.write() as connection:
        sender.add(connection, SYSTEM, HOTLINE, now=services.now())
    return sender.secret(secret_key(services.settings), HOTLINE, 1)


@pytest.fixture
def send(services: Services, secret: str) -> Send:
    """Posts a body signed by the hotline; headers may be told otherwise."""
    visitor = TestClient(api_server.build(services))

    def signed(body: bytes, *, key: str = secret, age: int = 0, **headers: str) -> Any:
        timestamp = str(int(services.now().timestamp()) - age)
        given = {
            "X-Tingfeng-Sender": "%E9%9D%92%E6%9F%A0%E7%83%AD%E7%BA%BF",
            "X-Tingfeng-Timestamp": timestamp,
            "X-Tingfeng-Signature": sender.sign(key, timestamp, body),
        }
        raw: Any = {name: value.encode("latin-1") for name, value in (given | headers).items()}
        return visitor.post(PATH, content=body, headers=raw)

    return signed


def stored(services: Services) -> tuple[Any, ...]:
    with services.database.read() as connection:
        return inbox.scan(connection)


def test_each_record_is_answered_and_a_bad_one_sinks_no_other(services: Services, send: Send) -> None:
    records: Sequence[object] = [
        a_record(1, source="别的来源", seen_by=["别的来源"], seen_at="2027-01-01T00:00"),
        a_record(1),
        {"native_id": "T-7", "text": "来电反映刹车异响", "kind": "ticket", "platform": "hotline", "store": "广州店"},
        {"text": "没有网址，电话 13800001234"},
        a_record(2, kind="novel"),
        a_record(3, url="ftp://call.example/"),
        a_record(4, text="长" * (push.LONGEST_TEXT + 1)),
        "刹车",
    ]
    answer = send(body_of(*records)).json()
    said = [(each["status"], each["error"] and each["error"]["code"]) for each in answer["results"]]
    assert said == [("new", None), ("repeated", None), ("new", None)] + [("refused", "invalid_input")] * 5
    assert (answer["new"], answer["changed"], answer["repeated"], answer["refused"]) == (2, 0, 1, 5)
    assert "kind" in answer["results"][4]["error"]["message"]
    found = {mention.id: mention for mention in stored(services)}
    first, ticket = (found[answer["results"][place]["id"]] for place in (0, 2))
    assert (first.source, first.seen_by, first.seen_at) == (HOTLINE, (HOTLINE,), services.now())
    assert (ticket.url, ticket.native_id, ticket.store) == ("", "T-7", "广州店")
    with services.database.read() as connection:
        kept = quarantine.latest(connection, source=HOTLINE)
    assert len(kept) == 5
    assert "138********" in kept[-1].raw

    again = send(body_of(a_record(1, text="青柠L7 已修好"), records[2])).json()
    assert [each["status"] for each in again["results"]] == ["changed", "repeated"]
    assert len(stored(services)) == 2


def test_lines_are_read_like_one_body(services: Services, send: Send) -> None:
    body = "\n".join([json.dumps(a_record(1)), "{", json.dumps(a_record(2)), ""]).encode()
    answer = send(body, **{"Content-Type": "application/x-ndjson; charset=utf-8"}).json()
    assert [each["status"] for each in answer["results"]] == ["new", "refused", "new"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"[1]", 422, "mentions"),
        (b'{"mentions": {}}', 422, "mentions"),
        (b"[" * 100_000, 422, "mentions"),
        (body_of(*[a_record()] * (push.MOST_MENTIONS + 1)), 413, "1,000"),
        (b" " * (10 * 1024 * 1024 + 1), 413, "10 MB"),
    ],
)
def test_a_call_that_cannot_be_read_is_a_problem(send: Send, body: bytes, status: int, words: str) -> None:
    answer = send(body)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_the_sender_itself_may_push(services: Services, send: Send) -> None:
    body, limit = body_of(a_record()), int(sender.TOLERANCE.total_seconds())
    refused = [
        send(body, age=limit + 1),
        send(body, age=-limit - 1),
        send(body, key="tfs_guess"),
        send(body, **{"X-Tingfeng-Sender": "nobody"}),
        send(body, **{"X-Tingfeng-Signature": "刹车".encode().decode("latin-1")}),
        send(body, **{"X-Tingfeng-Timestamp": "+1"}),
    ]
    assert [answer.status_code for answer in refused] == [401] * len(refused)
    assert stored(services) == ()
    assert send(body, age=limit - 1).status_code == 200
    raw = HOTLINE.encode().decode("latin-1")
    assert send(body, **{"X-Tingfeng-Sender": raw}).status_code == 200, "clients send UTF-8 in headers, too"


def test_secrets_are_rotated_with_an_overlap_and_revoked(
    services: Services, send: Send, secret: str, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "services_of", lambda *_: services)

    def said() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(capfdbinary.readouterr().out)
        return found

    def works(*keys: str) -> list[bool]:
        return [send(body_of(a_record()), key=key).is_success for key in keys]

    command.rotate(HOTLINE)
    second = said()["secret"]
    assert works(secret, second) == [True, True]
    command.rotate(HOTLINE)
    third = said()["secret"]
    assert works(secret, second, third) == [False, True, True]
    command.retire(HOTLINE)
    said()
    assert works(second, third) == [False, True]
    command.revoke(HOTLINE)
    said()
    assert works(third) == [False]
    command.add(HOTLINE)
    fourth = said()["secret"]
    assert works(secret, second, third, fourth) == [False, False, False, True]
    command.list_()
    assert fourth not in capfdbinary.readouterr().out.decode()


def test_a_token_pushes_where_the_role_allows_it(services: Services, client: TestClient) -> None:
    answers = []
    for role in Role:
        with services.database.write() as connection:
            person = Person(f"a {role}", frozenset())
            accounts.create(connection, SYSTEM, person.name, ADMIN_PASSWORD, [role], now=services.now())
            _, token = accounts.create_token(connection, person, "", now=services.now())
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.post(PATH, content=body_of(a_record(source="自己的工具")), headers=headers)
        answers.append((role, answer.status_code))
        if role is Role.SENDER:
            assert client.get("/api/v1/mentions", headers=headers).status_code == 403
    assert {role for role, status in answers if status == 200} == {Role.ANALYST, Role.ADMIN, Role.SENDER}
    assert {status for _, status in answers} == {200, 403}
    assert [mention.source for mention in stored(services)] == ["自己的工具"]


def test_a_repeated_call_is_answered_as_the_first(services: Services, send: Send, clock: Any) -> None:
    body, key = body_of(a_record(), {"text": "x"}), {"Idempotency-Key": "batch-1"}
    first, again = send(body, **key), send(body, **key)
    assert (first.json(), "Idempotency-Replayed" in first.headers) == (again.json(), False)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = send(body_of(a_record(2)), **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert send(body, **{"Idempotency-Key": "二".encode().decode("latin-1")}).status_code == 422
    assert send(body).json()["repeated"] == 1
    clock.advance(days=1)
    duties.clean_up(services)
    assert "Idempotency-Replayed" in send(body, **key).headers
    clock.advance(days=3)
    duties.clean_up(services)
    assert "Idempotency-Replayed" not in send(body, **key).headers


def test_keys_of_a_sender_and_of_an_account_of_its_name_are_two(services: Services, send: Send) -> None:
    with services.database.write() as connection:
        person = Person(f"sender:{HOTLINE}", frozenset())
        accounts.create(connection, SYSTEM, person.name, ADMIN_PASSWORD, [Role.SENDER], now=services.now())
        _, token = accounts.create_token(connection, person, "", now=services.now())
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "batch-1"}
    mine = TestClient(api_server.build(services)).post(PATH, content=body_of(a_record(1)), headers=headers)
    theirs = send(body_of(a_record(2)), **{"Idempotency-Key": "batch-1"})
    assert [answer.json()["new"] for answer in (mine, theirs)] == [1, 1]


def test_nobody_edits_what_came_by_another_door(services: Services, send: Send, client: TestClient) -> None:
    """The same name at every door: of the four mentions each is edited and revived by its own alone."""
    token = {"Authorization": client.headers["Authorization"]}

    def put(door: Door, number: int, text: str) -> None:
        record = a_record(number, text=text, source=HOTLINE)
        if door is Door.SENDER:
            assert send(body_of(record)).is_success
        elif door is Door.TOKEN:
            assert client.post(PATH, content=body_of(record), headers=token).is_success
        else:
            mention = intake.complete(dict(record), source=HOTLINE, now=services.now(), author_key=None)
            with services.database.write() as connection:
                inbox.put(connection, [mention], now=services.now(), door=door)

    doors = list(Door)
    for number, door in enumerate(doors):
        put(door, number, "全文")
    names = {each.url: each.id for each in stored(services)}
    for number, owner in enumerate(doors):
        name = names[f"https://call.example/{number}"]
        for door in [*(each for each in doors if each is not owner), owner]:
            with services.database.write() as connection:
                inbox.mark_deleted(connection, [name])
            put(door, number, f"经 {door}")
            with services.database.read() as connection:
                mention = inbox.get(connection, name)
            assert mention is not None
            edited = (mention.text != "全文", mention.status is not Status.DELETED)
            assert edited == (door is owner, door is owner), (owner, door)


@pytest.mark.parametrize("name", ["随手报", "导入目录", "邮箱", "import", " 晨报 "])
def test_a_sender_has_a_name_of_its_own(services: Services, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "services_of", lambda *_: services)
    with services.database.write() as connection:
        values = {"name": "晨报", "kind": "feed", "url": "https://news.example/feed", "purpose": "监测"}
        sources.save(connection, SYSTEM, sources.from_definition(values), now=services.now())
    with pytest.raises(InvalidInput, match="请换一个"):
        command.add(name)


def test_what_is_refused_again_is_kept_once_and_nothing_is_endless(services: Services, send: Send) -> None:
    bad: list[dict[str, Any]] = [
        {"followers": 10**30}, {"floor": -(2**64)}, {"engagement": {"likes": 2**63}}, {"title": "长" * 1_000_000},
        {"author": "长" * 501}, {"region": "长" * 201}, {"native_id": "x" * 501}, {"parent_id": "x" * 201},
    ]  # fmt: skip
    for _ in range(2):
        answer = send(body_of(*[a_record(number, **values) for number, values in enumerate(bad)])).json()
        assert [each["status"] for each in answer["results"]] == ["refused"] * len(bad)
        for each, values in zip(answer["results"], bad, strict=True):
            field = "likes" if "engagement" in values else next(iter(values))
            assert each["error"]["message"].startswith(field), each
    largest = a_record(9, followers=2**63 - 1, title="长" * 2_000)
    assert send(body_of(largest)).json()["new"] == 1
    with services.database.read() as connection:
        assert len(quarantine.latest(connection, source=HOTLINE)) == len(bad)


def test_an_older_push_of_a_ticket_changes_nothing(services: Services, send: Send) -> None:
    at = "2026-06-16T1{}:00+08:00".format

    def told(hour: int, text: str, **values: object) -> dict[str, object]:
        return a_record(1, kind="ticket", native_id="T-1", text=text, updated_at=at(hour)) | values

    calls = [[told(1, "新", status="电话 13800001234")], [told(0, "旧", status="x")], [told(3, "最新"), told(2, "旧")]]
    said = [[each["status"] for each in send(body_of(*call)).json()["results"]] for call in calls]
    assert said == [["new"], ["repeated"], ["changed", "repeated"]]
    assert [mention.text for mention in stored(services)] == ["最新"]
    send(body_of(told(4, "最新", status="已结")))
    with services.database.read() as connection:
        [entry] = audit.entries_of(connection, [f"mention:{stored(services)[0].id}"])
    assert entry.details["state"] == ["电话 138********", "已结"]


def test_one_of_two_calls_at_once_works(services: Services, clock: Any) -> None:
    call = Call(owner="x", key="k", digest="d")

    def once(work: Callable[[], str]) -> tuple[str, bool]:
        return idempotency.once(services.database, call, work, now=clock())

    def meanwhile() -> str:
        with pytest.raises(InProgress) as refusal:
            once(lambda: "second")
        assert refusal.value.details["retry_after_seconds"] == idempotency.RETRY_SECONDS
        return "first"

    def failing() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(failing)
    assert once(meanwhile) == ("first", False)
    assert once(failing) == ("first", True)


def test_a_call_whose_process_died_is_taken_over(services: Services, clock: Any) -> None:
    call = Call(owner="x", key="k", digest="d")

    def overtaken() -> str:
        clock.advance(seconds=(idempotency.LONGEST_CALL + timedelta(seconds=1)).total_seconds())
        assert idempotency.once(services.database, call, lambda: "second", now=clock()) == ("second", False)
        return "first"

    assert idempotency.once(services.database, call, overtaken, now=clock()) == ("first", False)


def test_a_ticket_is_followed_by_its_own_system(services: Services, send: Send, client: TestClient) -> None:
    ticket: dict[str, object] = {
        "native_id": "T-1",
        "kind": "ticket",
        "text": "刹车异响",
        "store": "天河店",
        "region": "广州",
    }
    opened = ticket | {"demand": "请回电 13800001234", "status": "open", "deadline": "2026-06-18T18:00"}
    state_only: dict[str, object] = {"native_id": "T-1", "kind": "ticket"}
    at = "2026-06-16T1{}:00+08:00".format
    steps: Sequence[tuple[dict[str, object], str, str]] = [
        (opened | {"updated_at": at(0)}, "new", "open"),
        (opened | {"updated_at": at(0)}, "repeated", "open"),
        (state_only | {"status": "answered", "updated_at": at(2)}, "changed", "answered"),
        (state_only | {"status": "open", "updated_at": at(1)}, "repeated", "answered"),
        (ticket | {"status": "closed", "updated_at": "2027-01-01T00:00"}, "changed", "closed"),
        (state_only | {"native_id": "T-2", "status": "open"}, "refused", "closed"),
        (state_only | {"status": "x" * 41}, "refused", "closed"),
        (state_only | {"deadline": "soon"}, "refused", "closed"),
        (state_only, "refused", "closed"),
    ]
    for record, status, state in steps:
        [result] = send(body_of(record)).json()["results"]
        assert result["status"] == status, (record, result)
        [mention] = stored(services)
        shown = client.get(f"/api/v1/mentions/{mention.id}").json()
        assert (shown["ticket"]["state"], shown["text"], shown["store"]) == (state, "刹车异响", "天河店")
        assert shown["ticket"]["demand"] == "请回电 138********"
        assert shown["ticket"]["deadline_at"] == "2026-06-18T18:00:00+08:00"
    with services.database.read() as connection:
        history = audit.entries_of(connection, [f"mention:{mention.id}"])
    assert [entry.details["state"] for entry in history] == [["open", "answered"], ["answered", "closed"]]
    assert {entry.person for entry in history} == {f"sender:{HOTLINE}"}
    headers = {"Authorization": client.headers["Authorization"]}
    stranger = a_record(5, kind="ticket", status="open", source="甲")
    for source, state in (("甲", "open"), ("乙", "open")):
        body = body_of(stranger | {"source": source, "status": "open" if source == "甲" else "closed"})
        result = client.post(PATH, content=body, headers=headers).json()["results"][0]
        shown = client.get(f"/api/v1/mentions/{result['id']}").json()
        assert shown["ticket"]["state"] == state, "another source does not know it"
