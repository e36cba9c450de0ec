"""热榜: what stands on the lists now, entries that name a watched brand first; and the stays of one mention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request
from nicegui import ui

from core import watchlist
from core.access import Person
from crawler.hotlist import Stay
from dashboard import parts, shell
from dashboard.shell import View
from response import hotlist
from response.hotlist import Hotlist, HotlistEntry
from response.services import Services

LOOK_AGAIN_SECONDS: Final = 30
HEADINGS: Final = ("名次", "条目", "升降", "热度", "上榜", "最高")
NUMBERS: Final = ("名次", "升降", "热度", "最高")
# Guess: stays of one mention that a person reads.
MOST_STAYS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """brand: chosen in the address, may be empty."""

    brand: str
    brands: tuple[str, ...]
    lists: tuple[Hotlist, ...]


def register(services: Services) -> None:
    """The page /hotlists."""

    @ui.page("/hotlists", title="热榜 · 听风")
    async def page(request: Request) -> None:
        brand = request.query_params.get("brand", "")
        view = await shell.page(services, request, "热榜", lambda s, p: listed(s, p, brand), draw)
        ui.timer(LOOK_AGAIN_SECONDS, view.refresh, immediate=False)


def listed(services: Services, person: Person, brand: str) -> Listed:
    """Blocking."""
    with services.database.read() as connection:
        brands = tuple(each.name for each in watchlist.brands(connection, person))
    lists = hotlist.current(services, person, brands=[brand] if brand else ())
    return Listed(brand=brand, brands=brands, lists=lists)


def draw(view: View[Listed], shown: Listed) -> None:
    """A card per list."""
    now = view.desk.services.now()
    with parts.tag("form", classes="toolbar", method="get", action="/hotlists"):
        parts.choice("品牌", "brand", [("", "全部"), *((name, name) for name in shown.brands)], shown.brand)
    if not shown.lists:
        with parts.tag("section", classes="card"):
            parts.empty("还没有热榜", "登记一个 kind: hotlist 的来源，写法见 docs/sources.md。")
    for each in shown.lists:
        _list(each, now)


def _list(shown: Hotlist, now: datetime) -> None:
    with parts.tag("section", classes="card flush"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", shown.source, "card-title")
            with parts.tag("span", classes="muted small"):
                parts.tag("span", "最近一次看榜 ")
                parts.time(shown.at, now)
        if not shown.entries:
            parts.empty("榜上没有提到这个品牌的条目")
            return
        with parts.tag("table", classes="table stacking"):
            with parts.tag("thead"), parts.tag("tr"):
                for heading in HEADINGS:
                    parts.tag("th", heading, "right" if heading in NUMBERS else "", scope="col")
            with parts.tag("tbody"):
                for entry in sorted(shown.entries, key=lambda entry: (not entry.brands, entry.rank)):
                    _row(entry, now)


def _row(entry: HotlistEntry, now: datetime) -> None:
    with parts.tag("tr"):
        parts.cell("名次", "right", text=str(entry.rank))
        with parts.cell("条目", "main-cell"):
            parts.link(entry.title, f"/mentions/{entry.mention_id}", "link strong" if entry.brands else "link")
            for brand in entry.brands:
                parts.chip(brand, "brand")
            if entry.brands and entry.sentiment:
                parts.sentiment_chip(entry.sentiment)
        parts.cell("升降", "right", text=_change(entry.change))
        parts.cell("热度", "right", text="—" if entry.heat is None else parts.number(entry.heat))
        with parts.cell("上榜"):
            parts.time(entry.since, now)
        parts.cell("最高", "right", text=str(entry.best_rank))


def _change(places: int | None) -> str:
    if places is None:
        return "新上榜"
    return "—" if places == 0 else f"↑ {places}" if places > 0 else f"↓ {-places}"


def draw_stays(stays: Sequence[Stay], now: datetime) -> None:
    """The card 榜单 of a mention; nothing where it was on no list."""
    if not stays:
        return
    with parts.tag("section", classes="card"):
        parts.tag("h2", "榜单", "card-title")
        for stay in stays[:MOST_STAYS]:
            with parts.tag("dl", classes="facts"):
                parts.fact("榜单", stay.source)
                parts.fact("上榜", parts.clock(stay.entered_at, now))
                parts.fact("最高", f"第 {stay.best_rank} 位（{parts.clock(stay.best_at, now)}）")
                parts.fact("现在", _now(stay, now))


def _now(stay: Stay, now: datetime) -> str:
    if stay.left_at is not None:
        return f"已下榜（{parts.clock(stay.left_at, now)}），最后第 {stay.rank} 位"
    return f"第 {stay.rank} 位"
