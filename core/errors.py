"""The whole error tree. The type tells the caller what to do; the text tells the user.

TingfengError            code, message (Chinese), details (dict, safe to show), http_status, retryable
├─ UserError             the caller can fix it
│  ├─ InvalidInput 422 (KeyReused) · InvalidQuery 400 (position) · NotFound 404
│  ├─ Conflict 409  (StaleVersion, IllegalTransition, StillOpen, InProgress)
│  └─ NotLoggedIn 401 · NotAllowed 403 · TooLarge 413 · TooManyRequests 429
├─ SourceError           SourceUnreachable (retry) · SourceRefused (pause, tell) · SourceChanged (quarantine, tell)
├─ AnalysisError         ModelMissing · TooLittleHistory
├─ StoreError            StoreUnavailable (retry) · SchemaOutOfDate
├─ DeliveryError         DeliveryFailed (retry) · DeliveryRejected (fall back)
└─ ConfigurationError    at start; exit status 2

Library exceptions are translated in the room that owns the library, with ``raise ... from``. Messages
never carry SQL, paths of the server or exception texts of libraries: they reach users as they are.
"""

from typing import ClassVar


class TingfengError(Exception):
    """Base of everything this product raises on purpose.

    message: Chinese, one sentence a user can act on. details: JSON-ready and safe to show.
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "内部错误"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_line(self) -> dict[str, object]:
        """Return the error object of a ``--jsonl`` line and of a quarantine row."""
        return {"code": self.code, "message": self.message}


class UserError(TingfengError):
    """The caller can fix it."""

    code = "user_error"
    title = "请求有误"
    http_status = 400


class InvalidInput(UserError):
    """A value is missing or wrong."""

    code = "invalid_input"
    title = "输入有误"
    http_status = 422


class KeyReused(InvalidInput):
    """An idempotency key that belongs to a request with another body."""

    code = "key_reused"
    title = "幂等键已用于其他内容"


class InvalidQuery(UserError):
    """A search expression that cannot be read; ``details["position"]`` is a code point offset, 0-based."""

    code = "invalid_query"
    title = "检索式有误"

    def __init__(self, message: str, *, position: int, **details: object) -> None:
        super().__init__(message, position=position, **details)
        self.position = position


class NotFound(UserError):
    """The named thing does not exist."""

    code = "not_found"
    title = "没有找到"
    http_status = 404


class Conflict(UserError):
    """The request does not fit the present state."""

    code = "conflict"
    title = "状态冲突"
    http_status = 409


class StaleVersion(Conflict):
    """Somebody else changed the record first; details carry the present version."""

    code = "stale_version"
    title = "内容已被他人修改"


class IllegalTransition(Conflict):
    """The transitions table has no such step."""

    code = "illegal_transition"
    title = "当前状态不允许此操作"


class StillOpen(Conflict):
    """Something must be finished first; details list it."""

    code = "still_open"
    title = "尚有未完成事项"


class InProgress(Conflict):
    """The same request is being worked on; ``details["retry_after_seconds"]`` says when to come back."""

    code = "in_progress"
    title = "同一请求正在处理"
    retryable = True


class NotLoggedIn(UserError):
    """No valid session or token."""

    code = "not_logged_in"
    title = "请先登录"
    http_status = 401


class NotAllowed(UserError):
    """The person's roles do not grant the action."""

    code = "not_allowed"
    title = "没有权限"
    http_status = 403


class TooLarge(UserError):
    """The request has more bytes than the settings allow."""

    code = "too_large"
    title = "请求内容过大"
    http_status = 413


class TooManyRequests(UserError):
    """``details["retry_after_seconds"]`` says when to come back."""

    code = "too_many_requests"
    title = "请求过于频繁"
    http_status = 429


class SourceError(TingfengError):
    """A site, feed or file did not yield what it should."""

    code = "source_error"
    title = "来源异常"
    http_status = 502


class SourceUnreachable(SourceError):
    """No answer, or an answer that may be better later."""

    code = "source_unreachable"
    title = "来源无法访问"
    retryable = True


class SourceRefused(SourceError):
    """The source (robots, status 401/403, login wall) or our own rules say no: pause it and tell."""

    code = "source_refused"
    title = "来源拒绝访问"


class SourceChanged(SourceError):
    """The answer came but could not be read as configured: quarantine it and tell."""

    code = "source_changed"
    title = "来源结构已变化"


class AnalysisError(TingfengError):
    """A text could not be analysed."""

    code = "analysis_error"
    title = "分析失败"


class ModelMissing(AnalysisError):
    """The configured engine has no model."""

    code = "model_missing"
    title = "模型缺失"


class TooLittleHistory(AnalysisError):
    """Not enough data for an estimate."""

    code = "too_little_history"
    title = "历史数据不足"


class StoreError(TingfengError):
    """The database or the index cannot serve."""

    code = "store_error"
    title = "存储异常"
    http_status = 503


class StoreUnavailable(StoreError):
    """Locked, full, or away: try again."""

    code = "store_unavailable"
    title = "存储暂不可用"
    retryable = True


class SchemaOutOfDate(StoreError):
    """The tables or the index are of another release."""

    code = "schema_out_of_date"
    title = "数据库版本过旧"


class DeliveryError(TingfengError):
    """A channel did not take the message."""

    code = "delivery_error"
    title = "通知发送失败"
    http_status = 502


class DeliveryFailed(DeliveryError):
    """Try again; ``retry_after_seconds`` in details when the vendor named a wait."""

    code = "delivery_failed"
    retryable = True


class DeliveryRejected(DeliveryError):
    """Do not try again on this channel (bad key, bad signature, too long): fall back to the next."""

    code = "delivery_rejected"
    title = "通知被拒收"


class ConfigurationError(TingfengError):
    """Raised at start; the command line ends with exit status 2."""

    code = "configuration_error"
    title = "配置有误"


def all_codes(kind: type[TingfengError] = TingfengError) -> tuple[str, ...]:
    """Return every error code, sorted; the documentation test compares it with docs/api.md."""
    found = {kind.code}
    for child in kind.__subclasses__():
        found.update(all_codes(child))
    return tuple(sorted(found))
