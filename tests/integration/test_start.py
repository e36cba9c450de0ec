"""The page 开始 by NiceGUI's simulated user, and what the steps leave behind: from a name to a kept channel."""

from datetime import timedelta

import pytest
from nicegui import ui

from alerts import alert, channel, rule
from alerts.level import Level
from app.pipeline import Pipeline
from core import accounts, audit, watchlist
from core.access import SYSTEM, Role
from core.errors import InvalidInput
from core.mention import DatePrecision
from crawler import sources
from crawler.checked import Checked
from crawler.definition import definition
from nlp.analyse import Analyser
from response.services import Services
from response.start import brand, judging, pack, posts, replay, watch
from response.start.brand import Begun
from response.start.judging import Verdict
from tests.e2e import seed
from tests.factories import a_mention
from tests.integration.test_dashboard_pages import anyio_backend, services, visitor
from tests.integration.visitor import PASSWORD, Visitor
from tests.integration.webhook_receiver import Answer, receiver

__all__ = ["anyio_backend", "services", "visitor"]  # fixtures

BEGUN = Begun(name="青柠汽车", industry="汽车", rivals=("蓝鲸汽车",))
PASTED = "青柠L7 刹车失灵，太危险了\n\n青柠汽车 提车一个月，空间大，非常满意\n\n青柠苏打水真好喝"


def analyse(services: Services) -> None:
    Pipeline(services, Analyser, worker="test").run_until_idle()


def begin(services: Services) -> None:
    made = brand.proposals(services, SYSTEM, BEGUN)
    brand.save(services, SYSTEM, BEGUN, [each.brand for each in made])


@pytest.mark.anyio
async def test_the_first_hour_from_a_name_to_a_replay(visitor: Visitor, services: Services) -> None:
    await start(visitor)
    await visitor.see("/start?step=judge", "您的品牌叫什么？")
    await visitor.see("/start?step=brand&name=青柠汽车有限公司&industry=汽车&rivals=蓝鲸汽车", "「青柠」也是水果名")
    click(visitor, "保存，下一步")
    await visitor.sees("从公开来源开始")
    with services.database.read() as connection:
        names = {each.name: each.is_own for each in watchlist.active(connection)}
        assert names == {"青柠汽车有限公司": True, "蓝鲸汽车": False}
        assert [each.brand for each in rule.active(connection)] == ["青柠汽车有限公司"]
    await visitor.see("/start?step=posts", "粘贴十条帖子")
    visitor.user.find(kind=ui.textarea).type(PASTED)
    click(visitor, "分析")
    await visitor.sees("正在分析，还有 3 条")
    analyse(services)
    await visitor.see("/start?step=posts", "粘贴了 3 条", "1 条没有提到品牌，或被排除词排除", "依据：")
    await visitor.see("/start?step=watch", "0 个源 0 篇，提及 0 次", "还没有登记来源")
    await visitor.see("/start?step=judge", "第 1 条，共 2 条")
    click(visitor, "1 负面")
    await visitor.sees("第 2 条，共 2 条")
    click(visitor, "x 不相关")
    await visitor.sees("现有的都判断过了")
    await visitor.sees("2 条里判对")
    await visitor.see("/start?step=replay", "不会发预警", "没有精确到分钟")


@pytest.mark.anyio
async def test_a_robot_is_tried_before_it_is_kept(visitor: Visitor, services: Services) -> None:
    begin(services)
    await start(visitor)
    with receiver() as listening:
        listening.answers.append(Answer(body=b'{"errcode":0,"id":"m-1"}'))
        await visitor.see("/start?step=notice", "预警发到哪里")
        visitor.user.find(kind=ui.input, content="机器人地址").type(listening.url)
        click(visitor, "发一条测试消息")
        await visitor.sees("通知地址指向内网")
        visitor.user.find(kind=ui.checkbox, content="地址在内网").click()
        click(visitor, "发一条测试消息")
        await visitor.sees("对方应答 200")
        with services.database.read() as connection:
            assert channel.active(connection) == ()
        click(visitor, "保存为通知渠道")
        await visitor.sees("黄色及以上")
    with services.database.read() as connection:
        assert [each.name for each in channel.active(connection)] == ["公关群机器人"]


async def start(visitor: Visitor) -> None:
    with visitor.services.database.write() as connection:
        accounts.create(connection, SYSTEM, "管理员", PASSWORD, [Role.ADMIN], now=seed.NOW)
    await visitor.sign_in("管理员")


def click(visitor: Visitor, text: str) -> None:
    visitor.user.find(kind=ui.button, content=text).click()


def test_a_replay_says_what_would_have_been_told_and_changes_nothing(services: Services) -> None:
    begin(services)
    burst, at = seed.BURST[1], seed.NOW - timedelta(days=3)
    given = [
        a_mention(n, title=burst[0], text=f"{burst[1]} {n}", published_at=at + timedelta(minutes=n), seen_at=seed.NOW)
        for n in range(40)
    ]
    # To the day: it tells no hour, so it is in no burst.
    vague = a_mention(99, published_at=at, date_precision=DatePrecision.DAY, seen_at=seed.NOW)
    seed.add_mentions(services, [*given, vague])
    found = replay.replay(services, SYSTEM, "青柠汽车")
    [told] = found.alerts
    assert (found.said, found.mentions, found.undated) == ("会发 1 条预警（41 条信息）", 41, 1)
    assert at < told.at <= at + timedelta(hours=1) and told.level is not Level.BLUE and 20 <= told.negative <= 40
    cut = replay.replay(services, SYSTEM, "青柠汽车", seconds=-1)
    assert cut.is_cut and cut.alerts == ()
    with services.database.read() as connection:
        assert alert.list_all(connection, SYSTEM) == ()
    assert services.index.health().count == 41
    assert replay.replay(services, SYSTEM, "蓝鲸汽车").until is None


def test_judgements_are_kept_beside_the_analysis(services: Services) -> None:
    begin(services)
    loaded = posts.paste(services, SYSTEM, "青柠汽车", f"{PASTED}\n\n青柠L7 刹车失灵，太危险了！")
    assert (loaded.new, posts.paste(services, SYSTEM, "青柠汽车", PASTED).new) == (4, 0)
    analyse(services)
    shown = posts.shown(services, SYSTEM, "青柠汽车", loaded.ids)
    assert ([each.copies for each in shown.posts], shown.waiting, shown.ruled_out) == ([1, 0], 0, 1)
    bad = shown.posts[0].mention
    for verdict, right in ((Verdict.POSITIVE, 0), (Verdict.NEGATIVE, 1)):
        judging.judge(services, SYSTEM, "青柠汽车", bad.id, verdict)
        score = judging.score(judging.ten(services, SYSTEM, "青柠汽车"))
        assert score is not None and (score.right, score.judged) == (right, 1)
    with services.database.read() as connection:
        entries = audit.entries_of(connection, [f"mention:{bad.id}"])
    assert [each.details["label"] for each in entries if each.action == "mention.judged"] == ["positive", "negative"]
    kept = services.index.get(bad.id)
    assert kept is not None and kept.analysis == bad.analysis


def test_only_what_was_looked_at_is_registered(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(services)
    offered = pack.pack("汽车")
    found = [
        Checked(name=each.name, is_ok=place == 0, reason="能读取", definition=definition(each))
        for place, each in enumerate(offered)
    ]
    monkeypatch.setattr(type(services.tools), "check", lambda *_, is_inside: tuple(found))
    with pytest.raises(InvalidInput, match="没有试读过"):
        pack.register(services, SYSTEM, "青柠汽车", [offered[0].name])
    assert pack.check(services, SYSTEM, "青柠汽车") == tuple(found)
    pack.register(services, SYSTEM, "青柠汽车", [offered[0].name])
    with services.database.read() as connection:
        assert [each.name for each in sources.list_all(connection, SYSTEM)] == [offered[0].name]
    seen = watch.watch(services, SYSTEM, "青柠汽车")
    assert (seen.said, seen.is_over) == ("1 个源 0 篇，提及 0 次", False)
