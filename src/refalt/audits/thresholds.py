"""The named constants that an audit decides by, with the reasons that stand above them in the source."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import refalt.audits
from refalt.audits.base import Audit

_REASON: Final = "#:"
#: Longer than this a value is a list of words, not a threshold.
_LONGEST: Final = 60


@dataclass(frozen=True)
class Threshold:
    """Constants that are set in one line, and why: name -> value as written."""

    values: Mapping[str, str]
    reason: str


@dataclass(frozen=True)
class _Source:
    """A module's top level: name -> its node, name -> the module it is imported from, name -> constant."""

    nodes: Mapping[str, ast.AST] = field(default_factory=dict)
    imported: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Threshold] = field(default_factory=dict)


def thresholds(audit: Audit) -> list[Threshold]:
    """What `check` and all that it calls within the audits' modules read, in order of first use, each once."""
    found: list[Threshold] = []
    _collect(type(audit).__module__, type(audit).__name__, set(), found)
    return list({threshold.reason: threshold for threshold in found}.values())


def _collect(module: str, name: str, seen: set[tuple[str, str]], found: list[Threshold]) -> None:
    source = _read(module)
    if (module, name) in seen:
        return
    seen.add((module, name))
    if name in source.imported:
        _collect(source.imported[name], name, seen, found)
    elif name in source.constants:
        found.append(source.constants[name])
    elif name in source.nodes:
        for part in ast.walk(source.nodes[name]):
            if isinstance(part, ast.Name):
                _collect(module, part.id, seen, found)
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                _collect(f"{refalt.audits.__name__}.{part.value.id}", part.attr, seen, found)


@functools.cache
def _read(module: str) -> _Source:
    try:
        text = inspect.getsource(importlib.import_module(module))
    except (ImportError, OSError, TypeError):
        return _Source()
    nodes: dict[str, ast.AST] = {}
    imported: dict[str, str] = {}
    constants: dict[str, Threshold] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            nodes[node.name] = node
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(refalt.audits.__name__):
            imported |= {alias.name: str(node.module) for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            constants |= _constants(node, text.splitlines())
    return _Source(MappingProxyType(nodes), MappingProxyType(imported), MappingProxyType(constants))


def _constants(node: ast.Assign | ast.AnnAssign, lines: list[str]) -> dict[str, Threshold]:
    """The names that a line sets to a literal, where a reason stands above it."""
    reason: list[str] = []
    row = node.lineno - 2
    while row >= 0 and lines[row].startswith(_REASON):
        reason.insert(0, lines[row].removeprefix(_REASON).strip())
        row -= 1
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    values = _literals(node.value, len(names))
    if not reason or values is None or any(name.startswith("_") for name in names):
        return {}
    threshold = Threshold(dict(zip(names, values, strict=True)), " ".join(reason))
    return dict.fromkeys(names, threshold)


def _literals(value: ast.expr | None, n: int) -> list[str] | None:
    parts = list(value.elts) if n > 1 and isinstance(value, ast.Tuple) else [value]
    shown = [ast.unparse(part) for part in parts if part is not None]
    literal = all(isinstance(part, ast.Constant | ast.UnaryOp | ast.Tuple) for part in parts)
    literal &= not any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in parts)
    return shown if literal and len(shown) == n and max(map(len, shown)) <= _LONGEST else None
