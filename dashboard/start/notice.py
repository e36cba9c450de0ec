"""Step 7: a robot's address, a test message, and the channel if it is wanted."""

from collections.abc import Mapping

from nicegui import ui

from alerts import channel
from alerts.channel import ChannelConfig
from alerts.channels.base import Receipt
from core.access import Action, Person, may
from dashboard import parts
from dashboard.shell import View
from dashboard.start.stage import Stage, onward
from response.services import Services
from response.start import robot
from response.start.steps import Standing


def load(
    services: Services, person: Person, _standing: Standing, _asked: Mapping[str, str]
) -> tuple[ChannelConfig, ...] | None:
    """The channels there are; None for somebody who may not see them."""
    if not may(person, Action.MANAGE_CHANNELS):
        return None
    with services.database.read() as connection:
        return channel.list_all(connection, person)


def draw(view: View[Stage], stage: Stage) -> None:
    """The form, and what is there."""
    shown: tuple[ChannelConfig, ...] | None = stage.content
    with parts.tag("section", classes="card start-card"):
        parts.tag("h2", "预警发到哪里", "card-title")
        if shown is None:
            parts.empty("设置通知渠道需要管理员", "请管理员打开这一步，或在 tingfeng.yaml 的 channels 里写。")
        else:
            _form(view)
            for each in shown:
                with parts.tag("p", classes="sentence"):
                    parts.chip(each.name, "brand")
                    parts.tag("span", f"{each.kind.value} · {each.minimum_level.label}色及以上", "small")
    onward(stage, is_primary=bool(shown))


def _form(view: View[Stage]) -> None:
    parts.tag("p", "粘贴机器人或接收程序的地址（webhook），先收一条测试消息，满意再保存。", "muted")
    address = ui.input("机器人地址").props("outlined dense").classes("full")
    inside = ui.checkbox("地址在内网")
    secret = robot.new_secret()
    result = parts.tag("div", classes="start-preview", role="status")

    async def send() -> None:
        receipts: list[Receipt] = []
        url, is_inside = str(address.value or ""), bool(inside.value)

        def work(services: Services, person: Person) -> None:
            receipts.append(robot.try_out(services, person, url, secret=secret, allow_private=is_inside))

        button.disable()
        is_sent = await view.act(work, "对方收下了")
        button.enable()
        if is_sent:
            result.clear()
            with result:
                _sent(view, url, secret, receipts[0], is_inside=is_inside)

    with parts.tag("div", classes="start-foot"):
        button = ui.button("发一条测试消息", on_click=send).props("unelevated no-caps")


def _sent(view: View[Stage], url: str, secret: str, receipt: Receipt, *, is_inside: bool) -> None:
    answer = receipt.answer or "（空）"
    parts.tag("p", f"对方应答 {receipt.status}：{answer}", "small")
    parts.tag("p", f"签名密钥：{secret}（接收方用它核对签名，保存后不再显示）", "small start-reason")
    name = ui.input("渠道名", value="公关群机器人").props("outlined dense").classes("full")

    async def keep() -> None:
        called = str(name.value or "")

        def work(services: Services, person: Person) -> None:
            robot.keep(services, person, url, name=called, secret=secret, allow_private=is_inside)

        await view.act(work, "已保存为通知渠道")

    ui.button("保存为通知渠道", on_click=keep).props("unelevated no-caps")
