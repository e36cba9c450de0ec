"""One look at each page in Chromium: it renders, says nothing in the console, asks no other host, survives a reload."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, expect, sync_playwright

from tests import pictures
from tests.conftest import REPOSITORY
from tests.e2e import seed

CHROMIUM = os.environ.get("TINGFENG_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
SEARCH = "/mentions?q=刹车&sentiment=negative"
PAGES = {
    "overview": ("/", "近 30 天趋势"),
    "mentions": (SEARCH, "条"),
    "mention": ("first mention", "情感依据"),
    "alerts": ("/alerts", "YJ-20260616-01"),
    "alert": ("first alert", "触发依据"),
    "incidents": ("/incidents", "YQ-20260616-01"),
    "incident": ("first incident", "时间线"),
    "hotlists": ("/hotlists", "还没有热榜"),
    "sources": ("/sources", "隔离区"),
    "report": ("/report", "添加截图"),
    "start": ("/start?step=judge", "您来判断十条"),
}
# Where a list leads to its first entry.
LISTS = {
    "first mention": (SEARCH, ".hit-title a"),
    "first alert": ("/alerts", ".main-cell a"),
    "first incident": ("/incidents", ".main-cell a"),
}


@dataclass
class Watched:
    """A page of the browser and what it did that it should not."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> "Watched":
        own = urlsplit(self.base).netloc
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("requestfailed", lambda request: self.wrong.append(f"failed {request.url}"))
        self.page.on("request", lambda request: self._check(request.url, own))
        self.page.on("websocket", lambda socket: self._check(socket.url, own))
        return self

    def open(self, path: str) -> None:
        self.page.goto(f"{self.base}{path}")
        self.loaded()

    def loaded(self) -> None:
        expect(self.page.locator("main .view > *").first).to_be_visible()

    def address_of(self, place: str) -> str:
        if place not in LISTS:
            return place
        path, selector = LISTS[place]
        self.open(path)
        return self.page.locator(selector).first.get_attribute("href") or ""

    def _check(self, url: str, own: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != own:
            self.wrong.append(f"asked {url}")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the seeded pages in a process of their own."""
    yield from _served(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a fresh installation."""
    yield from _served(tmp_path_factory.mktemp("fresh"), "--empty")


def _served(folder: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.e2e.pages_server", str(folder), *options]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = next((line.strip() for line in server.stdout if line.strip().isdigit()), None)
        assert port is not None, "the server ended before it listened"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        reason = f"no Chromium at {CHROMIUM}; TINGFENG_TEST_CHROMIUM names another"
        (pytest.fail if os.environ.get("TINGFENG_REQUIRE_EXTERNAL") == "1" else pytest.skip)(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def session(browser: Browser, base: str) -> StorageState:
    """The cookies of somebody who signed in through the form."""
    context = browser.new_context(locale="zh-CN")
    watched = Watched(context.new_page(), base).watch()
    watched.page.goto(f"{base}{SEARCH}")
    expect(watched.page).to_have_title("登录 · 听风")
    sign_in(watched.page)
    watched.loaded()
    assert watched.page.url.endswith("/mentions?q=%E5%88%B9%E8%BD%A6&sentiment=negative")
    assert watched.wrong == []
    return context.storage_state()


def sign_in(page: Page) -> None:
    page.get_by_label("账号").fill("林晓")
    page.get_by_label("密码").fill(seed.PASSWORD)
    page.get_by_role("button", name="登录").click()


def opened(browser: Browser, base: str, session: StorageState, size: ViewportSize) -> tuple[BrowserContext, Watched]:
    context = browser.new_context(viewport=size, locale="zh-CN", storage_state=session)
    return context, Watched(context.new_page(), base).watch()


@pytest.mark.parametrize("name", PAGES)
def test_page_renders_and_survives_a_reload(browser: Browser, base: str, session: StorageState, name: str) -> None:
    place, wanted = PAGES[name]
    context, watched = opened(browser, base, session, WIDE)
    path = watched.address_of(place)
    watched.open(path)
    before = watched.page.locator("main").inner_text()
    assert wanted in before
    assert watched.page.get_by_role("heading", level=1).count() == 1
    watched.page.reload()
    watched.loaded()
    assert watched.page.locator("main").inner_text() == before
    assert watched.wrong == []
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone(browser: Browser, base: str, session: StorageState, name: str) -> None:
    context, watched = opened(browser, base, session, NARROW)
    watched.open(watched.address_of(PAGES[name][0]))
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    entry = watched.page.get_by_role("navigation").get_by_role("link", name="来源")
    expect(entry).not_to_be_in_viewport()
    watched.page.get_by_role("button", name="打开或关闭导航").click()
    expect(entry).to_be_in_viewport()
    assert watched.wrong == []
    context.close()


def test_a_bar_of_the_trend_opens_its_mentions(browser: Browser, base: str, session: StorageState) -> None:
    context, watched = opened(browser, base, session, WIDE)
    watched.open("/")
    chart = watched.page.get_by_role("img", name="30 天信息量趋势")
    expect(chart.locator("canvas")).to_be_visible()
    box = chart.bounding_box()
    assert box is not None
    watched.page.mouse.click(box["x"] + box["width"] * 0.967, box["y"] + box["height"] * 0.6)
    watched.page.wait_for_url("**/mentions?sentiment=negative&since=2026-06-16&until=2026-06-16")
    context.close()


def test_somebody_works_on_an_incident(browser: Browser, base: str, session: StorageState) -> None:
    context, watched = opened(browser, base, session, WIDE)
    watched.open(watched.address_of("first incident"))
    page = watched.page
    page.get_by_role("button", name="添加任务").click()
    page.get_by_label("任务内容").fill("整理媒体问答")
    page.get_by_label("负责人").fill("林晓")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_role("cell", name="整理媒体问答", exact=True)).to_be_visible()
    page.get_by_role("button", name="结案").click()
    page.get_by_label("结案原因").fill("误会")
    page.get_by_role("dialog").get_by_role("button", name="结案").click()
    expect(page.get_by_text("项关键任务未完成")).to_be_visible()
    assert watched.wrong == []
    context.close()


def test_somebody_reports_what_a_phone_showed(browser: Browser, base: str, session: StorageState) -> None:
    context, watched = opened(browser, base, session, NARROW)
    watched.open("/report")
    page = watched.page
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请至少填写链接、内容、截图中的一项")).to_be_visible()
    page.get_by_label("链接").fill("【青柠L7】 https://v.douyin.com/xyz/ 复制打开")
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="添加截图").click()
    chosen.value.set_files({"name": "看到的.png", "mimeType": "image/png", "buffer": pictures.png()})
    expect(page.get_by_text("看到的.png（")).to_be_visible()
    page.get_by_role("button", name="提交").click()
    page.get_by_role("link", name="查看信息").click()
    shown = page.get_by_role("img", name="截图 1")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 1
    page.go_back()
    page.get_by_role("button", name="撤回").click()
    expect(page.get_by_role("button", name="提交")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("没有这条随手报，或已撤回")).to_be_visible()
    assert watched.wrong == []
    context.close()


def test_a_fresh_installation_has_no_empty_page(browser: Browser, fresh: str) -> None:
    context = browser.new_context(viewport=WIDE, locale="zh-CN")
    watched = Watched(context.new_page(), fresh).watch()
    watched.page.goto(fresh)
    sign_in(watched.page)
    expect(watched.page.get_by_role("heading", name="开始使用")).to_be_visible()
    watched.page.get_by_role("link", name="开始，大约十分钟").click()
    watched.page.get_by_label("品牌名").fill("青柠汽车股份有限公司")
    watched.page.get_by_role("button", name="下一步").click()
    expect(watched.page.get_by_text("「青柠」也是水果名")).to_be_visible()
    watched.page.get_by_role("button", name="保存，下一步").click()
    expect(watched.page.get_by_role("heading", name="从公开来源开始")).to_be_visible()
    watched.page.go_back()
    expect(watched.page.get_by_label("青柠汽车股份有限公司：别名")).to_have_value("青柠汽车股份有限公司、青柠汽车")
    assert watched.wrong == []
    context.close()
