"""What the pages say is what the code does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from refalt.cli.app import app
from refalt.studies.library import library_study

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^\s*\$ (refalt .*?)(?:\s{2,}#.*)?$", re.MULTILINE)
INLINE = re.compile(r"`(refalt [a-z][^`]*)`")
LINK = re.compile(r"\]\((?!http|#)([^)#]+)\)")


def _commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found += [(page.name, command.strip()) for command in (*COMMAND.findall(text), *INLINE.findall(text))]
    return found


@pytest.mark.parametrize(("page", "command"), _commands(), ids=lambda value: str(value))
def test_every_command_in_the_pages_is_one(page: str, command: str) -> None:
    group = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    known = group.commands  # type: ignore[attr-defined]
    assert words[0] in known, f"{page}: {command}"
    options = {
        option for parameter in known[words[0]].params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    for word in words[1:]:
        if word.startswith("-"):
            assert word.split("=")[0] in options, f"{page}: {command}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_reference_pages_are_what_the_code_says() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "make_docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run: make docs"


def test_the_example_is_the_study_of_that_name() -> None:
    example = tomllib.loads((ROOT / "examples" / "lcl-dsqtl.toml").read_text(encoding="utf-8"))
    shipped = library_study("lcl-dsqtl")
    assert shipped is not None
    assert example == tomllib.loads(shipped.read_text(encoding="utf-8"))
