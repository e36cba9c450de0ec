"""The set-up of the demo: brands, sources, rule, channels and a campaign, as a user would write them."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Final

from alerts import channel, rule
from app.demo.site_sources import source_definitions
from core import watchlist
from core.access import SYSTEM
from core.settings import Settings
from crawler import definition, sources
from response import campaign
from response.services import Services

BRAND: Final = "青柠汽车"
WEBHOOK: Final = "值班系统"

# The cast of the demo: aliases, the soda that is not meant, the rival, the campaign and its claim.
BRANDS: Final = (
    {
        "name": BRAND,
        "aliases": ["青柠L7", "青宁汽车", "QN L7", "柠檬车"],
        "ambiguous": ["青柠"],
        "exclusions": ["饮料", "苏打水", "苏打", "果汁", "鸡尾酒", "气泡水", "柠檬茶", "酸奶", "青柠汁", "青柠味"],
    },
    {"name": "蓝鲸汽车", "is_own": False},
)


def settings_of(folder: Path, port: int) -> Settings:
    """The defaults at a pace for spectators: everything that waits, waits seconds.

    Neither environment nor .env is read: what somebody has set for a product of their own does not hold here.
    """
    return Settings.model_construct(
        data_dir=folder,
        config_file=folder / "tingfeng.yaml",
        port=port,
        crawl_delay_seconds=0.0,
        alert_interval_seconds=2,
        deliver_interval_seconds=1,
        pipeline_idle_seconds=0.2,
    )


def furnish(services: Services, *, site_url: str, webhook_url: str, secret: str) -> tuple[str, ...]:
    """Store brands, sources, rule, channels and campaign; returns the names of the sources."""
    now = services.now()
    definitions = source_definitions(site_url)
    hook = {"url": webhook_url, "secret": secret, "allow_private": True}
    with services.database.write() as connection:
        for brand in BRANDS:
            watchlist.save(connection, SYSTEM, watchlist.from_definition(brand), now=now)
        for values in definitions:
            sources.save(connection, SYSTEM, definition.from_definition(values), now=now)
        for default in rule.default_rules(BRAND):
            rule.save(connection, SYSTEM, default, now=now)
        for options in (
            {"name": "日志", "kind": "log", "minimum_level": "blue"},
            {"name": WEBHOOK, "kind": "webhook", "minimum_level": "blue", "options": hook},
        ):
            channel.save(connection, SYSTEM, channel.from_definition(options), now=now)
        campaign.save(
            connection,
            SYSTEM,
            campaign.Campaign(
                name="青柠安心试驾周",
                brand=BRAND,
                starts_at=now - timedelta(days=6),
                ends_at=now + timedelta(days=2),
                words=("刹车", "制动", "试驾"),
                claim="刹得住，才安心：全系标配高性能制动",
                owner="市场部",
            ),
            now=now,
        )
    return tuple(str(values["name"]) for values in definitions)


def new_secret() -> str:
    """The webhook's shared secret, new for each demo."""
    return secrets.token_urlsafe(24)
