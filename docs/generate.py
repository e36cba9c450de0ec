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
EXAMPLE = FOLDER / "example.sh"
FIELDS = FOLDER / "fields.yaml"
TYPES = {"string": "文字", "integer": "整数", "number": "数", "boolean": "是否", "object": "对象"}
sys.path.insert(0, str(FOLDER.parent))

import typer.main  # noqa: E402  # the checkout must be found first
import yaml  # noqa: E402

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
    yield "品牌、来源、规则、渠道不是设置，写在 `tingfeng.yaml` 里或在运行中修改。"
    yield "来源的密钥放在 `TINGFENG_SECRET_名字` 里，见 [sources.md](sources.md)。\n"
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
    """The example, one row per operation, the error codes, then the shapes of the answers."""
    yield "# API\n"
    yield inspect.cleandoc(schema["info"].get("description", "")) + "\n"
    yield f"## 例子\n\n```sh\n{EXAMPLE.read_text(encoding='utf-8')}```\n"
    yield "## 接口\n\n| 方法和路径 | 说明 | 参数 | 内容 | 返回 |\n|---|---|---|---|---|"
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            names = ", ".join(f"`{p['name']}`" for p in operation.get("parameters", ()) if p["in"] == "query")
            body = ", ".join(f"`{name}`" for name in _body(operation, schema))
            answer = _answer(operation)
            shape = _type(answer) if answer else ""
            yield f"| `{method.upper()} {path}` | {operation['summary']} | {names} | {body} | {shape} |"
    yield "\n内容是 JSON，`reports` 的是 `multipart/form-data`。"
    yield "带 `?` 的可以不写。检索式的写法见 [search.md](search.md)，来源的键见 [sources.md](sources.md)。"
    yield "\n## 错误\n\n错误以 `application/problem+json` 返回：`code`、`title`、`detail`、`details`、`request_id`。\n"
    yield "| code | HTTP | 含义 | 可重试 |\n|---|---|---|---|"
    for kind in sorted(_kinds(TingfengError), key=lambda kind: kind.code):
        yield f"| `{kind.code}` | {kind.http_status} | {kind.title} | {'是' if kind.retryable else '否'} |"
    yield from _shapes(schema)


def _body(operation: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:  # Any: an OpenAPI document
    content = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {}).get("schema", {})
    name = content.get("$ref", content.get("allOf", [{}])[0].get("$ref", "")).rpartition("/")[2]
    found = schema["components"]["schemas"].get(name, content)
    for field in found.get("properties", ()):
        yield field if field in found.get("required", ()) else f"{field}?"


def _answer(operation: Mapping[str, Any]) -> Mapping[str, Any] | None:  # Any: an OpenAPI document
    """The schema of the answer when all goes well; None when it has no JSON."""
    good = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
    found: Mapping[str, Any] | None = good.get("content", {}).get("application/json", {}).get("schema")
    return found or None


def _shapes(schema: Mapping[str, Any]) -> Iterator[str]:  # Any: an OpenAPI document
    """One table per shape, in the order in which the answers need them."""
    known, notes = schema["components"]["schemas"], yaml.safe_load(FIELDS.read_text(encoding="utf-8"))
    waiting = [_answer(each) for operations in schema["paths"].values() for each in operations.values()]
    names = list(dict.fromkeys(name for answer in waiting for name in _named(answer, known)))
    yield "\n## 返回的内容\n\n时间是带 +08:00 的文字。`X[]` 是列表，`？` 表示可能为 null。列举的值是全部可能的值。"
    for name in names:
        title = _title(name)
        yield f"\n### {title}\n\n| 字段 | 类型 | 说明 |\n|---|---|---|"
        for field, kind in known[name]["properties"].items():
            note = notes.get(f"{title}.{field}") or notes.get(field)
            if note is None:
                sys.exit(f"docs/fields.yaml does not say what {title}.{field} means")
            yield f"| `{field}` | {_type(kind, known)} | {note} |"


def _named(part: Any, known: Mapping[str, Any]) -> Iterator[str]:  # Any: as above
    """Shapes with fields that a part of the document leads to, outer ones first."""
    if isinstance(part, list):
        for each in part:
            yield from _named(each, known)
    elif isinstance(part, Mapping):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if "properties" in known.get(name, {}):
            yield name
            yield from _named(known[name]["properties"], known)
        for each in part.values():
            yield from _named(each, known)


def _title(name: str) -> str:
    """alerts__finding__Finding → alerts.Finding: two rooms have a shape of this name."""
    first, _, rest = name.partition("__")
    return f"{first}.{rest.rpartition('__')[2]}" if rest else name


def _type(kind: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> str:  # Any: as above
    """A link to a shape, the values of an enumeration, or a plain type in Chinese."""
    if "$ref" in kind:
        name = kind["$ref"].rpartition("/")[2]
        values = (known or {}).get(name, {}).get("enum")
        if values:
            return " ".join(f"`{value}`" for value in values)
        return f"[{_title(name)}](#{_title(name).lower().replace('.', '')})"
    if "anyOf" in kind:
        return f"{_type(next(each for each in kind['anyOf'] if each.get('type') != 'null'), known)}？"
    if kind.get("type") == "array":
        return f"{_type(kind['items'], known)}[]"
    return TYPES[kind["type"]]


def _kinds(kind: type[TingfengError]) -> Iterator[type[TingfengError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


if __name__ == "__main__":
    for file_name, content in pages().items():
        (FOLDER / file_name).write_text(content, encoding="utf-8")
