"""What every audit must hold to, built in or from another package.

In a test of your own: `assert_conforms(MyAudit)`. It knows nothing of what the audit looks for: that needs a table that
is clear and one that is found.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.audits.base import EXAMPLES_KEPT, Audit, Finding, Outcome, Phase, Severity
from refalt.audits.runner import EVIDENCE, every_audit
from refalt.sources.fasta import genome_from_sequences
from refalt.tables import AlleleChecks, Estimates, Failures, Inputs, Measurements, Table, Tracks
from refalt.testing.builders import (
    build_checks,
    build_clusters,
    build_declared,
    build_estimates,
    build_inputs,
    build_joined,
    build_measurements,
    build_predictions,
    build_study,
)

CODE: Final = re.compile(r"[A-Z]{2,4}[0-9]{3}")
#: Texts that a report prints of every audit.
TEXTS: Final = ("affirms", "why", "example", "remedy")
ROWS: Final = 120
_TABLES: Final = {
    "measurements": Measurements,
    "checks": AlleleChecks,
    "inputs": Inputs,
    "tracks": Tracks,
    "failures": Failures,
    "estimates": Estimates,
}


def assert_conforms(audit: type[Audit]) -> None:
    """Refuse an audit that breaks a rule that all of them keep.

    Raises:
        AssertionError: lists every rule that is broken.
    """
    problems = list(problems_of(audit))
    assert not problems, f"{audit.__name__}: " + "; ".join(problems)


def problems_of(audit: type[Audit]) -> Iterator[str]:
    """The rules that an audit breaks, in words; none for a sound one."""
    yield from _in_declaration(audit)
    strangers = set(inspect.signature(audit.check).parameters) - {"self"} - set(EVIDENCE)
    if strangers:
        yield f"asks for evidence that does not exist: {sorted(strangers)}"
        return
    made = audit()
    for name, evidence in (("sound", toy_evidence()), ("empty", empty_evidence())):
        before = {key: _snapshot(value) for key, value in evidence.items()}
        first, second = _answers(made, evidence), _answers(made, evidence)
        if first != second:
            yield f"answers differently when asked twice ({name} evidence)"
        yield from (f"{problem} ({name} evidence)" for found in first for problem in _in_finding(made, found))
        if not first and made.phase is not Phase.POST and not made.again_in:
            yield f"gives no finding ({name} evidence)"
        changed = [key for key, value in evidence.items() if not _same(_snapshot(value), before[key])]
        if changed:
            yield f"changes its evidence: {changed} ({name} evidence)"
    if _numbers(_answers(made, toy_evidence())) != _numbers(_answers(made, toy_evidence(effect_column="renamed"))):
        yield "a renamed column changes what it finds"


def _in_declaration(audit: type[Audit]) -> Iterator[str]:
    if not CODE.fullmatch(str(getattr(audit, "code", ""))):
        yield "its code is not of two to four capitals and three digits"
    others = [type(known) for known in every_audit() if known.code == getattr(audit, "code", "")]
    if any((other.__module__, other.__qualname__) != (audit.__module__, audit.__qualname__) for other in others):
        yield f"its code {audit.code} is that of another audit"
    yield from (f"has no text for `{name}`" for name in TEXTS if not str(getattr(audit, name, "")).strip())
    yield from (
        f"{what} has no docstring" for what, it in (("the class", audit), ("check", audit.check)) if not it.__doc__
    )
    if not isinstance(getattr(audit, "phase", None), Phase) or not isinstance(
        getattr(audit, "severity", None), Severity
    ):
        yield "its phase or severity is none of those there are"
    kinds = {asked.kind for name, asked in inspect.signature(audit.check).parameters.items() if name != "self"}
    if kinds - {inspect.Parameter.KEYWORD_ONLY}:
        yield "check takes evidence by position; evidence has names"


def _in_finding(audit: Audit, found: Finding) -> Iterator[str]:
    if found.code != audit.code or found.affirms != audit.affirms:
        yield "a finding speaks for another audit"
    if not (found.reason if found.outcome is Outcome.SKIPPED else found.message).strip():
        yield f"a {found.outcome} finding says nothing"
    if found.outcome is Outcome.FOUND and not found.remedy.strip():
        yield "a finding has no remedy"
    if found.outcome is Outcome.WAIVED:
        yield "only the study file waives"
    if min(found.n_affected, found.n_examined) < 0 or len(found.examples) > EXAMPLES_KEPT:
        yield "a finding counts below zero, or shows too many examples"
    if Finding.from_json(json.loads(json.dumps(found.as_json()))) != found:
        yield "a finding does not survive being written as JSON"


def _answers(audit: Audit, evidence: Mapping[str, object]) -> list[Finding]:
    """As the runner asks: nothing where evidence is lacking."""
    wanted = inspect.signature(audit.check).parameters
    if any(name not in evidence and asked.default is asked.empty for name, asked in wanted.items()):
        return [audit.skipped("lacks evidence")]
    answer = audit.check(**{name: evidence[name] for name in wanted if name in evidence})
    return [answer] if isinstance(answer, Finding) else list(answer)


def _numbers(findings: list[Finding]) -> list[tuple[object, ...]]:
    return [(f.subject, f.outcome, f.severity, f.n_affected, f.n_examined, f.statistic) for f in findings]


def toy_evidence(*, effect_column: str = "beta") -> dict[str, Any]:
    """One of each kind of evidence, of a small sound study."""
    rng = np.random.default_rng(3)
    rows = build_measurements(
        ROWS,
        standard_error=rng.uniform(0.1, 0.2, ROWS),
        p_value=rng.uniform(0, 1, ROWS),
        maf=rng.uniform(0.05, 0.5, ROWS),
        label=(np.arange(ROWS) % 2).tolist(),
        target_id=[f"gene{i}" for i in range(ROWS)],
        tss_distance=rng.integers(-100_000, 100_000, ROWS),
    )
    names = rows.frame.get_column("variant_id").to_list()
    study, score = build_study(), rng.normal(size=ROWS)
    return _complete(
        {
            "measurements": rows,
            "source_columns": rows.frame.select("source_row", pl.col("maf").alias("another")),
            "declared": build_declared(effect={"column": effect_column}),
            "study": study,
            "scores": study.score,
            "checks": build_checks(rows),
            "inputs": build_inputs(rows),
            "clusters": build_clusters(rows),
            "joined": build_joined(rows, score=score),
            "predictions": {"said": build_predictions(names, score.tolist())},
            "estimates": build_estimates({"value": 0.1, "lower": -0.1, "upper": 0.3}),
        }
    )


def empty_evidence() -> dict[str, Any]:
    """The same kinds of evidence with no rows in them."""
    rows, study = Measurements.empty(), build_study(score=[])
    return _complete(
        {
            "measurements": rows,
            "source_columns": pl.DataFrame(schema={"source_row": pl.Int64}),
            "declared": build_declared(),
            "study": study,
            "scores": (),
            "clusters": build_clusters(rows, []),
            "joined": build_joined(rows),
            "predictions": {},
        }
    )


def _complete(evidence: dict[str, Any]) -> dict[str, Any]:
    """What is the same in both: tables without rows, a genome, a record without events."""
    genome = genome_from_sequences({"chr1": "ACGTTGCA" * 40}, "GRCh38")
    usual: dict[str, Any] = {name: table.empty() for name, table in _TABLES.items()}
    usual |= {"genome": genome, "genes": {}, "lifts": {}, "files": [], "controls": [], "table_digests": {}}
    return usual | {"past_events": ()} | evidence


def _snapshot(value: object) -> object:
    if isinstance(value, Table):
        return value.frame.clone()
    if isinstance(value, pl.DataFrame):
        return value.clone()
    if isinstance(value, Mapping):
        return {key: _snapshot(part) for key, part in value.items()}
    parts = getattr(value, "__dict__", {})
    frames = {name: part for name, part in parts.items() if isinstance(part, Table | pl.DataFrame)}
    return {name: _snapshot(part) for name, part in frames.items()} or repr(value)


def _same(now: object, before: object) -> bool:
    if isinstance(now, pl.DataFrame) and isinstance(before, pl.DataFrame):
        return now.equals(before)
    if isinstance(now, dict) and isinstance(before, dict):
        return now.keys() == before.keys() and all(_same(now[key], before[key]) for key in now)
    return now == before
