"""A page from its template: sections, style and script in one text, everything escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

import refalt
from refalt.report.numbers import cell
from refalt.report.sections.base import Section


def page_text(template: str, sections: Sequence[Section], **content: object) -> str:
    """The page; `content` is what its template asks for besides the sections."""
    script, style = _packaged("report.js"), _packaged("report.css")
    return environment().get_template(template).render(
        sections=sections,
        script=script,
        style=style,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=refalt.__version__,
        **content,
    )  # fmt: skip


def environment() -> Environment:
    """The one template environment: everything is escaped, an unknown name is an error, JSON holds no NaN."""
    found = Environment(
        loader=PackageLoader("refalt.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "allow_nan": False}
    found.globals["cell"] = cell
    return found


def _packaged(name: str) -> str:
    return files("refalt.report").joinpath("page", name).read_text(encoding="utf-8")
