"""What `refalt check` found, as text, JSON or SARIF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from refalt.audits.base import Finding
    from refalt.pipeline.check import Checked

SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"fatal": "error", "serious": "warning", "note": "note"}
_SHOWN_UNREAD: Final = 12


def as_text(checked: Checked) -> str:
    """How the table was read, what is wrong with it, what is not, and what could not be looked at."""
    return "\n".join([*_how_it_was_read(checked), "", *_open_lines(checked), *_quiet_lines(checked)])


def _how_it_was_read(checked: Checked) -> Iterator[str]:
    yield f"{checked.path.name}: {checked.n_rows:,} rows"
    if checked.guess is not None:
        yield "read as"
        rows = [(bound.field, bound.column, bound.why, bound.example) for bound in checked.guess.bound]
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        for row in rows:
            cells = [text.ljust(width) for text, width in zip(row, (*widths, 0), strict=True)]
            yield "  " + "  ".join(cells).rstrip() + _more(row[0], checked)
        unread = checked.guess.unread
        if unread:
            more = f" and {len(unread) - _SHOWN_UNREAD} more" if len(unread) > _SHOWN_UNREAD else ""
            yield f"  not read: {', '.join(name or '(no name)' for name in unread[:_SHOWN_UNREAD])}{more}"
        if checked.guess.column("effect") is None:
            yield "  no effect: name its column with --effect, for the audits of effects"
    if checked.assembly is not None:
        yield f"assembly: {checked.assembly.words}"
    for reason, count in checked.set_aside.items():
        yield f"set aside: {count:,} rows, {reason.value}: {reason.meaning}"
    if checked.oriented:
        counts = (f"{count:,} {done.replace('_', ' ')}" for done, count in checked.oriented.items())
        yield f"alleles and signs: {', '.join(counts)}"
    yield from (f"mind: {remark}" for remark in checked.remarks)


def _more(field: str, checked: Checked) -> str:
    if field == "effect" and checked.effect is not None:
        return f"  ({checked.effect})"
    if field == "identifier" and checked.guess is not None:
        return f"  (gives {', '.join(checked.guess.spelled_out)})"
    return ""


def lines_of(findings: Iterable[Finding]) -> Iterator[str]:
    """One line for each open finding, in the order given; what is said of several subjects alike is said once."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for finding in findings:
        if finding.is_open:
            message = finding.message.removeprefix(f"{finding.subject}: ").removeprefix(f"{finding.subject} ")
            words = (finding.severity.value.upper(), finding.code, message, finding.remedy)
            alike.setdefault(words, []).append(finding.subject)
    for (severity, code, message, remedy), subjects in alike.items():
        yield f"{severity:8}{code} {', '.join(subjects)}: {message}" + (f" Remedy: {remedy}" if remedy else "")


def _open_lines(checked: Checked) -> Iterator[str]:
    order = {severity: i for i, severity in enumerate(_LEVELS)}
    lines = list(lines_of(sorted(checked.findings, key=lambda each: order[each.severity.value])))
    yield from lines
    if lines:
        yield ""


def _quiet_lines(checked: Checked) -> Iterator[str]:
    by_outcome: dict[str, list[Finding]] = {}
    for finding in checked.findings:
        by_outcome.setdefault(finding.outcome.value, []).append(finding)
    for finding in by_outcome.get("waived", []):
        yield f"WAIVED  {finding.code} {finding.subject}: {finding.message} Because: {finding.reason}"
    clear = list(dict.fromkeys(finding.code for finding in by_outcome.get("clear", [])))
    yield f"clear: {' '.join(clear) or 'none'}"
    reasons: dict[str, list[str]] = {}
    for finding in by_outcome.get("skipped", []):
        reasons.setdefault(finding.reason, []).append(finding.code)
    for reason, codes in reasons.items():
        yield f"skipped: {' '.join(dict.fromkeys(codes))}: {reason}"
    counts = {name: len([f for f in checked.findings if f.is_open and f.severity.value == name]) for name in _LEVELS}
    yield f"{', '.join(f'{count} {name}' for name, count in counts.items())}; `refalt explain CODE` says more of each"


def as_json(checked: Checked, *, exit_code: int) -> dict[str, Any]:
    """Everything, as plain values."""
    guess, assembly = checked.guess, checked.assembly
    return {
        "checked": str(checked.path),
        "rows": checked.n_rows,
        "set_aside": {reason.value: count for reason, count in checked.set_aside.items()},
        "read_as": None
        if guess is None
        else {bound.field: {"column": bound.column, "why": bound.why} for bound in guess.bound},
        "taken_from_identifier": [] if guess is None else list(guess.spelled_out),
        "not_read": [] if guess is None else list(guess.unread),
        "effect": checked.effect,
        "assembly": None
        if assembly is None
        else {"name": assembly.name if assembly.is_known else None, "how": assembly.how, "words": assembly.words},
        "alleles_and_signs": dict(checked.oriented),
        "remarks": list(checked.remarks),
        "findings": [finding.as_json() for finding in checked.findings],
        "exit_code": exit_code,
    }


def as_sarif(*checked: Checked) -> dict[str, Any]:
    """A SARIF 2.1.0 log: one result a finding, waived ones suppressed with their reason."""
    import refalt
    from refalt.audits.runner import every_audit

    told = [
        (each.path.as_posix(), finding)
        for each in checked
        for finding in each.findings
        if finding.is_open or finding.outcome.value == "waived"
    ]
    codes = {finding.code for _, finding in told}
    rules = [
        {
            "id": audit.code,
            "shortDescription": {"text": audit.affirms},
            "fullDescription": {"text": audit.why},
            "help": {"text": audit.remedy},
            "defaultConfiguration": {"level": _LEVELS[audit.severity.value]},
        }
        for audit in every_audit()
        if audit.code in codes
    ]
    driver = {"name": "refalt", "version": refalt.__version__, "rules": rules}
    order = {rule["id"]: i for i, rule in enumerate(rules)}
    results = [_result(finding, path, order[finding.code]) for path, finding in told]
    return {"version": "2.1.0", "$schema": SARIF_SCHEMA, "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(finding: Finding, path: str, rule: int) -> dict[str, Any]:
    remedy = f" Remedy: {finding.remedy}" if finding.remedy else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity.value],
        "message": {"text": f"{finding.message}{remedy}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(path)}}}],
    }
    if not finding.is_open:
        result["suppressions"] = [{"kind": "external", "justification": finding.reason}]
    return result
