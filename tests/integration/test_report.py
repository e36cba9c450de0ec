"""Manual reports through the API: what becomes of them, who sees their pictures, how they go."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, text

from api import server as api_server
from app import duties
from app.pipeline import delete_batch
from core import accounts, evidence, forgotten, inbox, report
from core.access import SYSTEM, Person, Role
from core.database import serialise
from core.mention import Engagement, Platform
from core.seen_again import Door
from response.services import Services
from tests import pictures
from tests.conftest import ADMIN_PASSWORD
from tests.factories import a_mention

PATH = "/api/v1/reports"
PNG = ("1.png", pictures.png(pictures.EXIF_PNG), "text/html")


@pytest.fixture
def reader(services: Services) -> TestClient:
    """Somebody who may only read."""
    with services.database.write() as connection:
        accounts.create(connection, SYSTEM, "小宋", ADMIN_PASSWORD, [Role.READER], now=services.now())
        _, secret = accounts.create_token(connection, Person("小宋", frozenset()), "", now=services.now())
    return TestClient(api_server.build(services), headers={"Authorization": f"Bearer {secret}"})


def send(client: TestClient, *files: tuple[str, bytes, str], **values: object) -> Any:
    return client.post(PATH, data=values, files=[("screenshot", each) for each in files] or None)


def kept(services: Services) -> list[Path]:
    return sorted(services.settings.data_dir.glob("evidence/*/*"))


def test_a_report_becomes_a_mention_with_its_evidence(reader: TestClient, services: Services) -> None:
    shared = "【青柠L7 刹车失灵】 https://v.douyin.com/xyz/ 复制此链接，打开看看"
    made = send(reader, PNG, PNG, link=shared, likes="1200", seen_at="2026-06-16T13:30", note="车主 13800001234")
    assert made.status_code == 201, made.text
    answer = made.json()
    assert (answer["person"], answer["is_joined"], answer["note"]) == ("小宋", False, "车主 138********")
    shown = reader.get(f"/api/v1/mentions/{answer['mention_id']}").json()
    assert (shown["source"], shown["platform"], shown["title"]) == ("随手报", "video", "青柠L7 刹车失灵")
    assert (shown["url"], shown["engagement"]["likes"]) == ("https://v.douyin.com/xyz/", 1200)
    assert shown["seen_at"].startswith("2026-06-16T13:30")
    [report_] = shown["reports"]
    assert report_ == answer
    [picture] = shown["evidence"]
    assert (picture["added_by"], picture["media_type"]) == ("小宋", "image/png")
    path = f"/api/v1/mentions/{answer['mention_id']}/evidence/{picture['sha256']}"
    found = reader.get(path)
    assert found.content == pictures.png(), "what the picture says of its place is gone"
    assert (found.headers["content-type"], found.headers["x-content-type-options"]) == ("image/png", "nosniff")
    assert found.headers["content-disposition"].startswith("attachment")
    assert reader.get(path.replace(answer["mention_id"], "other")).status_code == 404
    assert reader.get(path[:-1]).status_code == 404
    assert TestClient(reader.app).get(path).status_code == 401


def test_a_known_mention_is_joined(reader: TestClient, client: TestClient, services: Services) -> None:
    with services.database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=services.now())
    url = a_mention(1).url
    for number, who in enumerate((reader, client, client)):
        picture = ("1.png", pictures.png(colour=bytes([number, 0, 0])), "")
        answer = send(who, picture, link=f"{url}?utm_source=app#c", text="我看到的是另一段", likes=number).json()
        assert (answer["mention_id"], answer["is_joined"], answer["note"]) == (
            a_mention(1).id,
            True,
            "我看到的是另一段",
        )
    shown = reader.get(f"/api/v1/mentions/{a_mention(1).id}").json()
    assert (shown["text"], shown["seen_by"]) == (a_mention(1).text, ["车友会", "随手报"])
    assert (len(shown["reports"]), len(shown["evidence"]), shown["status"]) == (3, 3, "live")
    assert reader.delete(f"{PATH}/{shown['reports'][0]['id']}").status_code == 204
    shown = reader.get(f"/api/v1/mentions/{a_mention(1).id}").json()
    assert ([each["person"] for each in shown["reports"]], len(shown["evidence"])) == (["admin", "admin"], 2)


def test_a_link_alone_gets_its_text_from_the_next_who_has_it(reader: TestClient, services: Services) -> None:
    first = send(reader, link="forum.example/thread-1.html").json()["mention_id"]
    assert first == a_mention(1).id
    with services.database.write() as connection:
        assert inbox.put(connection, [a_mention(1)], now=services.now()).changed == (first,)
        assert (
            inbox.put(connection, [a_mention(1, text="另一来源的摘录", source="乙")], now=services.now()).changed == ()
        )
    assert reader.get(f"/api/v1/mentions/{first}").json()["text"] == a_mention(1).text


def test_what_was_deleted_on_request_is_refused(reader: TestClient, services: Services) -> None:
    with services.database.write() as connection:
        forgotten.keep(connection, [a_mention(1)], now=services.now())
    refused, taken = (send(reader, PNG, link=a_mention(number).url) for number in (1, 2))
    assert (refused.status_code, taken.status_code) == (422, 201)
    assert "已按要求删除" in refused.json()["detail"]


def test_the_reporter_may_take_it_back_for_a_while(
    reader: TestClient, client: TestClient, services: Services, clock: Any
) -> None:
    made = [send(reader, PNG, text=f"第 {number} 条").json() for number in range(3)]
    again = send(reader, text=" 第 2  条").json()
    assert (again["mention_id"], again["is_joined"]) == (made[2]["mention_id"], True)
    assert client.delete(f"{PATH}/{made[0]['id']}").status_code == 403
    assert reader.delete(f"{PATH}/{made[0]['id']}").status_code == 204
    assert reader.delete(f"{PATH}/{made[0]['id']}").status_code == 404
    assert reader.get(f"/api/v1/mentions/{made[0]['mention_id']}").status_code == 404
    assert reader.delete(f"{PATH}/{made[2]['id']}").status_code == 204
    shown = reader.get(f"/api/v1/mentions/{made[2]['mention_id']}").json()
    assert ([each["id"] for each in shown["reports"]], shown["evidence"]) == ([again["id"]], [])
    duties.clean_up(services)
    assert len(kept(services)) == 1, "one mention still has the picture"
    clock.advance(seconds=report.UNDO_TIME.total_seconds() + 1)
    late = reader.delete(f"{PATH}/{made[1]['id']}")
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
    clock.advance(days=services.settings.retention_days + 1)
    duties.clean_up(services)
    assert delete_batch(services) == 3
    assert (kept(services), reader.get(f"/api/v1/mentions/{made[1]['mention_id']}").status_code) == ([], 404)


def test_a_shared_picture_stays_while_a_report_needs_it_and_lies_encrypted(
    reader: TestClient, client: TestClient, services: Services
) -> None:
    first, second = (send(who, PNG, link="https://v.example/1").json() for who in (reader, client))
    [file] = kept(services)
    assert b"IHDR" not in file.read_bytes()
    path = f"/api/v1/mentions/{first['mention_id']}"
    for report_, who, left in ((first, reader, ["admin"]), (second, client, None)):
        assert who.delete(f"{PATH}/{report_['id']}").status_code == 204
        shown = client.get(path).json()
        assert [each["added_by"] for each in shown.get("evidence", ())] == (left or [])
        if left:
            assert client.get(f"{path}/evidence/{file.name}").content == pictures.png()
            file.write_bytes(file.read_bytes()[:-1])
            assert client.get(f"{path}/evidence/{file.name}").status_code == 503


def test_what_a_report_added_goes_with_it(
    reader: TestClient, client: TestClient, services: Services, clock: Any
) -> None:
    """Counters one by one, the name and the text: whichever of two reports goes first."""
    counted = a_mention(1, engagement=Engagement(comments=30, views=900, counted_at=services.now()))
    with services.database.write() as connection:
        inbox.put(connection, [counted], now=services.now())

    def shown(name: str) -> Any:
        return client.get(f"/api/v1/mentions/{name}").json()

    def counts() -> tuple[Any, ...]:
        found = shown(counted.id)
        return *(found["engagement"][name] for name in ("likes", "comments", "views")), found["seen_by"]

    for order in ((0, 1), (1, 0)):
        made = []
        for who, values in ((reader, {"likes": 5, "comments": 31}), (client, {"likes": 5, "views": 1000})):
            clock.advance(seconds=1)
            made.append((who, send(who, link=counted.url, **values).json()))
        assert counts() == (5, 31, 1000, ["车友会", "随手报"])
        for place, left in zip(order, ((5, 30, 1000) if order[0] == 0 else (5, 31, 900), (None, 30, 900)), strict=True):
            who, report_ = made[place]
            assert who.delete(f"{PATH}/{report_['id']}").status_code == 204
            assert counts() == (*left, ["车友会"] if left[0] is None else ["车友会", "随手报"])

    bare = send(reader, link="https://v.example/2").json()["mention_id"]
    clock.advance(seconds=1)
    told = send(client, link="https://v.example/2", text="刹车异响").json()
    assert (shown(bare)["text"], shown(bare)["status"]) == ("刹车异响", "changed")
    assert client.delete(f"{PATH}/{told['id']}").status_code == 204
    assert (shown(bare)["text"], shown(bare)["status"]) == ("", "live")
    with services.database.read() as connection:
        assert inbox.versions(connection, bare) == ()


def test_who_joins_while_it_is_taken_back_keeps_the_mention(services: Services) -> None:
    person, safe = Person("小宋", frozenset({Role.READER})), evidence.safe_of(services.settings)
    given = report.from_form({"text": "刹车异响"})
    made = report.make(services.database, safe, person, given, author_key=None, now=services.now())
    taking = Thread(target=report.withdraw, args=(services.database, person, made.id), kwargs={"now": services.now()})
    with services.database.write() as connection:
        serialise(connection, "inbox")
        taking.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not services.database.is_sqlite and taking.is_alive() and not connection.scalar(waiting):
            pass
        row = {name: getattr(made, name) for name in report.Report.__slots__} | {"id": "another", "person": "林晓"}
        connection.execute(insert(report.report_table).values(row))
    taking.join()
    with services.database.read() as connection:
        assert inbox.get(connection, made.mention_id) is not None
        assert [each.person for each in report.of_mention(connection, made.mention_id)] == ["林晓"]


def test_a_report_that_goes_leaves_the_mention_to_who_else_saw_it(reader: TestClient, services: Services) -> None:
    made = send(reader, link=a_mention(1).url, text="我的话", likes=3).json()
    with services.database.write() as connection:
        inbox.put(connection, [a_mention(1)], now=services.now())
    assert reader.delete(f"{PATH}/{made['id']}").status_code == 204
    with services.database.write() as connection:
        for text_ in (a_mention(1).text, "改过"):
            inbox.put(connection, [a_mention(1, text=text_)], now=services.now(), door=Door.CRAWL)
    shown = reader.get(f"/api/v1/mentions/{made['mention_id']}").json()
    assert (shown["source"], shown["seen_by"], shown["text"]) == ("车友会", ["车友会"], "改过")
    assert shown["engagement"]["likes"] is None


@pytest.mark.parametrize(
    ("values", "files", "status", "field"),
    [
        ({}, [], 422, "link"),
        ({"text": " "}, [], 422, "link"),
        ({"link": "ftp://x.example/"}, [], 201, ""),
        ({"text": "x", "platform": "moon"}, [], 422, "platform"),
        ({"text": "x", "likes": "-1"}, [], 422, "likes"),
        ({"text": "x", "seen_at": "2026-06-17T00:00"}, [], 422, "seen_at"),
        ({"text": "x" * (report.LONGEST_TEXT + 1)}, [], 422, "text"),
        ({"note": "x\x00"}, [PNG], 201, ""),
        ({}, [("a.png", b"<html>", "image/png")], 422, "screenshot"),
        ({}, [PNG] * 4, 422, "screenshot"),
    ],
)
def test_what_is_needed_is_asked_for(reader: TestClient, values: Any, files: Any, status: int, field: Any) -> None:
    answer = send(reader, *files, **values)
    assert answer.status_code == status, answer.text
    assert answer.json().get("details", {}).get("field", "" if status == 201 else None) == field


def test_three_large_pictures_fit_and_more_does_not(reader: TestClient, services: Services) -> None:
    large = pictures.png(pictures.chunk(b"teSt", b"x" * (9 * 1024 * 1024)))
    answer = send(reader, *[("a.png", large + bytes([n]), "") for n in range(3)], text="三张", platform=Platform.BLOG)
    assert answer.status_code == 201, answer.text
    assert reader.post(PATH, content=b"x" * (32 * 1024 * 1024)).status_code == 413
    assert TestClient(reader.app).post("/api/v1/tokens", content=b"x" * (11 * 1024 * 1024)).status_code == 413
