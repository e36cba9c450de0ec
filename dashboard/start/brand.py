"""Step 1: name, trade, rivals; then what will be looked for, to be changed and saved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nicegui import ui

from core.access import Person
from core.errors import UserError
from core.watchlist import Brand
from dashboard import form, parts
from dashboard.desk import Work
from dashboard.shell import View
from dashboard.start.stage import PATH, Stage, go
from response.services import Services
from response.start.brand import Begun, proposals, save
from response.start.industry import OTHER, industries
from response.start.proposal import Proposal, words_of
from response.start.steps import Standing, Step

FIELDS = (("aliases", "别名"), ("ambiguous", "也是普通词的别名"), ("exclusions", "排除词"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """begun: what was entered. refused: why nothing can be proposed for it."""

    begun: Begun
    proposals: tuple[Proposal, ...] = ()
    refused: UserError | None = None


def load(services: Services, person: Person, standing: Standing, asked: Mapping[str, str]) -> Proposed:
    """What was entered, else the brand that is there, else an empty form."""
    name = " ".join(asked.get("name", "").split())
    if name:
        rivals = words_of(asked.get("rivals", ""))
        trade = asked.get("industry", OTHER)
        begun = Begun(
            name=name, industry=trade if trade in industries() else OTHER, site=asked.get("site", ""), rivals=rivals
        )
    elif standing.brand and not asked.get("new"):
        begun = Begun(name=standing.brand, industry=standing.journal.industry, site=standing.journal.site)
    else:
        return Proposed(begun=Begun(name="", industry=OTHER))
    try:
        return Proposed(begun=begun, proposals=proposals(services, person, begun))
    except UserError as error:
        return Proposed(begun=begun, refused=error)


def draw(view: View[Stage], stage: Stage) -> None:
    """The form, or what came of it."""
    shown: Proposed = stage.content
    if shown.refused is not None:
        parts.problem(shown.refused.title, shown.refused.message)
    if shown.proposals:
        _proposals(view, shown)
    else:
        _form(shown.begun)


def _form(begun: Begun) -> None:
    entries = (
        form.Entry(name="name", label="品牌名", value=begun.name, hint="例如：青柠汽车"),
        form.Entry(
            name="industry",
            label="行业",
            kind=form.Kind.CHOICE,
            value=begun.industry,
            options={name: name for name in industries()},
        ),
        form.Entry(name="site", label="自己的网站（可不填）", value=begun.site, hint="例如：www.brand.example"),
        form.Entry(
            name="rivals",
            label="竞品（可不填）",
            value="、".join(begun.rivals),
            hint="用顿号隔开，例如：蓝鲸汽车、远山汽车",
        ),
    )

    def ask() -> None:
        values = {name: str(value or "").strip() for name, value in read().items()}
        if not values["name"]:
            ui.notify("请填写品牌名", type="negative", position="top")
            return
        # Into the address: a reload and Back show the same proposals.
        ui.navigate.to(parts.address(PATH, step=Step.BRAND.value, **values))

    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "您的品牌叫什么？", "card-title")
        parts.tag("p", "大约十分钟看到第一批结果。每一步都可以跳过，以后都能改。", "muted")
        with parts.tag("div", classes="start-fields").on("keydown.enter", ask):
            read = form.draw(entries)
        with parts.tag("div", classes="start-foot"):
            ui.button("下一步：看看找哪些词", on_click=ask).props("unelevated no-caps")


def _proposals(view: View[Stage], shown: Proposed) -> None:
    inputs: list[dict[str, Any]] = []  # Any: NiceGUI's inputs share no base with a typed value
    with parts.tag("section", classes="card start-card"):
        with parts.tag("div", classes="card-head"):
            parts.tag("h2", "会找这些词", "card-title")
            parts.link("换一个品牌", parts.address(PATH, step=Step.BRAND.value, new="1"), "link small")
        parts.tag("p", "词之间用顿号隔开。繁体、全角、大小写写法会自动识别，不必列出。", "muted")
        for each in shown.proposals:
            inputs.append(_proposal(each))

        async def send() -> None:
            brands = [_edited(each.brand, own) for each, own in zip(shown.proposals, inputs, strict=True)]
            button.disable()
            if await view.act(_saving(shown.begun, brands), "已保存"):
                go(view, Step.SOURCES, shown.begun.name)
            else:
                button.enable()

        with parts.tag("div", classes="start-foot"):
            button = ui.button("保存，下一步：来源", on_click=send).props("unelevated no-caps")


def _proposal(proposal: Proposal) -> dict[str, Any]:  # Any: as above
    brand = proposal.brand
    with parts.tag("div", classes="start-brand"):
        with parts.tag("p", classes="sentence"):
            parts.tag("h3", brand.name, "group-title")
            parts.chip("自己的品牌" if brand.is_own else "竞品", "brand")
        for each in proposal.ambiguous:
            parts.tag("p", f"⚠ {each.warning}。附近出现排除词时不算。", "start-warning")
        inputs = {}
        for name, label in FIELDS:
            field = ui.input(label, value="、".join(getattr(brand, name))).props("outlined dense").classes("full")
            field.props["aria-label"] = f"{brand.name}：{label}"
            inputs[name] = field
        if not brand.exclusions and not brand.ambiguous:
            parts.tag("p", "没有发现同形的普通词，所以没有提议排除词。", "muted small")
    return inputs


def _edited(brand: Brand, inputs: Mapping[str, Any]) -> Brand:  # Any: as above
    words = {name: words_of(str(field.value or "")) for name, field in inputs.items()}
    return replace(brand, aliases=words["aliases"], ambiguous=words["ambiguous"], exclusions=words["exclusions"])


def _saving(begun: Begun, brands: list[Brand]) -> Work[object]:
    def work(services: Services, person: Person) -> None:
        save(services, person, begun, brands)

    return work
