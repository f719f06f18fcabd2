"""What the study found, in one generated sentence with everything that must travel with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from refalt.audits.base import Severity, open_findings
from refalt.plots.words import label_words, metric_words
from refalt.report.evidence import Evidence
from refalt.report.numbers import Row, estimate_row
from refalt.report.sections.base import Section
from refalt.stats.metric import METRICS

HELP = (
    "The sentence is made from the tables of this run, not written by anyone: hover over a number to see its "
    "cell. It speaks of the estimate that the study file names as primary, before any label was read; where "
    "it names none, of the first estimate of the first score. The interval takes the dependence between rows "
    "of a cluster into account. The oracle and the shuffled control are scores with a known answer sent "
    "through the same calculation: the best and the worst that could have been found on these rows."
)


def build(evidence: Evidence) -> Section:
    """The section; it is never left out."""
    found = evidence.primary
    content: dict[str, Any] = {
        "declared": evidence.lock.get("evaluation", {}).get("primary"),
        "estimate": estimate_row(found) if found else None,
        "findings": [_standing(evidence, severity) for severity in (Severity.FATAL, Severity.SERIOUS)],
    }
    if found:
        content |= {
            "metric": metric_words(found["metric"]),
            "against": label_words(found["label_name"], evidence.quantity),
            "preposition": _preposition(found["metric"]),
            "withheld": None if math.isfinite(_number(found["value"])) else _reason(found),
            "chance": _chance(found),
            "controls": _controls(evidence, found),
            "unbounded": _is_noiseless(_control(evidence, found, "oracle")),
        }
    return Section("verdict", "Verdict", "The primary estimate and what stands against it.", HELP, content)


def _standing(evidence: Evidence, severity: Severity) -> Mapping[str, Any]:
    codes = sorted({finding.code for finding in open_findings(evidence.findings, severity)})
    return {"severity": severity.value, "codes": codes, "key": f"outcome=found&severity={severity.value}"}


def _preposition(metric: str) -> str:
    return "for" if metric in METRICS and METRICS[metric].needs == "label" else "with"


def _reason(found: Mapping[str, Any]) -> str:
    return str(found["reason"] or "there was nothing to measure")


def _chance(found: Mapping[str, Any]) -> str | None:
    """How the interval lies to chance: above, below, includes or unknown; None where chance is not known."""
    chance, lower, upper = (_number(found[name]) for name in ("chance", "lower", "upper"))
    if math.isnan(chance):
        return None
    if math.isnan(lower) or math.isnan(upper):
        return "unknown"
    return "above" if lower > chance else "below" if upper < chance else "includes"


def _controls(evidence: Evidence, found: Mapping[str, Any]) -> Sequence[tuple[str, Row]]:
    """Ceiling and floor: the controls on the same question, where they were made and not withheld.

    An oracle without noise reaches what any oracle does, and bounds nothing.
    """
    rows = []
    for name, words in (("oracle", "ceiling"), ("shuffled", "floor")):
        control = _control(evidence, found, name)
        bounds = name != "oracle" or not _is_noiseless(control)
        if control and bounds and math.isfinite(_number(control["value"])):
            rows.append((words, estimate_row(control)))
    return rows


def _control(evidence: Evidence, found: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    same = {key: found[key] for key in ("dataset", "label_name", "metric", "stratum")}
    return evidence.estimate(score_name=name, model="control", **same)


def _is_noiseless(oracle: Mapping[str, Any] | None) -> bool:
    return oracle is not None and math.isnan(_number(oracle["lower"])) and math.isnan(_number(oracle["upper"]))


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
