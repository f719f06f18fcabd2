"""The page of an audit: what it affirms, why, an example, the remedy, and what it needs."""

from __future__ import annotations

import inspect

from refalt.audits.base import Audit, Phase
from refalt.audits.runner import EVIDENCE, every_audit
from refalt.audits.thresholds import Threshold, thresholds
from refalt.errors import unknown_name

_WHEN = {
    Phase.PREFLIGHT: "before anything is predicted",
    Phase.POST: "after the estimates",
    Phase.PROBE: "by asking the model",
}


def page(code: str) -> str:
    """Markdown of one audit's page.

    Raises:
        UserError: there is no such audit; shows the nearest code.
    """
    audits = {audit.code: audit for audit in every_audit()}
    audit = audits.get(code.strip().upper())
    if audit is None:
        raise unknown_name("audit", code, audits)
    return _page(audit)


def pages() -> dict[str, str]:
    """Code -> markdown, for every audit."""
    return {audit.code: _page(audit) for audit in every_audit()}


def index() -> str:
    """Markdown of a table of all audits; each links to its page in a folder `audits`."""
    head = "| code | severity | runs | affirms |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| [{audit.code}](audits/{audit.code}.md) | {audit.severity} | {_WHEN[audit.phase]} | {audit.affirms} |"
        for audit in every_audit()
    )


def _constant(threshold: Threshold) -> str:
    values = ", ".join(f"`{name}` = {value}" for name, value in threshold.values.items())
    return f"- {values}: {threshold.reason}"


def _page(audit: Audit) -> str:
    phases = " and again ".join(_WHEN[phase] for phase in (audit.phase, *audit.again_in))
    wanted = inspect.signature(audit.check).parameters.values()
    needs = [EVIDENCE[asked.name] for asked in wanted if asked.default is asked.empty]
    helps = [EVIDENCE[asked.name] for asked in wanted if asked.default is not asked.empty]
    found_when = inspect.cleandoc(type(audit).__doc__ or "").partition("\n\n")[2].replace("\n", " ")
    constants = [_constant(threshold) for threshold in thresholds(audit)]
    lines = [
        f"# {audit.code}: {audit.affirms}",
        f"A finding is **{audit.severity}** unless it says otherwise. It runs {phases}.",
        f"## Why\n\n{audit.why}",
        f"## Found when\n\n{found_when or inspect.cleandoc(audit.check.__doc__ or '')}",
        f"## Example\n\n{audit.example}",
        *(["## Thresholds\n\n" + "\n".join(constants)] if constants else []),
        f"## What to do\n\n{audit.remedy}",
        f"## What it needs\n\n{', '.join(needs)}" + (f"; it also reads {', '.join(helps)}" if helps else "") + ".",
        f'## Waiving it\n\n```toml\n[audits]\nwaive = {{ {audit.code} = "the reason, which the report prints" }}\n```',
    ]
    return "\n\n".join(lines) + "\n"
