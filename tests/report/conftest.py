"""A run folder made in code, whole: tables, findings, figures, lock and provenance."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.plots import draw_all
from refalt.runs import RunFolder
from refalt.tables import Comparison, Estimates

HOSTILE = (
    '<script>document.title="owned"</script>',
    "\"'><img src=x onerror=alert(1)>",
    "G" * 300,
    "ген-遺伝子-جين",
    "</script><!--",
    "{{ 7*7 }}{% raw %}",
    '=HYPERLINK("http://example.org")',
    "a|b%7Cc:d",
)

FINDINGS = (
    Finding("EF001", "dataset", Outcome.CLEAR, Severity.FATAL, "the effect column is an effect", n_examined=300,
            statistic=0.0213, threshold=1e-4, message="q01/q50 of |beta| is 0.0213"),
    Finding("EF006", "good", Outcome.FOUND, Severity.SERIOUS, "the sign agrees with the declaration", n_affected=31,
            n_examined=300, statistic=5.6, threshold=5.0, message="concordance is 5.6 SE from what its margins give",
            remedy="look up which allele the published effect is for", examples=("chr1:1000:A>G", "chr2:1037:A>G")),
    Finding("IN005", "good", Outcome.FOUND, Severity.NOTE, "the ceiling is known", message="noise bounds r at 0.97"),
    Finding("EF003", "dataset", Outcome.WAIVED, Severity.SERIOUS, "effects have two signs, or the study says why not",
            n_affected=300, n_examined=300, message="all 300 effects are positive", reason="one-sided by design"),
    Finding("AS002", "dataset", Outcome.SKIPPED, Severity.FATAL, "positions are of the declared assembly",
            reason="no gene table was given"),
)  # fmt: skip


def _toy() -> ModuleType:
    path = Path(__file__).parents[1] / "plots" / "conftest.py"
    spec = importlib.util.spec_from_file_location("toy_tables_source", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


toy = _toy()


def control_rows(of: Mapping[str, Any]) -> list[dict[str, Any]]:
    """An oracle and a shuffled control on the question of one estimate."""
    oracle = dict(of) | {"model": "control", "score_name": "oracle", "value": 0.97, "lower": 0.96, "upper": 0.98}
    return [
        oracle,
        dict(of) | {"model": "control", "score_name": "shuffled", "value": 0.002, "lower": -0.1, "upper": 0.1},
    ]


def toml_text(content: Mapping[str, Any]) -> str:
    """The few kinds of TOML that a lock file needs (JSON strings, numbers and lists are TOML too)."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in content.items() if not isinstance(value, dict | list)]
    for key, value in content.items():
        for part in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
            head = f"[[{key}]]" if isinstance(value, list) else f"[{key}]"
            inner = [f"{name} = {_inline(item)}" for name, item in part.items()]
            lines += ["", head, *inner]
    return "\n".join(lines) + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_inline(item)}" for name, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def write_run(
    root: Path,
    *,
    n: int = 300,
    withhold: Mapping[str, str] | None = None,
    hostile: bool = False,
    simulated: bool = False,
    study: Mapping[str, Any] | None = None,
    primary: Mapping[str, str] | None = None,
    findings: Sequence[Finding] = FINDINGS,
    scores: Mapping[str, float] | None = None,
    drawn: bool = False,
) -> RunFolder:
    """Write a run folder as the pipeline leaves it, without its report; figures (slow) only when `drawn`."""
    run = RunFolder(root)
    names = dict(scores or {"good": 0.7, "poor": 3.0})
    rows = toy.comparison_rows(n, noise=names)
    if hostile:
        odd = pl.Series([HOSTILE[i % len(HOSTILE)] for i in range(rows.height)])
        rows = rows.with_columns(target_id=odd, cluster_id=odd + rows.get_column("source_row").cast(pl.String))
    estimates = _estimates(rows, withhold or {}, hostile=hostile)
    attrition = toy.attrition_of(n, list(names))
    Comparison(rows).write(run.comparison)
    estimates.write(run.estimates)
    attrition.frame.write_csv(run.attrition, separator="\t")
    if hostile:
        findings = [*findings, *(_hostile_finding(text) for text in HOSTILE)]
    run.write_json(run.findings, {"findings": [finding.as_json() for finding in findings]})
    if drawn:
        as_published = bool((study or {}).get("as_published"))
        nulls = {(next(iter(names)), "spearman_rho", "effect"): np.random.default_rng(2).normal(0, 0.06, 400)}
        stamps = {"simulated": simulated, "as_published": as_published}
        draw_all(Comparison(rows), estimates, attrition, folder=run.plots, nulls=nulls, **stamps)
    _write_record(run, names, simulated=simulated, study=study or {}, primary=primary)
    return run


def _hostile_finding(text: str) -> Finding:
    return Finding("RC002", text, Outcome.FOUND, Severity.NOTE, "x", message=text, examples=(text,))


def _estimates(rows: pl.DataFrame, withhold: Mapping[str, str], *, hostile: bool) -> Estimates:
    made: list[dict[str, Any]] = []
    for (name,), part in rows.group_by(["score_name"], maintain_order=True):
        own = [toy.estimate_row(part, metric, label) for metric, labels in toy.LABELS.items() for label in labels]
        strata = HOSTILE if hostile else [f"chrom=chr{i}" for i in range(1, 6)]
        own += [own[0] | {"stratum": str(text), "value": 0.1 * place} for place, text in enumerate(strata)]
        made += own + (control_rows(own[0]) if name == "good" else [])
    made[-1] |= {"lower": math.nan, "upper": math.nan, "n_clusters": 4, "reason": "4 clusters, 10 are needed"}
    return toy.estimates_of(
        [toy.withheld(row, withhold[row["metric"]]) if row["metric"] in withhold else row for row in made]
    )


def _write_record(
    run: RunFolder,
    names: Mapping[str, float],
    *,
    simulated: bool,
    study: Mapping[str, Any],
    primary: Mapping[str, str] | None,
) -> None:
    digest = hashlib.sha256(run.root.name.encode()).hexdigest()
    lock = {
        "digest": digest,
        "study": {
            "name": "toy-study",
            "question": "Does the score know the effect?",
            "seed": 1,
            "alpha": 0.05,
            **study,
        },
        "dataset": {"name": "toy", "file": "toy.tsv", "assembly": "hg19"},
        "genome": {"assembly": "GRCh38"},
        "evaluation": {"resamples": 2000} | ({"primary": dict(primary)} if primary else {}),
        "score": [{"name": name, "model": "recorded", "scorer": "centre 501 bp", "window": 16384} for name in names],
        "inputs": [{"role": "dataset", "name": "toy.tsv", "sha256": digest[::-1], "bytes": 48211, "assembly": "hg19"}],
    }
    run.lock.write_text(toml_text(lock), encoding="utf-8")
    tables = [run.comparison, run.estimates, run.attrition, run.findings]
    run.write_json(
        run.provenance,
        {
            "digest": digest,
            "refalt": "0.1.0",
            "versions": {"refalt": "0.1.0", "python": "3.11.2", "numpy": "2.1.0"},
            "started": "2026-02-03T10:00:00Z",
            "finished": "2026-02-03T10:02:11Z",
            "simulated": simulated,
            "command": "refalt run toy.toml",
            "tables": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tables},
            "clusters": {"kind": "window_1mb", "note": "no LD blocks were given"},
            "notes": ["48 controls have a published effect"],
        },
    )
    run.note("started", digest=digest)


@pytest.fixture
def run_folder(tmp_path: Path) -> Callable[..., RunFolder]:
    """A builder of run folders: `run_folder(n=100, withhold={"spearman_rho": "why"})`."""

    def build(**choices: Any) -> RunFolder:
        return write_run(tmp_path / f"toy-{len(list(tmp_path.iterdir()))}", **choices)

    return build


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """One ordinary run folder, rendered; tests must not change it."""
    from refalt.report import render

    run = write_run(tmp_path_factory.mktemp("shared") / "toy-study-0a1b2c3d", drawn=True)
    render(run)
    return run
