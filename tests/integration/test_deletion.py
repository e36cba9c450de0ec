"""Deletion on request: by author or address, for good, in state and index."""

import pytest

from app.pipeline import delete_batch, index_batch
from core import audit, deletion, evidence, inbox, picture
from core.access import SYSTEM, Person, Role
from core.deletion import Request
from core.errors import InvalidInput, NotAllowed
from core.intake import admit
from core.mention import Mention
from response.services import Services
from tests.factories import a_mention, an_analysis
from tests.pictures import png

LEGAL = Person("法务", frozenset({Role.LEGAL}))
URL = "https://forum.example/thread-1.html"


@pytest.fixture
def mentions(services: Services) -> list[Mention]:
    """Indexed: one at URL by 车主甲, two replies by 车主乙, whose name is also a part of another's."""
    found = [
        a_mention(1, author="车主甲"),
        a_mention(2, author="车主乙"),
        a_mention(3, author="别人", author_id="车主乙"),
        a_mention(4, author="车主乙二", text="“车主乙” 说得对"),
    ]
    put(services, found)
    index(services)
    return found


def put(services: Services, found: list[Mention]) -> int:
    with services.database.write() as connection:
        return len(inbox.put(connection, found, now=services.now()).new)


def index(services: Services) -> None:
    with services.database.write() as connection:
        claimed = inbox.claim(connection, worker="t", limit=99, now=services.now())
        inbox.store_analyses(connection, [(mention, an_analysis()) for mention in claimed])
    index_batch(services)


def delete(services: Services, request: Request, *, key: str | None = None, reason: str = "本人来函要求") -> int:
    with services.database.write() as connection:
        found = deletion.find(connection, LEGAL, request, author_key=key)
        return deletion.delete(connection, LEGAL, found, reason=reason, now=services.now())


@pytest.mark.parametrize(
    ("request_", "gone"),
    [
        (Request(author="车主乙"), {2, 3}),
        (Request(url=URL), {1}),
        (Request(url=URL + "?utm_source=app#top"), {1}),
        (Request(author="谁也不是"), set()),
        (Request(author="100%"), set()),
    ],
)
def test_what_was_asked_for_is_gone_from_state_and_index_and_does_not_come_back(
    services: Services, mentions: list[Mention], request_: Request, gone: set[int]
) -> None:
    assert delete(services, request_) == len(gone)
    delete_batch(services)
    left = [mention for number, mention in enumerate(mentions, start=1) if number not in gone]
    with services.database.read() as connection:
        assert {mention.id for mention in inbox.scan(connection)} == {mention.id for mention in left}
    assert [services.index.get(mention.id) is not None for mention in mentions] == [m in left for m in mentions]
    assert put(services, mentions) == 0
    with services.database.read() as connection:
        assert inbox.count(connection) == len(left)


def test_authors_that_are_kept_as_hashes_are_found_by_their_name(services: Services) -> None:
    put(services, [admit(a_mention(1, author="车主甲"), author_key="k"), a_mention(2, author="车主乙")])
    assert delete(services, Request(author="车主甲"), key="other") == 0
    assert delete(services, Request(author="车主甲"), key="k") == 1


def test_the_audit_keeps_the_reason_and_not_the_author(services: Services, mentions: list[Mention]) -> None:
    delete(services, Request(author="车主乙"))
    with services.database.read() as connection:
        row = audit.latest(connection, SYSTEM)[0]
    assert (row.person, row.action, row.details) == ("法务", "mention.deleted", {"count": 2, "reason": "本人来函要求"})


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (Request(), "要求", "author"),
        (Request(author="甲", url=URL), "要求", "author"),
        (Request(author=" "), "要求", "author"),
        (Request(author="甲"), " ", "reason"),
    ],
)
def test_half_a_request_is_refused(
    services: Services, mentions: list[Mention], request_: Request, reason: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        delete(services, request_, reason=reason)
    assert refused.value.details["field"] == field


def test_only_legal_and_administrators_delete(services: Services, mentions: list[Mention]) -> None:
    manager = Person("经理", frozenset({Role.MANAGER}))
    with services.database.write() as connection:
        with pytest.raises(NotAllowed):
            deletion.find(connection, manager, Request(url=URL), author_key=None)
        with pytest.raises(NotAllowed):
            deletion.delete(connection, manager, mentions, reason="x", now=services.now())


def test_pictures_go_at_once(client, services: Services, mentions: list[Mention]) -> None:
    with services.database.write() as connection:
        shot = picture.read(png())
        folder, now = services.settings.data_dir, services.now()
        evidence.keep(connection, folder, mentions[0].id, [shot], person=LEGAL, now=now)
    assert len(list(folder.glob("evidence/*/*"))) == 1
    asked = {"url": URL, "reason": "本人来函要求"}
    assert client.post("/api/v1/deletions", json=asked | {"dry_run": True}).json() == {"count": 1, "dry_run": True}
    assert len(list(folder.glob("evidence/*/*"))) == 1
    assert client.post("/api/v1/deletions", json=asked).json() == {"count": 1, "dry_run": False}
    assert list(folder.glob("evidence/*/*")) == []
