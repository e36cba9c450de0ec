"""Write the parts of the documentation that the code knows best: settings, commands, errors, API.

``python docs/generate.py`` writes them, tests/unit/test_docs.py fails when they are not what it would write.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import typer.main  # noqa: E402  # the checkout must be found first

from api.server import describe  # noqa: E402
from app.cli import COMMANDS  # noqa: E402
from core.errors import TingfengError  # noqa: E402
from core.settings import Settings  # noqa: E402


def pages() -> Mapping[str, str]:
    """File name → text of every generated page."""
    return {
        "settings.md": "\n".join(settings()) + "\n",
        "commands.md": "\n".join(commands()) + "\n",
        "api.md": "\n".join(api(describe())) + "\n",
    }


def settings() -> Iterator[str]:
    """One row per setting."""
    yield "# 设置\n"
    yield "用环境变量或当前目录的 `.env` 文件设置，读取一次，改后需重新启动。`tingfeng doctor` 显示生效的值。"
    yield "品牌、来源、规则、渠道不是设置，写在 `tingfeng.yaml` 里或在运行中修改。\n"
    yield "| 环境变量 | 默认值 | 说明 |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `TINGFENG_{name.upper()}` | {default} | {field.description} |"


def commands() -> Iterator[str]:
    """One section per command, from its own help."""
    yield "# 命令\n"
    yield "`tingfeng 命令 --help` 显示同样的内容。退出码：0 完成，1 失败，2 配置或用法有误，130 被中断。"
    yield "结果写到标准输出（一行一条 JSON，UTF-8），进度和日志写到标准错误。\n"
    for name, (module, text) in COMMANDS.items():
        yield f"## tingfeng {name}\n\n{text}。\n"
        yield from _command(typer.main.get_command(import_module(module).command), f"tingfeng {name}")


def _command(command: Any, path: str) -> Iterator[str]:  # Any: typer's own click classes
    children = getattr(command, "commands", None)
    if children:
        for name, child in children.items():
            yield f"### {path} {name}\n"
            yield from _command(child, f"{path} {name}")
        return
    yield inspect.cleandoc(command.help or "") + "\n"
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if rows := [f"| `{_name(p)}` | {p.help or ''} |" for p in shown if p.name != "help"]:
        yield "| 参数 | 说明 |\n|---|---|\n" + "\n".join(rows) + "\n"


def _name(parameter: Any) -> str:  # Any: as above
    return parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()


def api(schema: Mapping[str, Any]) -> Iterator[str]:  # Any: an OpenAPI document
    """One row per operation, then the error codes."""
    yield "# API\n"
    yield inspect.cleandoc(schema["info"].get("description", "")) + "\n"
    yield "## 接口\n\n| 方法和路径 | 说明 | 参数 | 内容（JSON） |\n|---|---|---|---|"
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            names = ", ".join(f"`{p['name']}`" for p in operation.get("parameters", ()) if p["in"] == "query")
            body = ", ".join(f"`{name}`" for name in _body(operation, schema))
            yield f"| `{method.upper()} {path}` | {operation['summary']} | {names} | {body} |"
    yield "\n带 `?` 的可以不写。检索式的写法见 [search.md](search.md)，来源的键见 [sources.md](sources.md)。"
    yield "\n## 错误\n\n错误以 `application/problem+json` 返回：`code`、`title`、`detail`、`details`、`request_id`。\n"
    yield "| code | HTTP | 含义 | 可重试 |\n|---|---|---|---|"
    for kind in sorted(_kinds(TingfengError), key=lambda kind: kind.code):
        yield f"| `{kind.code}` | {kind.http_status} | {kind.title} | {'是' if kind.retryable else '否'} |"


def _body(operation: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:  # Any: an OpenAPI document
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = content.get("$ref", content.get("allOf", [{}])[0].get("$ref", "")).rpartition("/")[2]
    found = schema["components"]["schemas"].get(name, content)
    for field in found.get("properties", ()):
        yield field if field in found.get("required", ()) else f"{field}?"


def _kinds(kind: type[TingfengError]) -> Iterator[type[TingfengError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


if __name__ == "__main__":
    for file_name, content in pages().items():
        (FOLDER / file_name).write_text(content, encoding="utf-8")
