"""Running the audits: each gets the evidence that its `check` names, and is skipped in words without it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import refalt.audits
from refalt.audits.base import Audit, Finding, Outcome, Phase
from refalt.errors import UserError, unknown_name
from refalt.plugins import every_class

WHERE_WAIVED: Final = "[audits] waive"

#: Everything an audit may ask for, and what it is called when it is missing.
EVIDENCE: Final = MappingProxyType(
    {
        "measurements": "the rows of the dataset",
        "source_columns": "the other columns of the source table",
        "declared": "the [dataset] section",
        "study": "a study file",
        "checks": "alleles held against a genome or carried sequences",
        "inputs": "carried sequences",
        "genome": "a genome sequence",
        "genes": "gene starts of one or more assemblies",
        "lifts": "a chain file",
        "folds": "the folds of a model's training data",
        "files": "the input files",
        "clusters": "the clusters of the rows",
        "probes": "probes of a model ([audits] probes says with how many variants)",
        "predictions": "predictions",
        "tracks": "the tracks that the scores select",
        "scores": "the [[score]] sections",
        "joined": "predictions joined to measurements",
        "estimates": "estimates",
        "comparisons": "the paired differences between scores",
        "claims": "a file of claims",
        "controls": "the shuffled and oracle controls",
        "failures": "the failed predictions",
        "clients": "the versions of the client that answers came through",
        "table_digests": "the digests of the tables",
        "past_events": "earlier runs of the same dataset",
    }
)


def every_audit() -> list[Audit]:
    """One of each audit, in order of code.

    Raises:
        TypeError: two audits share a code (a bug, or a clash with another package's audit).
    """
    audits = sorted((found() for found in every_class(refalt.audits, Audit)), key=lambda audit: audit.code)
    codes = [audit.code for audit in audits]
    if len(set(codes)) < len(codes):
        raise TypeError(f"audit codes are not distinct: {codes}")
    return audits


def run_audits(phase: Phase, evidence: Mapping[str, object], *, waivers: Mapping[str, str]) -> list[Finding]:
    """Run every audit of a phase.

    Args:
        phase: Which ones.
        evidence: Name (see `EVIDENCE`) -> what exists so far; None counts as absent.
        waivers: Code -> the reason for which its findings are accepted.

    Returns:
        Findings in order of code and subject. An audit without its evidence is skipped, and says what it needs.
    """
    present = {name: thing for name, thing in evidence.items() if thing is not None}
    answers = [
        finding
        for audit in every_audit()
        if phase in (audit.phase, *audit.again_in)
        for finding in _answers(audit, present)
    ]
    return sorted((_waived(finding, waivers) for finding in answers), key=lambda found: (found.code, found.subject))


def _answers(audit: Audit, evidence: Mapping[str, object]) -> Sequence[Finding]:
    wanted = inspect.signature(audit.check).parameters
    strangers = set(wanted) - set(EVIDENCE)
    if strangers:
        raise TypeError(f"{audit.code} asks for evidence that does not exist: {sorted(strangers)}")
    absent = [name for name, asked in wanted.items() if name not in evidence and asked.default is asked.empty]
    if absent:
        return [audit.skipped("needs " + " and ".join(EVIDENCE[name] for name in absent))]
    answer = audit.check(**{name: evidence[name] for name in wanted if name in evidence})
    return [answer] if isinstance(answer, Finding) else list(answer)


def _waived(finding: Finding, waivers: Mapping[str, str]) -> Finding:
    if not finding.is_open or finding.code not in waivers:
        return finding
    return dataclasses.replace(finding, outcome=Outcome.WAIVED, reason=waivers[finding.code])


def check_waivers(waivers: Iterable[str]) -> None:
    """Refuse a waiver of an audit that does not exist.

    Raises:
        UserError: shows the nearest code.
    """
    codes = [audit.code for audit in every_audit()]
    for code in waivers:
        if code not in codes:
            raise unknown_name("audit", code, codes, where=WHERE_WAIVED)


def unused_waivers(findings: Iterable[Finding], waivers: Iterable[str]) -> None:
    """Refuse a waiver of an audit that found nothing: it would hide the next thing that audit finds.

    Args:
        findings: Those of every phase of the run.
        waivers: Waived codes.

    Raises:
        UserError: says how the audit ended.
    """
    endings: dict[str, set[str]] = {}
    for finding in findings:
        said = f"{finding.outcome} ({finding.reason})" if finding.reason else str(finding.outcome)
        endings.setdefault(finding.code, set()).add(said)
        if finding.outcome is Outcome.WAIVED:
            endings[finding.code] = {Outcome.WAIVED.value}
    for code in waivers:
        ended = endings.get(code, {"not run"})
        if ended != {Outcome.WAIVED.value} and not any(text.startswith(Outcome.WAIVED) for text in ended):
            raise UserError(
                f"{code} is waived but found nothing",
                where=WHERE_WAIVED,
                got="; ".join(sorted(ended)),
                remedy=f"remove the waiver of {code}",
            )
