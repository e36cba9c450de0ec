"""The machine: Python, SQLite, time zones, clock, data folder, disk, port."""

import os
import platform
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.checkup.check import Check, bad, good, warning
from core.settings import Settings

# Guess: one day of a busy brand with evidence; below it a crawl may end half way.
LEAST_FREE_BYTES: Final = 500 * 1024 * 1024
# Source: the month of this release; a clock before it was never set.
RELEASED: Final = datetime(2026, 6, 1, tzinfo=UTC)
# Guess: a file written a moment ago on a network folder.
CLOCK_TOLERANCE: Final = timedelta(minutes=2)
ZONE: Final = "Asia/Shanghai"


def programs() -> Iterator[Check]:
    """Versions of what we stand on."""
    yield good("Python", platform.python_version())
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    version = sqlite3.sqlite_version
    if "ENABLE_FTS5" in options:
        yield good("SQLite", f"{version}，带全文检索 FTS5")
    else:
        yield bad("SQLite", f"{version}，不带全文检索 FTS5", "换用 python.org 或系统自带的 Python")
    try:
        yield good("时区", str(ZoneInfo(ZONE)))
    except ZoneInfoNotFoundError:
        yield bad("时区", f"没有时区数据 {ZONE}", "运行 pip install tzdata，或安装系统的 tzdata")


def folder(settings: Settings, now: datetime) -> Iterator[Check]:
    """Writable, with space; and the clock against the files in it."""
    place = settings.data_dir
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
        free = shutil.disk_usage(place).free
        newest = max((file.stat().st_mtime for file in place.iterdir()), default=0.0)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield bad(
            "数据目录", f"{place} 不可写（{reason}）", "检查路径和权限，或用 --data、TINGFENG_DATA_DIR 换一个目录"
        )
        return
    yield good("数据目录", str(place))
    space = f"剩余 {free // 1024**2:,} MB"
    is_enough = free >= LEAST_FREE_BYTES
    yield good("磁盘", space) if is_enough else bad("磁盘", space, "清理磁盘，或用 --data 换一个目录")
    yield clock(now, settings.clock_offset_seconds, datetime.fromtimestamp(newest, UTC))


def clock(now: datetime, offset_seconds: float, newest: datetime) -> Check:
    """newest: when a file of the data folder was written last."""
    shown = f"{now.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M:%S}（{ZONE}）"
    if now < RELEASED:
        return bad("时钟", f"{shown}，早于本软件的发布日期", "校准系统时间（NTP）")
    if newest > now + CLOCK_TOLERANCE:
        return bad("时钟", f"{shown}，早于数据目录里最新的文件", "系统时间可能被调慢，请校准（NTP）")
    if offset_seconds:
        advice = "只在回放时使用；否则删除 TINGFENG_CLOCK_OFFSET_SECONDS"
        return warning("时钟", f"{shown}，另加偏移 {offset_seconds:g} 秒", advice)
    return good("时钟", shown)


def port(settings: Settings, *, is_running: bool) -> Iterator[Check]:
    """Free, or taken by the service that runs on these data."""
    place = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if is_running:
                yield good("端口", f"{place} 正由运行中的服务使用")
            else:
                reason = os.strerror(error.errno) if error.errno else "地址无法识别"
                yield bad("端口", f"无法监听 {place}（{reason}）", "结束占用它的程序，或用 --port 换一个")
            return
    yield good("端口", f"{place} 空闲")
