"""The originals' own summaries of GSE84888 beside what is read here."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest
from scipy import stats

from refalt.pipeline import stages
from refalt.pipeline.prepare import prepare
from refalt.studies.library import library_study


@pytest.fixture(scope="module")
def rows() -> dict[str, pl.DataFrame]:
    """Every row of both pools, read once."""
    return {}


@pytest.fixture
def measured(real_inputs: Path, rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Every row of both pools."""
    path = library_study("mpra.as-published")
    assert path is not None
    if "all" not in rows:
        rows["all"] = stages.read_measurements(prepare(path, folders=[real_inputs])).measurements.frame
    return rows["all"]


def _summary(inputs: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(inputs / "gse84888" / name)


def test_mpra__counts_what_the_published_description_counts(real_inputs: Path, measured: pl.DataFrame) -> None:
    said = json.loads((real_inputs / "gse84888" / "dataset_metadata.json").read_text())
    pools = dict(measured.group_by("context_id").len().iter_rows())
    assert (measured.height, pools["Pool6"], pools["Pool7"]) == (
        said["total_variants"], said["pool6_variants"], said["pool7_variants"],
    )  # fmt: skip
    activity = measured.get_column("beta")
    assert activity.mean() == pytest.approx(said["log2_ratio_mean"], abs=1e-12)
    assert activity.std(ddof=1) == pytest.approx(said["log2_ratio_std"], abs=1e-12)
    assert said["genome_reference"] == "mm9"


def test_mpra__the_published_factors_are_counted_by_their_mentions(real_inputs: Path, measured: pl.DataFrame) -> None:
    published = dict(_summary(real_inputs, "per_tf_correlations.csv").select("tf_name", "n_variants").iter_rows())
    changes = measured.get_column("element_id").str.extract(r"_[+-]_[ACGT]+_(.*)$").fill_null("wt")
    words = changes.str.split("_").explode()
    mentions = dict(words.filter(words.str.contains("^[A-Za-z]+$")).value_counts().iter_rows())
    assert len(published) == 16
    assert {name: mentions[name] for name in published} == published
    # A homotypic name says its factor twice: rows that have it are fewer, and never more.
    held = measured.get_column("stratum.factor").explode().drop_nulls()
    rows = dict(held.value_counts().iter_rows())
    assert all(rows[name] <= published[name] for name in published if name != "wt")
    assert rows["rxr"] < published["rxr"] or rows["pparg"] < published["pparg"]


def test_mpra__the_published_threshold_divides_as_the_table_says(real_inputs: Path, measured: pl.DataFrame) -> None:
    summary = _summary(real_inputs, "benchmark_summary.csv")
    activity = measured.get_column("beta")
    assert summary.height == 6
    for row in summary.iter_rows(named=True):
        assert row["n_samples"] == measured.height
        assert activity.median() == pytest.approx(row["threshold"], abs=1e-12)
        assert ((activity > row["threshold"]).sum(), (activity <= row["threshold"]).sum()) == (
            row["n_positive"], row["n_negative"],
        )  # fmt: skip


def test_mpra__the_published_p_values_are_those_of_independent_rows(real_inputs: Path) -> None:
    for name in ("benchmark_summary.csv", "per_tf_correlations.csv"):
        for row in _summary(real_inputs, name).iter_rows(named=True):
            n = row.get("n_samples") or row["n_variants"]
            for kind in ("pearson", "spearman"):
                r = row[f"{kind}_r"]
                t = r * math.sqrt((n - 2) / (1 - r**2))
                assert 2 * stats.t.sf(abs(t), n - 2) == pytest.approx(row[f"{kind}_p"], rel=1e-6)


def test_mpra__the_published_table_of_wild_types_is_every_row_with_every_row_of_its_locus(
    real_inputs: Path, measured: pl.DataFrame
) -> None:
    joined = measured.group_by("target_id").len().get_column("len").cast(pl.Int64)
    published = _summary(real_inputs, "correlation_comparison_summary.csv").get_column("n_samples")
    assert published.unique().to_list() == [int((joined**2).sum())]


def test_mpra__a_hundred_prepared_rows_are_those_rows(real_inputs: Path, measured: pl.DataFrame) -> None:
    sample = _summary(real_inputs, "mpra_test_sample_100.csv")
    both = sample.join(measured, left_on="variant_name", right_on="element_id", validate="1:1")
    assert both.height == sample.height == 100
    assert (both.get_column("log2_ratio") - both.get_column("beta")).abs().max() < 1e-12
    assert (
        both.get_column("variant_id").str.replace(":[ACGT]+$", "").to_list() == both.get_column("target_id").to_list()
    )
    assert both.get_column("chromosome").to_list() == both.get_column("source_chrom").to_list()
    assert both.get_column("start").to_list() == (both.get_column("source_pos") - 1).to_list()
    assert both.get_column("pool").to_list() == both.get_column("context_id").to_list()
    # Fifteen sequences for a hundred constructs: what was changed is in none of them.
    assert sample.get_column("sequence_2kb").n_unique() == 15 == both.get_column("target_id").n_unique()
