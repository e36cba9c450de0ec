"""Step 2: public sources, each looked at once; those that answer can be registered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nicegui import ui

from core.access import Person
from core.mention import Platform, Tier
from crawler.checked import Checked
from crawler.sources import list_all
from dashboard import parts
from dashboard.desk import Work
from dashboard.shell import View
from dashboard.start.stage import Stage, onward
from response import coverage
from response.services import Services
from response.start import pack
from response.start.steps import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """count: sources in the pack. registered: names of those in use."""

    count: int
    checked: tuple[Checked, ...]
    registered: frozenset[str]
    missing: tuple[Platform, ...]


def load(services: Services, person: Person, standing: Standing, _asked: Mapping[str, str]) -> Offered:
    """What the last check found."""
    with services.database.read() as connection:
        used = frozenset(each.name for each in list_all(connection, person) if each.enabled)
    return Offered(
        count=len(pack.pack(standing.journal.industry)) + bool(standing.journal.site),
        checked=standing.journal.checked,
        registered=used,
        missing=coverage.coverage(services, person).missing,
    )


def draw(view: View[Stage], stage: Stage) -> None:
    """Check, choose, and what is not covered."""
    shown: Offered = stage.content
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "从公开来源开始", "card-title")
        said = f"{shown.count} 个不需要账号的公开来源。先各读一页，遵守 robots.txt；读得到的再登记。"
        parts.tag("p", said, "muted")
        if shown.checked:
            _checked(view, stage, shown)
        else:
            with parts.tag("div", classes="start-foot"):
                _check_button(view, stage, "检查来源（最多 30 秒）")
                parts.link("跳过", f"/start?step=posts&brand={stage.brand}", "button")
    if shown.missing:
        _missing(shown.missing)


def _check_button(view: View[Stage], stage: Stage, label: str, *, is_again: bool = False) -> None:
    async def send() -> None:
        button.disable()
        button.text = "正在检查，最多 30 秒…"
        if not await view.act(_checking(stage.brand), "检查完毕"):
            button.enable()
            button.text = label

    button = ui.button(label, on_click=send).props("outline no-caps" if is_again else "unelevated no-caps")


def _checked(view: View[Stage], stage: Stage, shown: Offered) -> None:
    boxes: dict[str, ui.checkbox] = {}
    good = sum(each.is_ok for each in shown.checked)
    parts.tag("p", f"{good} 个读得到，{len(shown.checked) - good} 个读不到。", "strong")
    if not good:
        parts.tag("p", "全都读不到，多半是这台机器不能上网；可以先导入或粘贴帖子。", "muted")
    with parts.tag("ul", classes="start-list"):
        for each in shown.checked:
            _row(each, is_used=each.name in shown.registered, boxes=boxes)

    async def send() -> None:
        chosen = [name for name, box in boxes.items() if box.value]
        await view.act(_registering(stage.brand, chosen), f"已登记 {len(chosen)} 个来源，开始采集")

    has_more = any(box.value for box in boxes.values())
    with parts.tag("div", classes="start-foot"):
        if boxes:
            ui.button("登记勾选的来源", on_click=send).props("unelevated no-caps" if has_more else "outline no-caps")
        _check_button(view, stage, "重新检查", is_again=True)
    onward(stage, is_primary=not has_more)


def _row(each: Checked, *, is_used: bool, boxes: dict[str, ui.checkbox]) -> None:
    with parts.tag("li", classes="start-row"):
        if is_used or not each.definition:
            parts.tag("span", each.name, "start-name")
        else:
            boxes[each.name] = ui.checkbox(each.name, value=each.is_ok).classes("start-name")
        parts.chip("✓ 读得到" if each.is_ok else "✗ 读不到", "positive" if each.is_ok else "negative")
        if is_used:
            parts.chip("已登记", "brand")
        parts.tag("span", each.reason, "small start-reason")
        if each.definition:
            platform, tier = Platform(each.definition["platform"]), Tier(each.definition["tier"])
            parts.tag("span", f"{parts.PLATFORM_LABELS[platform]} · {tier.value} 级", "muted small")


def _missing(missing: Sequence[Platform]) -> None:
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "还没有覆盖的平台", "card-title")
        with parts.tag("dl", classes="facts"):
            for platform in missing:
                parts.fact(parts.PLATFORM_LABELS[platform], pack.WAYS.get(platform, "导入、推送或「随手报」"))


def _checking(brand: str) -> Work[object]:
    return lambda services, person: pack.check(services, person, brand)


def _registering(brand: str, names: Sequence[str]) -> Work[object]:
    return lambda services, person: pack.register(services, person, brand, names)
