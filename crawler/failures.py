"""Turn what goes wrong on the way to a page into one of our errors, with a sentence the user can act on."""

import logging
from typing import Final
from urllib.parse import urlsplit

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionClosed

from core.errors import SourceChanged, SourceError, SourceRefused, SourceUnreachable, TingfengError

_LOG: Final = logging.getLogger(__name__)

# What a download may raise, for the one place that awaits a download itself (robots.txt).
DOWNLOAD_ERRORS: Final = (
    TingfengError,
    IgnoreRequest,
    CannotResolveHostError,
    ConnectError,
    ConnectionClosed,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    OSError,
    ValueError,
)


def explain(error: BaseException, *, url: str, redirects: int = 0, most_redirects: int = 0) -> TingfengError:
    """Name the failure of a download. redirects: how many were followed before it."""
    if isinstance(error, TingfengError):
        return error
    host = urlsplit(url).hostname or url
    _LOG.warning("download of %s failed: %s: %s", url, type(error).__name__, error)
    match error:
        case IgnoreRequest() if redirects >= most_redirects > 0:
            return SourceChanged(f"{host} 重定向次数过多，可能是死循环", url=url)
        case DownloadCancelledError() | IgnoreRequest():
            return SourceChanged("网页超过大小上限，已放弃下载", url=url)
        case CannotResolveHostError():
            return SourceUnreachable(f"域名 {host} 无法解析，请检查网址或网络", url=url)
        case DownloadConnectionRefusedError():
            return SourceUnreachable(f"{host} 拒绝连接，网站可能已关闭或端口有误", url=url)
        case DownloadTimeoutError():
            return SourceUnreachable(f"{host} 没有在限定时间内答复，稍后自动重试", url=url)
        case UnsupportedURLSchemeError() | NotSupported():
            return SourceRefused("只采集 http 和 https 网址", url=url)
    broken = "加密连接失败，请检查网址和网站的证书（HTTPS）" if _is_tls(error) else "连接中断，稍后自动重试"
    return SourceUnreachable(f"与 {host} 的{broken}", url=url)


def _is_tls(error: BaseException) -> bool:
    """Whether the connection broke on encryption; told by the names of libraries that are not ours to import."""
    reasons = getattr(error.__cause__, "reasons", ())
    return any(type(reason.value).__module__.startswith(("OpenSSL", "service_identity")) for reason in reasons)


def from_status(status: int, *, url: str, retry_after_seconds: float | None = None) -> SourceError:
    """Name the failure behind an HTTP status other than success."""
    if status in (401, 403, 407, 451):
        return SourceRefused(f"网站拒绝访问（{status}），可能需要登录或不允许采集", url=url, status=status)
    if status in (404, 410):
        return SourceChanged(f"网页不存在（{status}），请检查网址", url=url, status=status)
    if status == 429:
        detail = {"retry_after_seconds": retry_after_seconds} if retry_after_seconds is not None else {}
        return SourceUnreachable("网站要求放慢采集（429），稍后自动重试", url=url, status=status, **detail)
    if status >= 500:
        detail = {"retry_after_seconds": retry_after_seconds} if retry_after_seconds is not None else {}
        return SourceUnreachable(f"网站出错（{status}），稍后自动重试", url=url, status=status, **detail)
    return SourceChanged(f"网站的答复无法使用（状态 {status}）", url=url, status=status)
