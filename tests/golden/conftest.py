"""Library studies run from their file to their estimates, on the real inputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from refalt.evaluation.clusters import Clusters
from refalt.evaluation.join import Joined
from refalt.pipeline import opened, stages
from refalt.pipeline.prepare import Prepared, prepare
from refalt.studies.library import library_study
from refalt.tables import AlleleChecks, Estimates

RESAMPLES = 100


@dataclass(frozen=True)
class Golden:
    """A study that was run, without writing anything."""

    prepared: Prepared
    read: stages.Read
    checks: AlleleChecks
    clusters: Clusters
    joined: Joined
    estimates: Estimates

    @property
    def rows(self) -> pl.DataFrame:
        """Every row of the source."""
        return self.read.measurements.frame

    @property
    def of_scores(self) -> pl.DataFrame:
        """Estimates, those of the controls left out."""
        return self.estimates.frame.filter(pl.col("model") != "control")

    def estimate(
        self, metric: str, *, label: str = "effect", stratum: str = "all", score: str | None = None
    ) -> dict[str, Any]:
        """The one estimate of these names."""
        wanted = {"metric": metric, "label_name": label, "stratum": stratum}
        wanted |= {"score_name": score} if score else {}
        return self.of_scores.row(by_predicate=pl.all_horizontal(pl.col(k) == v for k, v in wanted.items()), named=True)

    def value(self, metric: str, **names: str) -> float:
        """Its value."""
        return float(self.estimate(metric, **names)["value"])


Run = Callable[..., Golden]


@pytest.fixture(scope="session")
def finished() -> dict[str, Golden]:
    """Studies that were run, by the text of their file: several tests look at the same one."""
    return {}


@pytest.fixture
def run_golden(real_inputs: Path, tmp_path: Path, finished: dict[str, Golden]) -> Run:
    """Run a library study, its text changed by `replaced` and its inputs found in `folder` first."""

    def run(name: str, *, replaced: dict[str, str] | None = None, folder: Path | None = None) -> Golden:
        path = library_study(name)
        assert path is not None
        text = path.read_text(encoding="utf-8")
        for old, fresh in (replaced or {}).items():
            assert old in text, f"{old!r} does not occur in {path.name}"
            text = text.replace(old, fresh)
        if folder is None and text in finished:
            return finished[text]
        edited = tmp_path / path.name
        edited.write_text(text, encoding="utf-8")
        golden = _through(prepare(edited, folders=[*([folder] if folder else []), path.parent, real_inputs]))
        return golden if folder else finished.setdefault(text, golden)

    return run


def _through(prepared: Prepared) -> Golden:
    # Few resamples and no tests of significance: the numbers held here are values and counts.
    lean = {"resamples": RESAMPLES, "permutations": 0}
    evaluation = prepared.study.evaluation.model_copy(update=lean)
    prepared = dataclasses.replace(prepared, study=prepared.study.model_copy(update={"evaluation": evaluation}))
    read = stages.read_measurements(prepared)
    genome = opened.open_fasta(prepared)
    checks = stages.check_variants(read, genome)
    clusters = stages.cluster(prepared, read)
    scored = stages.predict(prepared, read, checks, genome, notify=lambda _: None)
    joined = stages.compare(prepared, read, checks, scored, clusters)
    estimates, _ = stages.estimate(prepared, joined, withheld={})
    return Golden(prepared, read, checks, clusters, joined, estimates)
