"""What pages show of tickets and reports, and to whom they offer to take a report back."""

import pytest
from nicegui import ui

from core import evidence, push, report
from core.access import Person, Role
from core.push import Pusher
from tests.conftest import Clock
from tests.integration.test_dashboard_pages import anyio_backend, services, visitor
from tests.integration.visitor import Visitor

__all__ = ["anyio_backend", "services", "visitor"]  # fixtures
pytestmark = pytest.mark.anyio

PUSHER = Pusher(person=Person("sender:热线", frozenset({Role.SENDER})), source="热线")


async def test_a_ticket_stands_beside_its_mention(visitor: Visitor, clock: Clock) -> None:
    ticket = {
        "native_id": "T-1",
        "kind": "ticket",
        "text": "刹车异响",
        "demand": "请回电 13800001234",
        "status": "open",
    }
    given = [ticket | {"deadline": "2026-06-18T18:00"}]
    answer = push.push(visitor.services.database, PUSHER, given, author_key=None, now=clock())
    await visitor.sign_in("小宋")
    path = f"/mentions/{answer.results[0].id}"
    await visitor.see(path, "等待分析", "工单", "待处理", "请回电 138********", "06-18 18:00")
    push.push(visitor.services.database, PUSHER, [ticket | {"status": "转办"}], author_key=None, now=clock())
    await visitor.see(path, "转办")


async def test_only_the_reporter_is_offered_to_take_it_back(visitor: Visitor, clock: Clock) -> None:
    made = report.make(
        visitor.services.database,
        evidence.safe_of(visitor.services.settings),
        Person("小宋", frozenset({Role.READER})),
        report.from_form({"text": "刹车异响", "note": "同事转来"}),
        author_key=None,
        now=clock(),
    )
    for name, seconds, is_offered in (("小宋", 0, True), ("林晓", 0, False), ("小宋", 601, False)):
        clock.advance(seconds=seconds)
        await visitor.sign_in(name)
        await visitor.see(f"/report?sent={made.id}", "已收录", "小宋")
        check = visitor.user.should_see if is_offered else visitor.user.should_not_see
        await check(kind=ui.button, content="撤回")
    await visitor.see(f"/mentions/{made.mention_id}", "随手报", "小宋", "同事转来")
