"""All settings: one class, environment prefix TINGFENG_, optional .env, defaults that need no server.

Read once in ``app.cli`` and passed down; never a global. What users change while running (brands, sources,
rules, channels) is data in the state database, not a setting. Every field has a row in docs/settings.md.
"""

import os
import secrets
from contextlib import suppress
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from core.errors import ConfigurationError
from core.validation import sentence

SECRET_FILE: Final = "secret.key"
SECRET_FOLDER: Final = "secrets"
SECRET_PREFIX: Final = "TINGFENG_SECRET_"


class IndexEngine(StrEnum):
    """Which engine holds the search index."""

    EMBEDDED = "embedded"
    ELASTIC = "elastic"


class Settings(BaseSettings):
    """Effective settings of one process. ``data_dir`` holds databases, secrets, logs and evidence."""

    model_config = SettingsConfigDict(env_prefix="TINGFENG_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default=Path("tingfeng-data"), description="数据目录：数据库、索引、密钥")
    config_file: Path = Field(default=Path("tingfeng.yaml"), description="品牌、来源、规则、渠道的配置文件")
    database_url: str | None = Field(default=None, description="状态库地址；留空时用数据目录里的 SQLite")
    index_engine: IndexEngine = Field(default=IndexEngine.EMBEDDED, description="检索引擎：embedded 或 elastic")
    elasticsearch_url: str | None = Field(default=None, description="Elasticsearch 地址，index_engine=elastic 时必填")
    elasticsearch_api_key: SecretStr | None = Field(default=None, description="Elasticsearch API key")
    elasticsearch_index: str = Field(default="mentions", description="Elasticsearch 索引别名（前缀）")
    host: str = Field(default="127.0.0.1", description="网页和 API 监听的地址")
    port: int = Field(default=8080, ge=0, le=65535, description="网页和 API 监听的端口；0 表示任选空闲端口")
    public_url: str | None = Field(default=None, description="同事访问用的网址，写进通知里的链接")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="日志级别")
    request_size_limit_megabytes: int = Field(
        default=10, ge=1, le=1000, description="单个请求内容的大小上限（MB），截图另计"
    )
    session_hours: int = Field(default=12, ge=1, le=720, description="登录有效期（小时）")
    crawl_delay_seconds: float = Field(default=3.0, ge=0, description="同一站点两次请求的间隔（秒），来源可另设")
    host_requests_per_day: int = Field(
        default=20_000, ge=1, description="每天对同一站点最多请求多少次（所有来源合计），到了就停，第二天继续"
    )
    crawl_timeout_seconds: int = Field(default=600, ge=10, description="一次采集最长时间（秒）")
    crawl_interval_minutes: int = Field(default=10, ge=1, description="来源默认的采集间隔（分钟）")
    page_size_limit_megabytes: int = Field(default=8, ge=1, le=100, description="单个网页的大小上限（MB）")
    user_agent: str = Field(default="Tingfeng/0.1 (+brand monitoring)", description="采集时的 User-Agent")
    pipeline_batch: int = Field(default=200, ge=1, le=500, description="分析每批条数")
    pipeline_idle_seconds: float = Field(default=1.0, gt=0, description="没有新信息时分析进程等待的秒数")
    alert_interval_seconds: int = Field(default=60, ge=1, description="预警计算间隔（秒）")
    deliver_interval_seconds: int = Field(default=5, ge=1, description="通知发送间隔（秒）")
    incident_level: str = Field(
        default="orange", pattern="^(blue|yellow|orange|red)$", description="达到该级别自动建舆情事件"
    )
    retention_days: int = Field(default=365, ge=1, description="信息保留天数，每天清理一次")
    hash_authors: bool = Field(default=False, description="作者名只存散列值")
    segmenter: str = Field(default="auto", pattern="^(auto|rjieba|jieba)$", description="分词库：auto 优先 rjieba")
    sentiment_engine: str = Field(default="snownlp", pattern="^snownlp$", description="情感引擎")
    import_dir: Path | None = Field(default=None, description="放进这个目录的表格自动导入；留空不用，见 import.md")
    import_mail_host: str | None = Field(default=None, description="收取提醒邮件的 IMAP 服务器；留空不用，见 import.md")
    import_mail_port: int = Field(default=993, ge=1, le=65535, description="IMAP 端口（TLS）")
    import_mail_user: str = Field(default="", description="邮箱账号")
    import_mail_password: SecretStr | None = Field(default=None, description="邮箱密码或授权码")
    import_mail_folder: str = Field(default="INBOX", description="读取的邮件文件夹")
    import_mail_senders: str = Field(default="", description="只收这些发件人，用逗号隔开；@域名 表示整个域名")
    clock_offset_seconds: float = Field(default=0.0, description="时钟偏移（秒），回放用")

    @property
    def state_url(self) -> str:
        """SQLAlchemy address of the state database."""
        if self.database_url:
            return self.database_url
        return f"sqlite:///{(self.data_dir / 'state.sqlite3').absolute()}"

    @property
    def index_file(self) -> Path:
        """The embedded search index; derived, ``tingfeng reindex`` rebuilds it."""
        return self.data_dir / "index.sqlite3"

    def masked(self) -> dict[str, object]:
        """Effective values for ``tingfeng doctor``: secrets and passwords in addresses are not shown."""
        values = self.model_dump(mode="json")
        for name in ("database_url", "elasticsearch_url"):
            values[name] = _without_password(values[name])
        return values | dict.fromkeys(self.secrets, "******")

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that are set, as they are."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value.get_secret_value() for name, value in given.items() if isinstance(value, SecretStr)}


def read_settings(**overrides: object) -> Settings:
    """Read environment, .env and explicit overrides (None means not given).

    Raises ConfigurationError for an unknown TINGFENG_ variable or a bad value.
    """
    _refuse_unknown_names()
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic validates, that is its job
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        raise ConfigurationError(f"设置 TINGFENG_{name.upper()} 有误：{sentence(first)}", setting=name) from error


def secret_key(settings: Settings) -> str:
    """Return the installation's secret (sessions, signatures); the first start makes one, mode 0600."""
    path = settings.data_dir / SECRET_FILE
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
        secret = path.read_text().strip()
    except OSError as error:
        raise ConfigurationError(f"数据目录 {settings.data_dir} 不可写，请检查权限或磁盘空间") from error
    if not secret:
        raise ConfigurationError(f"密钥文件 {path} 是空的，请删除后重试")
    return secret


def _make_secret(path: Path) -> None:
    """Write beside, then link: a full disk leaves no empty file, and the first of two processes wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def named_secret(settings: Settings, name: str) -> str:
    """A secret of the user's, for a source: TINGFENG_SECRET_<NAME>, also in .env, or a file in the data folder.

    The file is ``secrets/<name>``, readable by its owner alone. Raises ConfigurationError where there is none.
    """
    variable = SECRET_PREFIX + name.upper()
    path = settings.data_dir / SECRET_FOLDER / name
    try:
        found = os.environ.get(variable) or _in_env_file(variable) or _private_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"密钥文件 {SECRET_FOLDER}/{name} 无法读取", secret=name) from error
    if not found.strip():
        raise ConfigurationError(
            f"没有密钥 {name}：请设置环境变量 {variable}，或放进数据目录 {SECRET_FOLDER}/{name}（权限 600）"
        )
    return found.strip()


def _private_text(path: Path) -> str:
    if not path.exists():
        return ""
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"密钥文件 {SECRET_FOLDER}/{path.name} 能被他人读取，请先 chmod 600")
    return path.read_text(encoding="utf-8")


def _in_env_file(variable: str) -> str:
    return DotEnvSettingsSource(Settings).env_vars.get(variable.lower()) or ""


# Read by tests, by the container and for sources (``named_secret``), not by Settings.
_FOREIGN_PREFIXES: Final = ("TINGFENG_TEST_", "TINGFENG_REQUIRE_", "TINGFENG_BENCH_", SECRET_PREFIX)


def _refuse_unknown_names() -> None:
    known = {f"TINGFENG_{name.upper()}" for name in Settings.model_fields}
    for name in sorted({*map(str.upper, os.environ), *_names_in_file()} - known):
        if name.startswith("TINGFENG_") and not name.startswith(_FOREIGN_PREFIXES):
            near = get_close_matches(name.removeprefix("TINGFENG_").lower(), Settings.model_fields, n=1)
            meant = f"，是不是 TINGFENG_{near[0].upper()}？" if near else "；"
            raise ConfigurationError(f"不认识的设置 {name}{meant}全部设置见 docs/settings.md", setting=name)


def _names_in_file() -> set[str]:
    """Names in .env, in capitals: like the environment's they count in any case."""
    try:
        return {name.upper() for name in DotEnvSettingsSource(Settings).env_vars}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("当前目录的 .env 无法读取（应为 UTF-8 文本）") from error


def _without_password(url: object) -> object:
    if not isinstance(url, str):
        return url
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":******@")))
