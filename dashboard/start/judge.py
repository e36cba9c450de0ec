"""Step 5: ten mentions, one key each; then how often the analysis was right."""

from collections.abc import Mapping
from typing import Final

from nicegui import events, ui

from core.access import Person
from dashboard import parts
from dashboard.shell import View
from dashboard.start.posts import post
from dashboard.start.stage import Stage, address, go, onward
from response.services import Services
from response.start.judging import TEN, VERDICT_LABELS, Judged, Verdict, judge, score, ten
from response.start.steps import Standing, Step

KEYS: Final[Mapping[str, Verdict]] = {
    "1": Verdict.NEGATIVE,
    "2": Verdict.NEUTRAL,
    "3": Verdict.POSITIVE,
    "x": Verdict.IRRELEVANT,
}


def load(services: Services, person: Person, standing: Standing, _asked: Mapping[str, str]) -> tuple[Judged, ...]:
    """The ten, with this person's verdicts."""
    return ten(services, person, standing.brand)


def draw(view: View[Stage], stage: Stage) -> None:
    """One at a time; the result below it from the first on."""
    shown: tuple[Judged, ...] = stage.content
    place = _place(shown, stage.asked.get("n", ""))
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "您来判断十条", "card-title")
        if not shown:
            parts.empty("还没有提到品牌的信息可以判断", "先导入或粘贴帖子，或等采集带回来。")
        elif place is None:
            parts.tag("p", "十条都判断过了。" if len(shown) == TEN else "现有的都判断过了。", "strong")
        else:
            parts.tag("p", "按键：1 负面，2 中性，3 正面，x 不相关；j、k 前后翻。机器的看法判断之后才显示。", "muted")
            _item(view, stage, shown, place)
    _score(stage, shown)
    onward(stage, label="" if place is None else "跳过", is_primary=place is None)


def _place(shown: tuple[Judged, ...], asked: str) -> int | None:
    """Which one is asked for, else the first that is not judged; None when all are."""
    if asked.isdecimal() and 1 <= int(asked[:3]) <= len(shown):
        return int(asked[:3]) - 1
    return next((place for place, each in enumerate(shown) if each.verdict is None), None)


def _item(view: View[Stage], stage: Stage, shown: tuple[Judged, ...], place: int) -> None:
    judged = shown[place]
    parts.tag("p", f"第 {place + 1} 条，共 {len(shown)} 条", "small strong", role="status")
    if judged.verdict is None:
        parts.tag("p", judged.mention.title, "strong")
        parts.tag("p", parts.snippet(judged.mention.text, (), length=600)[0], "hit-text")
    else:
        post(judged.mention)

    async def decide(verdict: Verdict) -> None:
        done = f"记为{VERDICT_LABELS[verdict]}"
        if await view.act(lambda s, p: judge(s, p, stage.brand, judged.mention.id, verdict), done) and _is_back(stage):
            go(view, Step.JUDGE, stage.brand)

    async def press(event: events.KeyEventArguments) -> None:
        if not event.action.keydown or event.action.repeat or event.modifiers.ctrl or event.modifiers.meta:
            return
        key = str(event.key).lower()
        if key in KEYS:
            await decide(KEYS[key])
        elif key in ("j", "k"):
            other = (place + (1 if key == "j" else -1)) % len(shown) + 1
            go(view, Step.JUDGE, stage.brand, n=str(other))

    ui.keyboard(on_key=press)
    with parts.tag("div", classes="start-keys"):
        for key, verdict in KEYS.items():
            button = ui.button(f"{key} {VERDICT_LABELS[verdict]}", on_click=lambda _, v=verdict: decide(v))
            button.props("unelevated no-caps" if judged.verdict is verdict else "outline no-caps")


def _is_back(stage: Stage) -> bool:
    """One that was asked for by its number; the next one is the first that is left."""
    return bool(stage.asked.get("n"))


def _score(stage: Stage, shown: tuple[Judged, ...]) -> None:
    found = score(shown)
    if found is None:
        return
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "在您自己的数据上", "card-title")
        parts.tag("p", found.said, "start-figure", role="status")
        parts.tag("p", "十条很少，区间因此很宽。判断会保存下来供以后校正，不改变模型和已有数字。", "muted small")
        with parts.tag("ul", classes="start-list"):
            for place, each in enumerate(shown, start=1):
                if each.verdict is not None:
                    _verdict(stage, place, each)


def _verdict(stage: Stage, place: int, judged: Judged) -> None:
    if judged.verdict is None:
        return
    with parts.tag("li", classes="start-row"):
        title = judged.mention.title or judged.mention.text[:30]
        parts.link(title, address(Step.JUDGE, stage.brand, n=str(place)), "link start-name")
        parts.chip("✓ 一致" if judged.is_right else "✗ 不同", "positive" if judged.is_right else "negative")
        said = f"您：{VERDICT_LABELS[judged.verdict]}，机器：{parts.SENTIMENT_LABELS[judged.predicted]}"
        parts.tag("span", said, "small start-reason")
