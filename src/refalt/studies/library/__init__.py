"""Studies that come with refalt, found by their name."""

from __future__ import annotations

from pathlib import Path


def library_study(name: str) -> Path | None:
    """The study file of that name, or None when the library has none.

    A name is one of `library_names`; a path, or a name with a suffix, is none.
    """
    return Path(__file__).with_name(f"{name}.toml") if name in library_names() else None


def library_names() -> tuple[str, ...]:
    """Names of the studies, in alphabetical order."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))
