"""Everything a report is made of, read from the run folder and checked against its digests."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from refalt.audits.base import Finding
from refalt.errors import UserError
from refalt.evaluation.labels import BESIDE
from refalt.files import sha256_of
from refalt.plots.record import Figure, read_figures
from refalt.runs import RunFolder
from refalt.tables import Attrition, Comparison, Estimates, Table, TableError

_Kind = TypeVar("_Kind", bound=Table)


@dataclass(frozen=True)
class Evidence:
    """A run folder's content.

    Attributes:
        lock: The resolved study.
        provenance: provenance.json.
        changed: Files whose content is not what provenance.json recorded.
        missing: Files that it records and that are not there.
        history: Events of the folder's past.
    """

    run: RunFolder
    lock: Mapping[str, Any]
    provenance: Mapping[str, Any]
    comparison: Comparison
    estimates: Estimates
    attrition: Attrition
    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    history: tuple[Mapping[str, object], ...]

    @property
    def study(self) -> Mapping[str, Any]:
        """The [study] section."""
        section: Mapping[str, Any] = self.lock["study"]
        return section

    @property
    def quantity(self) -> str:
        """What the dataset measured: effect or activity."""
        return str(self.lock.get("dataset", {}).get("quantity", "effect"))

    @property
    def simulated(self) -> bool:
        """Whether the values were simulated."""
        return bool(self.provenance.get("simulated"))

    @property
    def as_published(self) -> bool:
        """Whether a published setting is reproduced with its mistakes."""
        return bool(self.study.get("as_published"))

    @cached_property
    def primary(self) -> Mapping[str, Any] | None:
        """The estimate that the verdict speaks of: the declared one, else the first of the first score; or None."""
        declared = self.lock.get("evaluation", {}).get("primary")
        if declared:
            names = {"score": "score_name", "metric": "metric", "label": "label_name", "stratum": "stratum"}
            wanted = {names[key]: value for key, value in declared.items() if key in names}
            return self.estimate(**{"stratum": "all"} | wanted)
        for score in self.lock.get("score", []):
            first = self.estimate(score_name=score["name"])
            if first:
                return first
        return self.estimate()

    @property
    def on_primary_question(self) -> Sequence[Mapping[str, Any]]:
        """Every score's answer to the primary question, controls and baselines left out; the primary one first."""
        primary = self.primary
        if primary is None:
            return []
        same = {name: primary[name] for name in ("dataset", "label_name", "metric", "stratum")}
        rows = self.estimates.frame.filter(~pl.col("model").is_in(BESIDE), **same).rows(named=True)
        return sorted(rows, key=lambda row: row["score_name"] != primary["score_name"])

    def estimate(self, **wanted: str) -> Mapping[str, Any] | None:
        """The first row of Estimates that has these values, or None; controls only when asked for by name."""
        rows = self.estimates.frame
        if "score_name" not in wanted:
            rows = rows.filter(~pl.col("model").is_in(BESIDE))
        for column, value in wanted.items():
            rows = rows.filter(pl.col(column) == value)
        return rows.row(0, named=True) if rows.height else None


def read_evidence(run: RunFolder) -> Evidence:
    """Read a run folder.

    A table that provenance.json does not record was not reached by the run and is empty here (a study stopped by
    a pre-flight finding has no estimates); one that is recorded must be there.

    Raises:
        UserError: not a run folder; a file is damaged, or is of another layout; a needed table is missing.
    """
    run.require()
    provenance = _read_json(run.provenance)
    recorded = provenance.get("tables", {})
    paths = {name: run.root / name for name in recorded}
    changed = [name for name, path in paths.items() if path.is_file() and sha256_of(path) != recorded[name]]
    missing = [name for name, path in paths.items() if not path.is_file()]
    return Evidence(
        run=run,
        lock=_read_lock(run.lock),
        provenance=provenance,
        comparison=_table(Comparison, run.comparison, recorded),
        estimates=_table(Estimates, run.estimates, recorded),
        attrition=_attrition(run.attrition, recorded),
        findings=_findings(run.findings, recorded),
        figures=tuple(read_figures(run.plots)),
        changed=tuple(changed),
        missing=tuple(missing),
        history=tuple(run.past()),
    )


def _table(kind: type[_Kind], path: Path, recorded: Mapping[str, str]) -> _Kind:
    return kind.read(path) if _reached(path, recorded) else kind.empty()


def _attrition(path: Path, recorded: Mapping[str, str]) -> Attrition:
    if not _reached(path, recorded):
        return Attrition.empty()
    schema = {column.name: column.dtype for column in Attrition.declared}
    try:
        return Attrition(pl.read_csv(path, separator="\t", schema=schema))
    except (OSError, pl.exceptions.PolarsError, TableError) as error:
        raise _damaged(path) from error


def _findings(path: Path, recorded: Mapping[str, str]) -> tuple[Finding, ...]:
    if not _reached(path, recorded):
        return ()
    try:
        return tuple(Finding.from_json(fields) for fields in _read_json(path)["findings"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error


def _reached(path: Path, recorded: Mapping[str, str]) -> bool:
    return path.name in recorded or path.is_file()


def _read_lock(path: Path) -> Mapping[str, Any]:
    try:
        lock = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(lock.get("study"), dict):
        raise _damaged(path)
    return lock


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def _damaged(path: Path) -> UserError:
    what = f"{path.name} cannot be read" if path.is_file() else f"{path.name} is missing"
    return UserError(what, where=str(path.parent), remedy="run the study again")


def score_names(evidence: Evidence) -> Sequence[str]:
    """Scores in the order of the study file, then those that only the tables know; controls and baselines left out."""
    declared = [score["name"] for score in evidence.lock.get("score", [])]
    rows = evidence.estimates.frame.filter(~pl.col("model").is_in(BESIDE))
    found = [*rows.get_column("score_name"), *evidence.comparison.frame.get_column("score_name").unique().sort()]
    return list(dict.fromkeys([name for name in declared if name in set(found)] + found))
