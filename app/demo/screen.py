"""What the spectator sees in the terminal: progress while it happens, and where to look next."""

from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from alerts.level import Level
from app.demo.director import WAVE_NAMES, Scene


class Screen:
    """A live picture on a terminal, plain lines anywhere else. Use as a context manager."""

    def __init__(self, file: TextIO, address: str, password: str) -> None:
        self._console = Console(file=file)
        self._login = f"{address}    账号 admin    密码 {password}"
        self._live = Live(console=self._console, refresh_per_second=4, transient=False)
        self._told: list[str] = []

    def __enter__(self) -> "Screen":
        if self._console.is_terminal:
            self._live.start()
        else:
            self._console.print(f"听风演示：{self._login}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._live.is_started:
            self._live.stop()

    def show(self, scene: Scene) -> None:
        """Draw the scene, or print what is new in it; events stay in the order in which they happened."""
        news = [line for line in milestones(scene) if line not in self._told]
        self._told.extend(news)
        if self._live.is_started:
            self._live.update(self._picture(scene))
        else:
            for line in news:
                self._console.print(line, highlight=False)

    def _picture(self, scene: Scene) -> Group:
        counts = Table.grid(padding=(0, 3))
        counts.add_row("采集页面", f"{scene.pages:,}", "信息", f"{scene.mentions:,}", "已分析", f"{scene.analysed:,}")
        counts.add_row(
            "已索引", f"{scene.indexed:,}", "已排除（青柠饮料等）", f"{scene.excluded:,}", "负面", f"{scene.negative:,}"
        )
        hint = Text("在浏览器里打开上面的网址。按 Ctrl+C 结束，演示数据随之删除。", style="dim")
        panel = Panel(self._login, title="听风演示", title_align="left")
        return Group(panel, counts, Text("\n".join(self._told)), hint)


def shortfall(scene: Scene) -> str:
    """What had come when the demo ended without its alert."""
    seen = f"采集页面 {scene.pages:,}，信息 {scene.mentions:,} 条，已分析 {scene.analysed:,}，已索引 {scene.indexed:,}"
    alerts = f"预警 {scene.alert or '无'}，事件 {scene.incident or '无'}，送达 {scene.sent} 条通知"
    return f"停在第 {scene.wave + 1} 幕（{WAVE_NAMES[scene.wave]}）：{seen}；{alerts}"


def milestones(scene: Scene) -> list[str]:
    """The story so far, one line per event."""
    lines = [f"第 {number + 1} 幕：{name}" for number, name in enumerate(WAVE_NAMES[: scene.wave + 1])]
    if scene.seconds_to_first_mention is not None:
        lines.insert(1, f"  {scene.seconds_to_first_mention:5.1f} 秒  收到第一条信息")
    if scene.seconds_to_first_alert is not None:
        first = Level(scene.first_level)
        lines.append(f"  {scene.seconds_to_first_alert:5.1f} 秒  {first.label}色预警 {scene.alert}：{scene.title}")
    if scene.seconds_to_first_incident is not None:
        lines.append(
            f"  {scene.seconds_to_first_incident:5.1f} 秒  舆情事件 {scene.incident} 已建立，并列出可能受影响的活动"
        )
    if scene.level != scene.first_level:
        lines.append(f"            预警升为{Level(scene.level).label}色")
    if scene.received:
        lines.append("  通知已送达：日志、值班系统（签名已核对）")
    return lines
