"""The house rules that a linter does not know."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "refalt"
FILES = sorted(path for path in SOURCE.rglob("*.py") if "blanks" not in path.parts)
LONGEST_FILE = 300
LONGEST_FUNCTION = 60
#: Files that may be longer until they are divided, with the length they must not grow beyond. Only ever shrinks.
LONG_FILES: dict[str, int] = {}
#: Parts of a name that say nothing.
EMPTY_WORDS = {"data", "info", "util", "utils", "helper", "helpers", "common", "misc", "manager", "process", "tmp"}


def _relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _is_mirrored(path: Path) -> bool:
    return path.name not in ("__init__.py", "__main__.py")


@pytest.mark.parametrize("path", [path for path in FILES if _is_mirrored(path)], ids=_relative)
def test_every_source_file_has_a_test_file_in_the_same_place(path: Path) -> None:
    relative = path.relative_to(SOURCE)
    assert (ROOT / "tests" / relative.parent / f"test_{relative.name}").is_file()


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONG_FILES.get(_relative(path), LONGEST_FILE)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            documented = len((ast.get_docstring(node) or "").splitlines())
            assert length - documented <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_public_functions_and_classes_say_what_they_are(path: Path) -> None:
    for node in ast.iter_child_nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_names_say_something(path: Path) -> None:
    names = {path.stem}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    said = {word for name in names for word in re.split(r"_|(?<=[a-z])(?=[A-Z])", name)}
    assert not {word.lower() for word in said} & EMPTY_WORDS


@pytest.mark.parametrize("path", FILES, ids=_relative)
def test_nothing_is_left_open(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)
    assert "NotImplementedError" not in text


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    heavy = ("matplotlib", "scipy", "numba", "polars", "pydantic", "grpc", "jinja2", "pyarrow")
    script = f"import sys, refalt.cli.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
