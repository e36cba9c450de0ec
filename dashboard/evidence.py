"""What belongs to a mention besides its text: its ticket, who reported it, their pictures and where they are read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from core import evidence
from core.access import Person
from core.errors import TingfengError
from core.evidence import Evidence
from core.picture import Picture
from core.ticket import Ticket
from dashboard import parts
from dashboard.desk import Desk
from response.mentions import MentionDetail
from response.services import Services

# Systems have words of their own: another one is shown as it came.
STATES: Final[Mapping[str, str]] = {
    "open": "待处理",
    "pending": "处理中",
    "answered": "已答复",
    "closed": "已关闭",
    "reopened": "重新打开",
}


def router(services: Services) -> APIRouter:
    """GET /evidence/…: one picture, for those with a session."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/evidence/{mention_id}/{sha256}")
    async def picture(request: Request, mention_id: str, sha256: str) -> Response:
        def read(services: Services, person: Person) -> Picture:
            with services.database.read() as connection:
                return evidence.read(connection, person, evidence.safe_of(services.settings), mention_id, sha256)

        try:
            found = await Desk.of(services, request).ask(read)
        except TingfengError as error:
            return PlainTextResponse(error.message, status_code=error.http_status)
        return Response(found.data, media_type=found.media_type, headers=evidence.HEADERS)

    return routes


def draw(mention: MentionDetail, now: datetime) -> None:
    """Ticket and reports, where there are any."""
    if mention.ticket is not None:
        _ticket(mention.ticket, now)
    if mention.reports or mention.evidence:
        _reports(mention, now)


def _ticket(ticket: Ticket, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "工单", "card-title")
        with parts.tag("dl", classes="facts"):
            parts.fact("状态", STATES.get(ticket.state, ticket.state) or "—")
            parts.fact("诉求", ticket.demand or "—")
            for name, moment in (("期限", ticket.deadline_at), ("更新", ticket.updated_at)):
                with parts.tag("div", classes="fact"):
                    parts.tag("dt", name)
                    with parts.tag("dd"):
                        parts.time(moment, now)


def _reports(mention: MentionDetail, now: datetime) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "随手报", "card-title")
        for report in mention.reports:
            with parts.tag("p", classes="sentence"):
                parts.tag("span", report.person, "strong")
                parts.time(report.at, now)
            if report.note:
                parts.tag("p", report.note, "mention-text")
        with parts.tag("div", classes="pictures"):
            for number, each in enumerate(mention.evidence, start=1):
                _picture(mention.id, each, number)


def _picture(mention_id: str, each: Evidence, number: int) -> None:
    address = f"/evidence/{mention_id}/{each.sha256}"
    with parts.tag("a", classes="picture", href=address, target="_blank", rel="noopener"):
        said = f"截图 {number}，{each.added_by} {parts.full_clock(each.added_at)} 提交"
        parts.tag("img", src=address, alt=said, title=said, loading="lazy")
