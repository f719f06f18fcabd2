"""Reading a study file: TOML to a checked `Study`, every mistake told with its line and the nearest key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from refalt.errors import UserError, nearest_name
from refalt.studies.study import Study

_M = TypeVar("_M", bound=BaseModel)


def read_study(path: Path) -> Study:
    """Read and check a study file; the sections of plug-ins are checked by `validate_section` later.

    Raises:
        UserError: the file is missing, is not TOML, or has a wrong or unknown key.
    """
    return validate_section(Study, read_toml(path), where=path)


def read_toml(path: Path) -> Mapping[str, Any]:
    """Parse a TOML file.

    Raises:
        UserError: it is missing, not UTF-8 or not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(
            f"there is no study file {path}", remedy="`refalt new study NAME` writes one with its blanks marked"
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path.name} is not a text file", where=str(path.parent), expected="TOML in UTF-8") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError("not valid TOML", where=str(path), got=str(error)) from error


def validate_section(model: type[_M], content: Mapping[str, Any], *, where: Path, prefix: str = "") -> _M:
    """Check one section against its model.

    Args:
        model: The pydantic model of the section.
        content: What the file says.
        where: The study file, for messages.
        prefix: Dotted path of the section in the file, "" for the whole.

    Raises:
        UserError: naming file, line, key, what was expected and what was found.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _first_mistake(model, error, where, prefix) from error


def _first_mistake(model: type[BaseModel], error: ValidationError, where: Path, prefix: str) -> UserError:
    mistakes = error.errors(include_url=False)
    # An unknown key is named first: it is often the cause of the others (a misspelt required key).
    mistake = next((m for m in mistakes if m["type"] == "extra_forbidden"), mistakes[0])
    location = [part for part in mistake["loc"] if not _is_union_branch(part)]
    dotted = ".".join(str(part) for part in ([prefix] if prefix else []) + location)
    line = _line_of(where, location, prefix)
    place = f"{where}, line {line}" if line else str(where)
    if mistake["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        near = nearest_name(str(location[-1]), known)
        return UserError(
            f"unknown key {dotted!r}",
            where=place,
            expected=f"one of {', '.join(sorted(known))}",
            remedy=f"did you mean {near!r}?" if near else "take it out",
        )
    if mistake["type"] == "missing":
        return UserError(f"the key {dotted!r} is missing", where=place, remedy=f"add {location[-1]!r}")
    return UserError(
        f"{dotted!r} is not as it should be" if dotted else "the study file contradicts itself",
        where=place,
        expected=mistake["msg"].removeprefix("Value error, "),
        got=_brief(mistake.get("input")) if dotted else None,
    )


def _is_union_branch(part: int | str) -> bool:
    # pydantic names the branch of a union it tried ("AlleleColumn", "literal['alt','ref']"): not a key of the file.
    return isinstance(part, str) and bool(
        re.match(r"^(literal\[|function-|list\[|[A-Z][A-Za-z]+$|float$|int$|str$|bool$|constrained)", part)
    )


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _known_keys(model: type[BaseModel], location: Sequence[int | str]) -> set[str]:
    current: type[BaseModel] | None = model
    for part in location:
        if current is None or isinstance(part, int) or part not in current.model_fields:
            continue
        current = _section_in(current.model_fields[part].annotation)
    return set(current.model_fields) if current else set()


def _section_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _section_in(argument)
        if found:
            return found
    return None


def _line_of(path: Path, location: Sequence[int | str], prefix: str) -> int | None:
    """The line of the key, looked for as text: TOML parsers give no positions."""
    keys = [part for part in location if isinstance(part, str)]
    if not keys:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    section = ".".join(filter(None, [prefix, *keys[:-1]]))
    header = re.compile(r"^\s*\[+\s*([A-Za-z0-9_.\"-]+)\s*\]+")
    wanted = re.compile(rf"(^|[\s{{,\[.]){re.escape(keys[-1])}\s*(=|\])")
    current = ""
    for number, line in enumerate(lines, start=1):
        found = header.match(line)
        if found:
            current = found.group(1)
        if wanted.search(line) and (section.startswith(current) or current == ".".join(keys)):
            return number
    return None
