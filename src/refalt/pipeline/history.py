"""What a run leaves to be found later: what was declared before a result was seen, and what made it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from refalt.files import sha256_of
from refalt.pipeline.prepare import Prepared
from refalt.provenance import library_versions
from refalt.runs import RunFolder

#: Stages after which somebody has seen a result.
SHOWN: Final = ("estimates", "report")


def frozen_choices(prepared: Prepared) -> dict[str, Any]:
    """What must not change after a result was seen, so that a change is visible in the history."""
    effect = prepared.declared.effect
    return {
        "digest": prepared.resolved.digest,
        "dataset": prepared.declared.name,
        "dataset_files": _dataset_digests(prepared),
        "inputs": {found.name: found.sha256 for found in prepared.files},
        "effect": effect.model_dump(mode="json") if effect else None,
        "scores": [score.model_dump(mode="json", exclude_none=True) for score in prepared.scores],
    }


def _dataset_digests(prepared: Prepared) -> list[str]:
    roles = {needed.role for needed in prepared.dataset.needed_files()}
    return sorted(found.sha256 for found in prepared.files if found.role in roles)


def earlier_runs(prepared: Prepared, out: Path) -> list[Mapping[str, Any]]:
    """Starts of runs beside this one that showed estimates of the same dataset files."""
    same = _dataset_digests(prepared)
    events: list[Mapping[str, Any]] = []
    for folder in sorted(path.parent for path in out.glob("*/history.jsonl")):
        past = RunFolder(folder).past()
        if any(event.get("reached") in SHOWN for event in past):
            events += [event for event in past if event.get("dataset_files") == same]
    return events


def write_provenance(prepared: Prepared, run: RunFolder, *, started: str, notes: Mapping[str, Any]) -> None:
    """Write what made the tables: digests, versions, licences, times, and `notes`."""
    run.write_json(
        run.provenance,
        {
            "digest": prepared.resolved.digest,
            "refalt": library_versions()["refalt"],
            "versions": dict(library_versions()),
            "started": started,
            "finished": now(),
            "simulated": prepared.simulated,
            "command": f"refalt run {prepared.path.name}",
            "tables": table_digests(run),
            "licences": sorted({model.licence for model in prepared.models.values() if model.licence}),
            **notes,
        },
    )


def table_digests(run: RunFolder) -> dict[str, str]:
    """Path of each table within the run folder -> its SHA-256."""
    tables = [*sorted(run.root.glob("*.parquet")), *sorted(run.root.glob("3-predictions/*.parquet"))]
    tables += [path for path in (run.attrition, run.orientation) if path.is_file()]
    return {path.relative_to(run.root).as_posix(): sha256_of(path) for path in tables}


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
