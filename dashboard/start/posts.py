"""Step 3: an export or ten pasted posts, and what the analysis says of them."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from nicegui import events, ui

from core.access import Person
from core.mention import Mention, Reason
from dashboard import parts
from dashboard.desk import Work
from dashboard.shell import View
from dashboard.start.stage import Stage, onward
from index.base import Span
from response.services import Services
from response.start import posts
from response.start.journal import Batch
from response.start.posts import Folded, Shown
from response.start.steps import Standing
from response.trial import LARGEST_FILE_BYTES, Trial

FORMATS: Final = ".xlsx,.csv,.txt,.jsonl,.json,.ndjson"
SHOWN: Final = 30
MEGABYTES: Final = LARGEST_FILE_BYTES // 1024**2
TOO_LARGE: Final = f"文件最大 {MEGABYTES} MB；更大的请用 tingfeng import"
MOST_REASONS: Final = 3
MOST_LEFT_OUT: Final = 8
FIELDS: Final[Mapping[str, str]] = {
    "title": "标题", "text": "正文", "url": "网址", "platform": "平台", "source": "来源", "author": "作者",
    "author_id": "作者编号", "followers": "粉丝数", "region": "地区", "store": "门店", "published_at": "发布时间",
    "counted_at": "计数时间", "views": "阅读", "comments": "评论", "likes": "点赞", "reposts": "转发",
    "native_id": "编号",
}  # fmt: skip


def load(services: Services, person: Person, standing: Standing, _asked: Mapping[str, str]) -> Shown | None:
    """What was brought last, as analysed; None before that."""
    batch = standing.journal.batch
    return posts.shown(services, person, standing.brand, batch.ids) if batch else None


def draw(view: View[Stage], stage: Stage) -> None:
    """Two ways in, then the result."""
    with parts.tag("div", classes="halves"):
        _upload(view, stage)
        _paste(view, stage)
    batch = stage.standing.journal.batch
    if batch is not None and stage.content is not None:
        _result(batch, stage.content)
    onward(stage, label="" if batch else "跳过", is_primary=batch is not None)


def _paste(view: View[Stage], stage: Stage) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "粘贴十条帖子", "card-title")
        area = ui.textarea("帖子，之间空一行").props("outlined rows=6").classes("full")

        async def send() -> None:
            text = str(area.value or "")
            await view.act(lambda s, p: posts.paste(s, p, stage.brand, text), "已收下")

        with parts.tag("div", classes="start-foot"):
            ui.button("分析", on_click=send).props("unelevated no-caps")


def _upload(view: View[Stage], stage: Stage) -> None:
    with parts.tag("section", classes="card"):
        parts.tag("h2", "导入监测平台的导出表", "card-title")
        parts.tag("p", f"XLSX、CSV 或 JSONL，最大 {MEGABYTES} MB。先给您看会怎样导入。", "muted")

        async def take(event: events.UploadEventArguments) -> None:
            name, data = event.file.name or "export", await event.file.read()
            found: list[Trial] = []
            work = _with_file(name, data, lambda s, p, path: found.append(posts.try_file(s, p, path)))
            if await view.act(work, "文件读得懂"):
                _preview(view, stage, (name, data), found[0])

        upload = (
            ui.upload(
                auto_upload=True,
                max_file_size=LARGEST_FILE_BYTES,
                max_files=1,
                on_upload=take,
                on_rejected=lambda: ui.notify(TOO_LARGE, type="negative", position="top"),
            )
            .props(f"accept={FORMATS}")
            .classes("hidden")
        )
        with parts.tag("div", classes="start-foot"):
            button = ui.button("选择文件", icon="upload_file").props("outline no-caps")
        # In the browser, at once: it opens its file dialog only while a click is handled.
        opening = f"runMethod({upload.id}, 'reset', []); runMethod({upload.id}, 'pickFiles', [])"
        button.on("click", js_handler=f"() => {{ {opening} }}")


def _preview(view: View[Stage], stage: Stage, file: tuple[str, bytes], trial: Trial) -> None:
    """In a dialog, which outlives a view that is redrawn."""
    view.aside.clear()
    with view.aside, ui.dialog(value=True) as dialog, ui.card().classes("dialog wide"):
        parts.tag("h2", "会这样导入", "card-title")
        for line in trial.text.splitlines():
            parts.tag("p", line, "small")
        with parts.tag("dl", classes="facts"):
            for field, columns in trial.columns:
                parts.fact(FIELDS.get(field, field), columns)
            for column, reason in trial.left_out[:MOST_LEFT_OUT]:
                parts.fact(f"不导入：{column}", reason)

        async def send() -> None:
            button.disable()
            work = _with_file(*file, lambda s, p, path: posts.load_file(s, p, stage.brand, path))
            if await view.act(work, "已导入"):
                dialog.close()
            else:
                button.enable()

        with parts.tag("div", classes="dialog-actions"):
            ui.button("取消", on_click=dialog.close).props("flat no-caps")
            button = ui.button(f"导入 {parts.number(trial.new)} 条", on_click=send).props("unelevated no-caps")
        if not trial.new:
            button.disable()


def _with_file(name: str, data: bytes, do: Callable[[Services, Person, Path], object]) -> Work[object]:
    """The readers take files; one that was uploaded is gone afterwards."""

    def work(services: Services, person: Person) -> None:
        with tempfile.TemporaryDirectory(prefix="tingfeng-") as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(data)
            do(services, person, path)

    return work


def _result(batch: Batch, shown: Shown) -> None:
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "分析结果", "card-title")
        for line in batch.text.splitlines():
            parts.tag("p", line, "small")
        if shown.waiting:
            parts.tag("p", f"正在分析，还有 {parts.number(shown.waiting)} 条…", "strong", role="status")
        if shown.ruled_out:
            parts.tag("p", f"{parts.number(shown.ruled_out)} 条没有提到品牌，或被排除词排除。", "muted small")
        if not shown.posts and not shown.waiting:
            parts.empty("没有一条提到品牌", "回到第 1 步看看别名是否齐全、排除词是否太宽。")
        for each in shown.posts[:SHOWN]:
            _post(each)
        if len(shown.posts) > SHOWN:
            parts.link(f"还有 {len(shown.posts) - SHOWN} 条，在信息检索里看", "/mentions")


def _post(folded: Folded) -> None:
    mention = folded.mention
    with parts.tag("div", classes="start-post"):
        post(mention)
        if folded.copies:
            parts.chip(f"另有 {folded.copies} 条相似文章", "status")


def post(mention: Mention) -> None:
    """One mention with its sentiment and the words that made it."""
    analysis = mention.analysis
    if analysis is None:
        return
    with parts.tag("div", classes="hit-head"):
        parts.sentiment_chip(analysis.sentiment.label)
        parts.link(mention.title or "（无标题）", f"/mentions/{mention.id}", "strong")
    reasons = sorted(analysis.sentiment.reasons, key=lambda reason: -abs(reason.weight))
    spans = [Span(part="text", start=each.start, end=each.end) for each in reasons if each.part == "text"]
    text, moved = parts.snippet(mention.text, spans[:MOST_REASONS])
    kinds = ["reason-negative" if each.weight < 0 else "reason-positive" for each in reasons if each.part == "text"]
    with parts.tag("p", classes="hit-text"):
        parts.highlighted(text, moved, kinds=kinds[: len(moved)] if len(moved) == len(spans[:MOST_REASONS]) else [])
    if words := _words(reasons):
        parts.tag("p", f"依据：{words}", "muted small")


def _words(reasons: list[Reason]) -> str:
    named = [f"{each.words}（{parts.score(each.weight)}）" for each in reasons if each.words]
    return "、".join(dict.fromkeys(named[:MOST_REASONS]))
