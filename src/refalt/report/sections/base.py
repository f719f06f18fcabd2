"""What a section is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Attributes:
        name: Its anchor and its template, `page/sections/<name>.html`.
        title: Heading.
        description: One line under the heading.
        help: How to read it, folded away.
        content: What the template shows.
        files: Files of the run folder that hold the same content: label -> path relative to the page.
    """

    name: str
    title: str
    description: str
    help: str
    content: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """Path of its template."""
        return f"sections/{self.name}.html"
