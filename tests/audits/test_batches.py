from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.batches import EXPLAINS, BatchIsNotTheEffect, by_chance
from refalt.pipeline import stages
from refalt.pipeline.prepare import prepare
from refalt.stats.dependence import eta_squared
from refalt.studies.library import library_study
from refalt.tables import Measurements
from refalt.testing.builders import build_clusters, build_declared, build_measurements, build_study

SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


def batched(
    batch: Sequence[int], clusters: Sequence[int], *, name: str = "plate", evaluation: dict[str, Any] | None = None,
    strata: dict[str, Sequence[str]] | None = None, declared: dict[str, Any] | None = None, **columns: Any,
) -> list[Finding]:  # fmt: skip
    rows = build_measurements(len(batch), **columns)
    more = {f"stratum.{name}": [f"{name} {value}" for value in batch]}
    more |= {f"stratum.{stratum}": values for stratum, values in (strata or {}).items()}
    rows = Measurements(rows.frame.with_columns(**{key: pl.Series(values) for key, values in more.items()}))
    return list(
        BatchIsNotTheEffect().check(
            measurements=rows,
            declared=build_declared(batch=name, **(declared or {})),
            clusters=build_clusters(rows, [f"c{value}" for value in clusters]),
            study=build_study(evaluation=evaluation or {}),
        )
    )


def dealt(seed: int, n: int = 400, n_batches: int = 4) -> tuple[np.random.Generator, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng, rng.integers(0, n_batches, n)


def test_sa007__skips_tables_without_batches_or_of_one() -> None:
    rows = build_measurements(30)
    none = list(
        BatchIsNotTheEffect().check(measurements=rows, declared=build_declared(), clusters=build_clusters(rows))
    )
    assert [found.outcome for found in none] == [Outcome.SKIPPED]
    (one,) = batched([0] * 30, range(30))
    assert "30 rows are of 1 plate" in one.reason
    (unmeasured,) = batched([0, 1] * 15, range(30), beta=None)
    assert unmeasured.outcome is Outcome.SKIPPED


@SEEDS
@pytest.mark.parametrize("name", ["plate", "study"])
def test_sa007__clear_of_rows_dealt_to_batches_at_random(seed: int, name: str) -> None:
    rng, batch = dealt(seed)
    (alone,) = batched(batch, range(400), name=name, seed=seed)
    assert (alone.outcome, alone.subject) == (Outcome.CLEAR, "effect")
    clusters = rng.integers(0, 40, 400)
    beta = rng.normal(size=40)[clusters] + rng.normal(size=400)
    (crossed,) = batched(batch, clusters, name=name, beta=beta)
    assert crossed.outcome is Outcome.CLEAR


@SEEDS
def test_sa007__clear_of_many_variants_each_of_which_has_its_rows_in_one_batch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(2000), 3)
    beta = rng.normal(size=2000)[clusters] + 0.3 * rng.normal(size=6000)
    (found,) = batched(rng.integers(0, 2, 2000)[clusters], clusters, beta=beta)
    assert found.outcome is Outcome.CLEAR
    assert "all 2,000 clusters lie in one plate each" in found.message


@SEEDS
@pytest.mark.parametrize("name", ["plate", "study"])
def test_sa007__finds_a_batch_that_shifts_effects(seed: int, name: str) -> None:
    rng, batch = dealt(seed)
    beta = rng.normal(size=400) + 1.0 * (batch == 2)
    (found,) = batched(batch, rng.integers(0, 60, 400), name=name, beta=beta)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 400)
    assert found.statistic == pytest.approx(eta_squared(beta, batch).value)
    assert f"{name} explains" in found.message


@SEEDS
def test_sa007__finds_positives_and_controls_of_different_plates(seed: int) -> None:
    rng, batch = dealt(seed)
    label = (rng.random(400) < np.where(batch == 0, 0.6, 0.2)).astype(int)
    found = {each.subject: each for each in batched(batch, range(400), label=label, seed=seed)}
    assert (found["effect"].outcome, found["label"].outcome) == (Outcome.CLEAR, Outcome.FOUND)


@SEEDS
def test_sa007__a_few_loci_in_one_pool_each_are_not_separable_from_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 18, 1800)
    beta = 0.5 * rng.normal(size=18)[clusters] + rng.normal(size=1800)
    loci = [f"locus {value}" for value in clusters]
    nested = {"name": "pool", "beta": beta, "strata": {"site": loci}}
    (found,) = batched(clusters % 2, clusters, **nested, evaluation={"strata": ["site"]})
    assert found.outcome is Outcome.FOUND
    assert "all 18 clusters and all 18 site lie in one pool each: what differs between them is not separable" in (
        found.message
    )
    within = {"score": "said", "metric": "spearman_rho", "label": "effect", "stratum": "mean over site"}
    (inside,) = batched(clusters % 2, clusters, **nested, evaluation={"strata": ["site"], "primary": within})
    assert inside.outcome is Outcome.CLEAR


@pytest.mark.parametrize("kind", ["alone", "crossed", "nested", "uneven"])
def test_by_chance__a_batch_that_means_nothing_passes_it_once_in_a_thousand_tables(kind: str) -> None:
    """Heavy-tailed effects with a shared part in each cluster: 40 tables, none of which may pass."""
    passed = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n, n_clusters = 200, 200 if kind == "alone" else 25
        clusters = np.arange(n) if kind == "alone" else rng.integers(0, n_clusters, n)
        clusters = np.unique(clusters, return_inverse=True)[1]
        beta = rng.standard_t(3, n) + rng.standard_t(3, n_clusters)[clusters]
        batch = rng.integers(0, 3, n_clusters)[clusters] if kind == "nested" else rng.integers(0, 3, n)
        batch = (rng.random(n) < 0.05).astype(int) if kind == "uneven" else batch
        limit = by_chance(beta, batch, clusters, nested=kind == "nested", seed=seed)
        passed += eta_squared(beta, batch).value > max(limit, EXPLAINS)
    assert passed == 0


def test_by_chance__is_about_the_degrees_of_freedom_of_independent_rows() -> None:
    rng = np.random.default_rng(4)
    values, batch = rng.normal(size=24_000), rng.integers(0, 5, 24_000)
    limit = by_chance(values, batch, np.arange(24_000), nested=False, seed=1)
    # Chi-squared with 4 degrees of freedom passes 18.5 once in a thousand; 20,000 rows are drawn.
    assert 13 < limit * 20_000 < 30


@pytest.mark.parametrize(("name", "share"), [("mpra.as-published", "1.65"), ("mpra-activity", "4.48")])
def test_sa007__of_gse84888_no_locus_was_measured_in_both_pools(
    real_inputs: Path, tmp_path: Path, name: str, share: str
) -> None:
    shipped = library_study(name)
    assert shipped is not None
    study = tmp_path / "study.toml"
    study.write_text(re.sub(r"elements = [^\n]*\n", "", shipped.read_text(encoding="utf-8")), encoding="utf-8")
    prepared = prepare(study, folders=[shipped.parent, real_inputs])
    read = stages.read_measurements(prepared)
    (found,) = BatchIsNotTheEffect().check(
        measurements=read.measurements,
        declared=prepared.declared,
        clusters=stages.cluster(prepared, read),
        study=prepared.study,
    )
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)
    assert found.message.startswith(f"pool explains {share} % of the variance of the activity (by chance up to 8.")
    assert "all 18 clusters" in found.message
    assert "not separable" in found.message
    assert ("18 locus" in found.message) is (name == "mpra-activity")
