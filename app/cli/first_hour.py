"""The steps of the first hour at a terminal: what they say goes to stderr, what they found into the summary.

The steps themselves are those of the page (``response.start``); this asks and shows. Without somebody to ask, what is
proposed is taken, and nothing is judged or kept that a person has to decide.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.prompt import Confirm, Prompt

from app import wiring
from app.cli.watching import Watching
from app.pipeline import Pipeline
from core.access import SYSTEM
from core.errors import DeliveryError, InvalidInput
from core.mention import SHANGHAI, Mention, Sentiment
from core.watchlist import Brand
from crawler import run
from response.services import Services
from response.start import brand, judging, pack, posts, replay, robot
from response.start.brand import Begun
from response.start.judging import VERDICT_LABELS, Verdict
from response.start.proposal import Proposal, words_of
from response.start.watch import watch

SHOWN: Final = 10
LABELS: Final = {Sentiment.NEGATIVE: "负面", Sentiment.NEUTRAL: "中性", Sentiment.POSITIVE: "正面"}
KEYS: Final = {"1": Verdict.NEGATIVE, "2": Verdict.NEUTRAL, "3": Verdict.POSITIVE, "x": Verdict.IRRELEVANT}


class FirstHour:
    """asks: somebody sits at the terminal. summary: JSON-ready."""

    def __init__(self, services: Services, begun: Begun, *, asks: bool) -> None:
        self.console: Final = Console(file=sys.stderr, highlight=False, markup=False)
        self.summary: dict[str, object] = {"brand": begun.name}
        self._services = services
        self._begun = begun
        self._asks = asks

    def brand(self) -> None:
        """Step 1. Raises InvalidInput."""
        self._title("1 品牌")
        proposals = brand.proposals(self._services, SYSTEM, self._begun)
        brands = [self._chosen(each) for each in proposals]
        brand.save(self._services, SYSTEM, self._begun, brands)
        own = brands[0]
        self.summary |= {
            "aliases": list(own.aliases), "ambiguous": list(own.ambiguous), "exclusions": list(own.exclusions),
        }  # fmt: skip

    def sources(self, crawl_seconds: int, *, with_pack: bool) -> None:
        """Steps 2 and 4."""
        self._title("2 来源")
        if self._asks and not Confirm.ask("试读来源（最多 30 秒）？", console=self.console, default=True):
            return
        with self.console.status("正在试读…"):
            found = pack.check(self._services, SYSTEM, self._begun.name, with_pack=with_pack)
        for each in found:
            self.console.print(f"  {'✓' if each.is_ok else '✗'} {each.name}：{each.reason}")
        names = [each.name for each in found if each.is_ok]
        self.summary |= {"checked": len(found), "readable": len(names)}
        if not names:
            self.console.print("  全都读不到，多半是这台机器不能上网；可以先导入或粘贴帖子。")
        elif not self._asks or Confirm.ask(f"登记读得到的 {len(names)} 个并采集？", console=self.console, default=True):
            pack.register(self._services, SYSTEM, self._begun.name, names)
            self._crawl(names, crawl_seconds)

    def posts(self, file: Path | None, pasted: str) -> None:
        """Step 3. Raises InvalidInput."""
        self._title("3 帖子")
        ids: list[str] = []
        if file is not None:
            trial = posts.try_file(self._services, SYSTEM, file)
            self.console.print(trial.text)
            if not self._asks or Confirm.ask(f"导入 {trial.new} 条？", console=self.console, default=True):
                ids += posts.load_file(self._services, SYSTEM, self._begun.name, file).ids
        if pasted.strip():
            ids += posts.paste(self._services, SYSTEM, self._begun.name, pasted).ids
        self._analyse()
        shown = posts.shown(self._services, SYSTEM, self._begun.name, ids)
        for each in shown.posts[:SHOWN]:
            self._tell(each.mention, each.copies)
        if not ids:
            self.console.print("  没有给帖子：--file 导出表，或 --paste 文本文件。")
        elif not shown.posts:
            self.console.print("  没有一条提到品牌：看看别名是否齐全、排除词是否太宽。")
        self.summary |= {"posts": len(shown.posts), "ruled_out": shown.ruled_out}

    def judge(self) -> None:
        """Step 5, where somebody can be asked."""
        if not self._asks:
            return
        self._title("5 判断（1 负面，2 中性，3 正面，x 不相关，回车跳过）")
        for each in judging.ten(self._services, SYSTEM, self._begun.name):
            self.console.print(f"\n{each.mention.title}\n{each.mention.text[:300]}")
            key = Prompt.ask("您的判断", console=self.console, choices=[*KEYS, ""], default="", show_choices=False)
            if key:
                judging.judge(self._services, SYSTEM, self._begun.name, each.mention.id, KEYS[key])
                self.console.print(f"  机器：{LABELS[each.predicted]}，您：{VERDICT_LABELS[KEYS[key]]}")
        score = judging.score(judging.ten(self._services, SYSTEM, self._begun.name))
        if score is not None:
            self.console.print(score.said)
            self.summary |= {"judged": score.judged, "right": score.right}

    def replay(self) -> None:
        """Step 6."""
        self._title(f"6 回放最近 {replay.DAYS} 天")
        found = replay.replay(self._services, SYSTEM, self._begun.name)
        self.console.print(f"  {found.said}")
        for each in found.alerts:
            at = each.at.astimezone(SHANGHAI)
            self.console.print(f"  {each.level.label}色 {at:%m-%d %H:%M} {each.rule}，负面 {each.negative} 条")
        if found.undated:
            self.console.print(f"  {found.undated} 条没有精确到分钟的发布时间，不参与预警")
        self.summary |= {
            "replayed": found.mentions,
            "alerts": [{"level": each.level, "at": each.at, "negative": each.negative} for each in found.alerts],
        }

    def notice(self, url: str, *, is_inside: bool, save_as: str) -> None:
        """Step 7. A receiver that refuses is told, and ends nothing."""
        if not url and self._asks:
            url = Prompt.ask("7 通知：机器人地址（回车跳过）", console=self.console, default="", show_default=False)
        if not url:
            return
        secret = robot.new_secret()
        try:
            receipt = robot.try_out(self._services, SYSTEM, url, secret=secret, allow_private=is_inside)
        except (DeliveryError, InvalidInput) as error:
            self.console.print(f"  没有送到：{error.message}")
            self.summary["notice"] = error.code
            return
        self.console.print(f"  对方收下了（{receipt.status}）：{receipt.answer}")
        if not save_as and self._asks:
            save_as = Prompt.ask("保存为通知渠道，名字（回车不保存）", console=self.console, default="")
        if save_as:
            robot.keep(self._services, SYSTEM, url, name=save_as, secret=secret, allow_private=is_inside)
            self.console.print(f"  已保存；签名密钥（只显示这一次）：{secret}")
        self.summary |= {"notice": "sent", "channel": save_as or None}

    def _chosen(self, proposal: Proposal) -> Brand:
        found = proposal.brand
        self.console.print(f"{found.name}（{'自己的品牌' if found.is_own else '竞品'}）")
        for each in proposal.ambiguous:
            self.console.print(f"  注意：{each.warning}")
        return replace(
            found,
            aliases=self._words("别名", found.aliases),
            ambiguous=self._words("也是普通词的别名", found.ambiguous),
            exclusions=self._words("排除词", found.exclusions),
        )

    def _words(self, label: str, proposed: Sequence[str]) -> tuple[str, ...]:
        text = "、".join(proposed)
        if not self._asks:
            self.console.print(f"  {label}：{text or '（无）'}")
            return tuple(proposed)
        return words_of(Prompt.ask(f"  {label}", console=self.console, default=text))

    def _crawl(self, names: Sequence[str], seconds: int) -> None:
        self._title("4 采集")
        settings = self._services.settings.model_copy(update={"crawl_timeout_seconds": seconds})
        with Watching(self.console) as watching:
            run.crawl_all(settings, names, now=self._services.now, report=watching.report)
        self._analyse()
        found = watch(self._services, SYSTEM, self._begun.name)
        self.console.print(f"  {found.said}")
        if found.advice:
            self.console.print(f"  {found.advice}")
        self.summary |= {"sources": len(found.sources), "texts": found.texts, "named": found.named}

    def _analyse(self) -> None:
        """Everything that waits, as the service's own worker would."""
        settings = self._services.settings
        make = partial(wiring.part("analyser"), segmenter=settings.segmenter, sentiment=settings.sentiment_engine)
        with self.console.status("正在分析…"):
            Pipeline(self._services, make, worker="try").run_until_idle()

    def _tell(self, mention: Mention, copies: int) -> None:
        if mention.analysis is None:
            return
        found = mention.analysis.sentiment
        words = dict.fromkeys(reason.words for reason in found.reasons if reason.words)
        text = " ".join((mention.title or mention.text).split())[:60]
        more = f"，另有 {copies} 条相似文章" if copies else ""
        self.console.print(f"  {LABELS[found.label]} {text}（依据：{'、'.join([*words][:3]) or '无'}{more}）")

    def _title(self, text: str) -> None:
        self.console.rule(text, align="left")
