"""What the command line says of itself and of wrong usage, in Chinese; the library would say it in English.

One place for all commands: help is written from a command's own parameters, and the library's complaints are told
by their type. Messages of the library never reach the user.
"""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

import typer

# How a value is called, by its type in the command's signature.
_KINDS: Final[Mapping[object, str]] = {int: "整数", float: "数字"}


def find(group: Any, words: Sequence[str]) -> tuple[str, Any]:  # Any: typer's own command classes
    """The command that the first words name, and the path to it."""
    path, command = "tingfeng", group
    for word in words:
        child = command.get_command(None, word) if hasattr(command, "get_command") else None
        if child is None:
            break
        path, command = f"{path} {word}", child
    return path, command


def help_of(path: str, command: Any) -> str:  # Any: as above
    """The help text of one command, or of a group of them."""
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    options = [parameter for parameter in shown if parameter.param_type_name == "option" and parameter.name != "help"]
    children = getattr(command, "commands", {})
    tail = [" 命令"] if children else [f" {_name(p)}" if p.required else f" [{_name(p)}]" for p in arguments]
    parts = [f"用法：{path}{''.join(tail)} [选项]", inspect.cleandoc(command.help or "")]
    parts += _section("命令", {name: inspect.cleandoc(child.help or "") for name, child in children.items()})
    parts += _section("参数", {_name(parameter): _described(parameter) for parameter in arguments})
    rows = {_name(parameter): _described(parameter) for parameter in options}
    parts += _section("选项", rows | {"--help": "显示这段说明"})
    return "\n\n".join(parts) + "\n"


def explain(error: typer.TyperException, path: str, command: Any) -> str:  # Any: as above
    """One sentence for a complaint of the library, and where the usage is described."""
    if error.message == "Missing command.":
        return help_of(path, command)
    return f"{_complaint(error)}；用法见 {path} --help\n"


def _complaint(error: Any) -> str:  # Any: the library's private error classes
    parameter = getattr(error, "param", None)
    named = f"{_KIND_NAMES[parameter.param_type_name]} {_name(parameter)}" if parameter else "参数"
    wanted = f"，应为 {accepted}" if parameter and (accepted := _accepted(parameter)) else ""
    match type(error).__name__:
        case "NoSuchOption":
            near = "、".join(sorted(error.possibilities or ()))
            return f"没有选项 {error.option_name}" + (f"，是不是 {near}" if near else "")
        case "BadOptionUsage" if "does not take" in error.message:
            return f"选项 {error.option_name} 后面不带值"
        case "BadOptionUsage":
            return f"选项 {error.option_name} 后面缺少值"
        case "MissingParameter":
            return f"缺少{named}{wanted}"
        case "BadParameter":
            return f"{named} 的值有误{wanted}"
    if extra := re.search(r"extra argument\(s\) \((.+)\)", error.message, re.DOTALL):
        return f"多余的参数：{extra[1]}"
    if unknown := re.match(r"No such command '(.*?)'", error.message, re.DOTALL):
        return f"没有命令 {unknown[1]}"
    return "用法有误"


_KIND_NAMES: Final = {"argument": "参数", "option": "选项"}


def _name(parameter: Any) -> str:  # Any: typer's own parameter classes
    return str(parameter.opts[0]) if parameter.param_type_name == "option" else parameter.name.upper()


def _described(parameter: Any) -> str:  # Any: as above
    extra = ["必填"] if parameter.required else []
    extra += [accepted] if (accepted := _accepted(parameter)) and accepted not in _KINDS.values() else []
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if parameter.show_default and not isinstance(default, bool) and default not in (None, ""):
        extra.append(f"默认 {default}")
    return (parameter.help or "") + (f"（{'；'.join(extra)}）" if extra else "")


def _accepted(parameter: Any) -> str:  # Any: as above
    """What values are taken; empty for any text."""
    typed = parameter.type_descriptor
    if typed.choices:
        return "、".join(str(getattr(choice, "value", choice)) for choice in typed.choices) + " 之一"
    kind, low, high = _KINDS.get(typed.annotation), parameter.min, parameter.max
    if kind is None:
        return ""
    if low is not None and high is not None:
        return f"{low} 到 {high} 的{kind}"
    return f"不小于 {low} 的{kind}" if low is not None else kind


def _section(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    if rows:
        width = max(map(len, rows)) + 2
        yield f"{title}：\n" + "\n".join(f"  {name:<{width}}{text}".rstrip() for name, text in rows.items())
