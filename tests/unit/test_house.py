"""The rules of the house that no tool checks: sizes, names, imports at the top, complete lists, no stray files."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.dockerfile import kept_paths
from tests.servers.elasticsearch import VERSION as ELASTICSEARCH

ROOT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = {"alerts", "api", "app", "core", "crawler", "dashboard", "index", "nlp", "response"}
TOP_LEVEL: Final = ROOMS | {
    ".ci", ".dockerignore", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "DESIGN.md", "Dockerfile",
    "LICENSE", "Makefile", "README.md", "docker-compose.yml", "docs", "pyproject.toml",
    "requirements-dev.lock", "requirements.lock", "tests",
}  # fmt: skip
LINES_OF_A_FILE: Final = 400
LINES_OF_A_FUNCTION: Final = 50
MIGRATIONS: Final = ROOT / "app/migrations/versions"  # written once, table after table, never changed
EMPTY_NAMES: Final = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
# The two places that load modules by name, so that `tingfeng --help` is quick and an unused engine is never imported.
LOADERS: Final = {"app/cli/__init__.py", "app/wiring.py"}
# In two parts, so that this file does not contain what it forbids.
FORBIDDEN_TEXT: Final = [
    *("/" + folder + "/" for folder in ("work", "farm", "root")),
    *(name + "." + ending for name, ending in [
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("golang", "org"), ("crates", "io"),
        ("maven.apache", "org"), ("maven", "org"), ("deb.debian", "org"),
    ]),
]  # fmt: skip


def sources() -> list[Path]:
    """Every Python file of the product and its tests."""
    return [path for folder in sorted(ROOMS | {"tests"}) for path in sorted((ROOT / folder).rglob("*.py"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def committed() -> list[str]:
    """Every file under version control; skips where there is no version control."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0 or not listing.stdout:
        pytest.skip("not a git checkout: what belongs to the repository is unknown")
    return listing.stdout.rstrip("\0").split("\0")


@cache
def project() -> dict[str, Any]:
    """The project file; what a TOML table holds has no common type."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(lock: str) -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pins}


def declared(lines: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports."""
    nodes = list(ast.walk(tree(path)))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {module.split(".")[0] for module in whole | parts}


def test_imports_stand_at_the_top_of_their_file() -> None:
    hidden = [
        f"{name(path)}:{node.lineno}"
        for path in sources()
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_only_the_loaders_import_by_name() -> None:
    loads = {
        name(path)
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) in {"import_module", "__import__"}
        and not name(path).startswith("tests/")
    }
    assert loads <= LOADERS


def test_type_only_imports_are_not_used() -> None:
    guarded = [
        f"{name(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    assert guarded == []


def test_files_are_short() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}


def test_functions_are_short() -> None:
    long = [
        f"{name(path)}:{function.lineno} {function.name} {lines}"
        for path in sources()
        if MIGRATIONS not in path.parents
        for function in functions(path)
        if (lines := (function.end_lineno or function.lineno) - function.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_names_say_what_is_inside() -> None:
    parts = {part for path in sources() for part in Path(name(path)).with_suffix("").parts}
    assert parts & EMPTY_NAMES == set()


def test_every_folder_of_modules_is_a_package() -> None:
    """A folder without __init__.py is not seen by the import contracts."""
    folders = {path.parent for path in sources()} - {MIGRATIONS}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_every_list_of_packages_is_complete() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    makefile = re.search(r"^ROOMS := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert makefile
    assert packages == ROOMS
    assert set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == ROOMS
    assert set(project()["tool"]["importlinter"]["root_packages"]) == ROOMS
    assert set(project()["tool"]["mypy"]["packages"]) == ROOMS | {"tests"}
    assert set(makefile[1].split()) == ROOMS
    assert set(kept_paths((ROOT / ".dockerignore").read_text(encoding="utf-8"))) >= ROOMS


def test_only_declared_libraries_are_imported() -> None:
    """A library that another one brings today may be gone with its next release."""
    owners = packages_distributions()
    product = declared(project()["project"]["dependencies"])
    both = product | declared(project()["dependency-groups"]["dev"])
    undeclared = {
        f"{name(path)}: {module}"
        for path in sources()
        for module in imported(path) - sys.stdlib_module_names - ROOMS - {"tests"}
        if not {canonicalize_name(owner) for owner in owners.get(module, [])}
        & (both if name(path).startswith("tests/") else product)
    }
    assert undeclared == set()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    groups = project()["dependency-groups"]
    for lock, wanted in {
        "requirements.lock": project()["project"]["dependencies"] + groups["build"],
        "requirements-dev.lock": groups["dev"],
    }.items():
        versions = locked(lock)
        asked = [Requirement(line) for line in wanted]
        assert [
            str(each) for each in asked if not each.specifier.contains(versions.get(canonicalize_name(each.name), "0"))
        ] == []


def test_both_locks_agree() -> None:
    product, development = locked("requirements.lock"), locked("requirements-dev.lock")
    assert {
        package for package in product.keys() & development.keys() if product[package] != development[package]
    } == set()


def test_one_version_of_a_tool_everywhere() -> None:
    uv = {
        file: set(re.findall(r"uv==[\d.]+", (ROOT / file).read_text(encoding="utf-8")))
        for file in ("Makefile", "Dockerfile")
    }
    assert len(uv["Makefile"]) == 1
    assert uv["Makefile"] == uv["Dockerfile"]
    assert f"image: elasticsearch:{ELASTICSEARCH}\n" in (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_the_top_level_is_what_was_agreed() -> None:
    assert {file.split("/")[0] for file in committed()} == TOP_LEVEL


def test_the_repository_names_no_machine_and_no_registry() -> None:
    found = []
    for file in committed():
        text = (ROOT / file).read_text(encoding="utf-8", errors="ignore") if (ROOT / file).is_file() else ""
        found += [f"{file}: {forbidden}" for forbidden in FORBIDDEN_TEXT if forbidden in text]
    assert found == []
