"""Pages by NiceGUI's simulated user: what they show, what their buttons do, and who may not."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals

from alerts import alert, outbox, rule
from alerts.channels.base import Message
from alerts.level import Level
from alerts.state import AlertStatus, Outcome
from app import duties, wiring
from core import accounts, inbox, watchlist
from core.access import SYSTEM, Role
from core.errors import DeliveryRejected, NotLoggedIn
from core.mention import Sentiment
from core.settings import Settings
from crawler import hotlist
from crawler.hotlist import Look, Ranked
from dashboard import frame
from index.query import EVERYTHING
from response import incident
from response.services import Services
from response.state import Status
from tests.conftest import Clock
from tests.e2e import seed
from tests.factories import a_mention
from tests.integration.visitor import PASSWORD, Visitor, fill

pytestmark = pytest.mark.anyio
HOSTILE = '<img src=x onerror="alert(1)">刹车失灵'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def services(tmp_path: Path, clock: Clock) -> Iterator[Services]:
    """The wired product with accounts and a brand; its clock stands at seed.NOW."""
    clock.now = seed.NOW
    built = wiring.build(Settings(data_dir=tmp_path, _env_file=None), now=clock)
    with built.database.write() as connection:
        for name, role in (("林晓", Role.MANAGER), ("小宋", Role.READER), ("周航", Role.ANALYST)):
            accounts.create(connection, SYSTEM, name, PASSWORD, [role], now=seed.NOW)
    yield built
    built.database.close()


@pytest.fixture
async def visitor(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visitor]:
    monkeypatch.setenv("NICEGUI_USER_SIMULATION", "true")
    before = ui.navigate, ui.notify, ui.download
    with nicegui_reset_globals():
        application = FastAPI()
        frame.mount(application, services)
        transport = httpx.ASGITransport(application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://pages.example") as client,
        ):
            yield Visitor(User(client), services)
    ui.navigate, ui.notify, ui.download = before


@pytest.fixture
def brand(services: Services) -> None:
    with services.database.write() as connection:
        for each in seed.BRANDS:
            watchlist.save(connection, SYSTEM, each, now=seed.NOW)


@pytest.fixture
def mentions(services: Services, brand: None) -> None:
    """Eight of the burst, one hostile, one decoy."""
    hostile = a_mention(77, title=HOSTILE, text=f"青柠L7 {HOSTILE}，太危险了", url="https://forum.example/77.html")
    decoy = a_mention(78, title=seed.DECOY[0], text=seed.DECOY[1])
    seed.add_mentions(services, [*seed.burst()[-8:], hostile, decoy])


@pytest.fixture
def alert_id(services: Services, mentions: None) -> str:
    """An orange alert with one refused message."""
    with services.database.write() as connection:
        found = seed.finding(services, Level.ORANGE, seed.NOW, 33, 38)
        opened = alert.merge(connection, found, now=seed.NOW).alert
        message = Message(id="m1", number=opened.number, level="orange", title="t", text="t", created_at=seed.NOW)
        outbox.enqueue(connection, message, channel="公关群", now=seed.NOW, subject=f"alert:{opened.id}")
        delivery = outbox.take(connection, "m1", "公关群", due=seed.NOW, now=seed.NOW)
        assert delivery is not None
        outbox.record_failure(connection, delivery, DeliveryRejected("签名不正确"), now=seed.NOW)
    return opened.id


@pytest.fixture
def number(services: Services, alert_id: str) -> str:
    """The incident of that alert, acknowledged."""
    with services.database.write() as connection:
        opened = incident.open_for(connection, alert.get(connection, SYSTEM, alert_id), now=seed.NOW)
        return incident.acknowledge(connection, SYSTEM, opened.id, now=seed.NOW).id


def found_alert(services: Services) -> alert.Alert:
    """What a rule over a day makes of the mentions that are there."""
    daily = rule.AlertRule(id="daily", name="日", brand="青柠汽车", window_minutes=1440, minimum_count=3)
    with services.database.write() as connection:
        rule.save(connection, SYSTEM, daily, now=seed.NOW)
    duties.evaluate(services)
    with services.database.read() as connection:
        [only] = alert.list_open(connection, SYSTEM)
    return only


async def test_a_fresh_installation_says_what_to_do_next(visitor: Visitor) -> None:
    await visitor.sign_in("林晓")
    await visitor.see("/", "开始使用", "配置品牌", "tingfeng.yaml", "没有未关闭的预警")
    await visitor.see("/mentions", "没有找到信息")
    await visitor.see("/alerts", "没有符合条件的预警")
    await visitor.see("/incidents", "没有符合条件的舆情事件")
    await visitor.see("/sources", "还没有来源")


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/?brand=青柠汽车&days=7", 8),
        ("/", 8),
        ("/mentions?q=刹车失灵 OR 提车", 10),
        ("/mentions?show=all&sentiment=negative", 6),
        ("the alert", 2),
    ],
)
async def test_each_number_opens_its_mentions(
    visitor: Visitor, services: Services, mentions: None, path: str, least: int
) -> None:
    """Figures, bars, table cells and facets: each leads to a list of as many mentions as it says."""
    aside = a_mention(
        80, title="青柠L7 提车", text="青柠L7 提车一个月，空间够用。", url="https://forum.example/80.html"
    )
    seed.add_mentions(services, [replace(aside, published_at=seed.NOW - timedelta(days=1), seen_at=seed.NOW)])
    if path == "the alert":
        path = f"/alerts/{found_alert(services).id}"
    await visitor.sign_in("林晓")
    await visitor.user.open(path)
    numbers = visitor.numbers()
    assert len(numbers) >= least, numbers
    for said, address in numbers:
        await visitor.see(address, f"共 {said} 条")


async def test_the_overview_says_how_things_stand(visitor: Visitor, alert_id: str) -> None:
    await visitor.sign_in("林晓")
    await visitor.see("/?brand=青柠汽车&days=7", "近 7 天趋势", "青柠汽车负面突增", "运行情况")
    await visitor.user.should_not_see("开始使用")
    leading = [each for each in visitor.addresses() if each.startswith("/mentions?q=")]
    assert all("2026-06-1" in each and "%2B08%3A00" in each and "Z" not in each for each in leading), leading
    chart = next(iter(visitor.user.find(ui.echart).elements))
    assert str(chart.props["aria-label"]).startswith("7 天信息量趋势：共 9 条")


async def test_search_highlights_and_escapes(visitor: Visitor, mentions: None) -> None:
    await visitor.sign_in("小宋")
    await visitor.see("/mentions?q=刹车失灵&sentiment=negative", "共 2 条", "清空全部条件", "车评日报")
    html = visitor.html()
    assert any("<mark>刹车失灵</mark>" in each for each in html)
    assert any("&lt;img src=x" in each for each in html)
    assert not any("<img" in each for each in html)


async def test_excluded_mentions_are_found_on_request_with_their_rule(visitor: Visitor, mentions: None) -> None:
    await visitor.sign_in("小宋")
    await visitor.see("/mentions?q=苏打水", "没有找到信息")
    await visitor.see("/mentions?q=苏打水&show=excluded", "已排除", "共 1 条")
    detail = next(each for each in visitor.addresses() if each.startswith("/mentions/"))
    await visitor.see(detail, "规则", "青柠")


async def test_only_web_addresses_become_links(visitor: Visitor, services: Services) -> None:
    web = replace(a_mention(1), order_key=1)
    services.index.upsert([web, replace(web, id="script", url="javascript:alert(1)", order_key=2)])
    await visitor.sign_in("小宋")
    await visitor.see("/mentions", "共 2 条")
    assert [each for each in visitor.addresses() if not each.startswith(("/", "#"))] == [web.url]


async def test_a_wrong_query_is_explained_at_its_place(visitor: Visitor, brand: None) -> None:
    await visitor.sign_in("小宋")
    await visitor.see("/mentions?q=刹车 )", "检索式有误", "第 4 个字处")
    assert any('<mark class="wrong">)</mark>' in each for each in visitor.html())
    await visitor.see("/mentions?since=2026-02-31", "输入有误")
    await visitor.see("/mentions?cursor=nonsense", "翻页标记无法识别")
    await visitor.see("/alerts?level=pink", "筛选条件无法识别")


async def test_one_mention_shows_what_decided(visitor: Visitor, services: Services, mentions: None) -> None:
    worst = services.index.search(EVERYTHING.where(sentiment=Sentiment.NEGATIVE), limit=1).hits[0].mention
    await visitor.sign_in("小宋")
    await visitor.see(f"/mentions/{worst.id}", "情感依据", "权重", "命中", "同一话题")
    await visitor.user.should_not_see("查看未遮盖的内容")
    assert any("reason-negative" in each for each in visitor.html())
    await visitor.see("/mentions/unknown", "没有这条信息")


async def test_an_alert_is_acknowledged_and_closed(visitor: Visitor, services: Services, alert_id: str) -> None:
    await visitor.sign_in("林晓")
    await visitor.see(f"/alerts/{alert_id}", "33 条", "87%", "被拒收", "签名不正确", "待确认")
    visitor.user.find("确认预警").click()
    await visitor.sees("已确认预警")
    await visitor.sees("林晓，今天 14:30")
    visitor.user.find("关闭预警").click()
    await visitor.sees("关闭原因")
    visitor.user.find(kind=ui.textarea).type("已联系车主")
    with visitor.user.scope(kind=ui.dialog):
        visitor.user.find(kind=ui.button, content="关闭预警").click()
    await visitor.sees("已关闭预警")
    with services.database.read() as connection:
        found = alert.get(connection, SYSTEM, alert_id)
    assert (found.status, found.outcome, found.closed_by) == (AlertStatus.CLOSED, Outcome.HANDLED, "林晓")


async def test_an_incident_can_be_opened_by_hand(visitor: Visitor, services: Services, alert_id: str) -> None:
    await visitor.sign_in("林晓")
    await visitor.see(f"/alerts/{alert_id}", "尚未建立舆情事件")
    visitor.user.find(kind=ui.button, content="建立舆情事件").click()
    await visitor.sees("已建立舆情事件")
    await visitor.sees("YQ-20260616-01")


async def test_a_reader_sees_no_buttons_and_reads_on(visitor: Visitor, alert_id: str, number: str) -> None:
    await visitor.sign_in("小宋")
    for path, buttons in (
        (f"/alerts/{alert_id}", ("确认预警", "关闭预警")),
        (f"/incidents/{number}", ("结案", "添加任务", "检查文稿", "添加备注")),
        ("/sources", ("立即采集",)),
    ):
        await visitor.user.open(path)
        for button in buttons:
            await visitor.user.should_not_see(kind=ui.button, content=button)


async def test_rights_are_read_again_on_every_event(visitor: Visitor, services: Services, alert_id: str) -> None:
    await visitor.sign_in("林晓")
    await visitor.user.open(f"/alerts/{alert_id}")
    with services.database.write() as connection:
        accounts.set_enabled(connection, SYSTEM, "林晓", False, now=seed.NOW)
    gone = visitor.watch_leaving()
    visitor.user.find("确认预警").click()
    assert await gone == f"/login?next=%2Falerts%2F{alert_id}"
    with services.database.read() as connection:
        assert alert.get(connection, SYSTEM, alert_id).status is AlertStatus.NEW


async def test_an_incident_is_worked_on_and_closed(visitor: Visitor, services: Services, number: str) -> None:
    await visitor.sign_in("林晓")
    await visitor.see(f"/incidents/{number}", "处置中", "还没有任务", "由预警")
    await fill(visitor, "添加任务", {"任务内容": "质量部给出数据", "负责人": "何工"}, "添加", check=True)
    await visitor.sees("已添加任务")
    await fill(visitor, "结案", {"结案原因": "误会"}, "结案")
    await visitor.sees("还有 1 项关键任务未完成")
    await visitor.user.open(f"/incidents/{number}")
    await fill(visitor, "完成", {"完成说明": "报告 Q-1"}, "完成")
    await visitor.sees("任务已完成")
    await fill(visitor, "添加备注", {"备注": "媒体来电 13800001234"}, "添加")
    await visitor.sees("备注：媒体来电 138********")
    await fill(visitor, "结案", {"结案原因": "制动片批次", "经验教训（可选）": "先回应"}, "结案")
    await visitor.sees("已结案")
    with services.database.read() as connection:
        found = incident.get(connection, SYSTEM, number)
    assert (found.status, found.cause, found.lesson) == (Status.CLOSED, "制动片批次", "先回应")


async def test_a_text_is_checked_and_attached(visitor: Visitor, number: str) -> None:
    await visitor.sign_in("林晓")
    await visitor.see(f"/incidents/{number}", "还没有检查过的文稿")
    await fill(visitor, "检查文稿", {"粘贴声明、回应或广告文案": "本车制动全国第一<b>"}, "检查")
    await visitor.sees("检查完成，结果已附到舆情事件")
    await visitor.sees("规则版本")
    assert any("found-" in each and "&lt;b&gt;" in each for each in visitor.html())


async def test_an_incident_seen_before_a_change_is_not_closed(
    visitor: Visitor, services: Services, number: str
) -> None:
    await visitor.sign_in("林晓")
    await visitor.user.open(f"/incidents/{number}")
    with services.database.write() as connection:
        incident.add_task(
            connection, SYSTEM, number, title="新任务", owner="何工", due_at=seed.NOW + timedelta(hours=1), now=seed.NOW
        )
    await fill(visitor, "结案", {"结案原因": "误会"}, "结案")
    await visitor.sees("已被他人修改")


async def test_a_hot_list_shows_its_entries_and_a_mention_its_stays(visitor: Visitor, services: Services) -> None:
    await visitor.sign_in("小宋")
    await visitor.see("/hotlists", "还没有热榜")
    with services.database.write() as connection:
        mentions = [a_mention(1, title=HOSTILE, text=HOSTILE), a_mention(2)]
        inbox.put(connection, mentions, now=seed.NOW)
        first, second = (mention.id for mention in mentions)
        for minutes, order in ((30, (second,)), (20, (second, first)), (10, (first,))):
            ranked = tuple(Ranked(mention_id=name, rank=rank, heat=3_125_000) for rank, name in enumerate(order, 1))
            at = seed.NOW - timedelta(minutes=minutes)
            hotlist.keep(connection, [Look(source="门户热榜", at=at, entries=ranked)])
    await visitor.see("/hotlists", "门户热榜", HOSTILE, "3,125,000", "↑ 1")
    await visitor.see(f"/mentions/{first}", "榜单", "第 1 位（今天")
    await visitor.see(f"/mentions/{second}", "已下榜（今天")


async def test_sources_show_trouble_and_are_crawled_now(visitor: Visitor, services: Services, brand: None) -> None:
    seed.add_sources(services)
    await visitor.sign_in("周航")
    await visitor.see(
        "/sources", "结构已变（连续 3 次）", "列表选择器没有找到任何条目", "等待首次采集", "详情页没有标题和正文"
    )
    await visitor.user.should_not_see("13812345678")
    visitor.user.find("立即采集").click()
    await visitor.sees("已安排立即采集")


async def test_leaving_ends_the_session(visitor: Visitor, services: Services) -> None:
    session = await visitor.sign_in("小宋")
    await visitor.user.open("/")
    gone = visitor.watch_leaving()
    visitor.user.find("退出").click()
    assert await gone == "/login"
    with services.database.read() as connection, pytest.raises(NotLoggedIn):
        accounts.person_of_session(connection, session, now=seed.NOW)
