from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.golden.conftest import Golden, Run

FILTER = 'keep = [{ column = "Barcodes", op = ">=", value = 10 }]'
MODEL = """[models.motif]

[[score]]
name   = "motif"
model  = "motif"
method = "variant"
"""
#: Correlation of an element's measurements with those of the element that measured its variants again: of all rows,
#: and of rows with 10 barcodes or more.
CEILINGS = {
    "LDLR": (0.933, 0.971),
    "SORT1": (0.939, 0.961),
    "SORT1-flip": (0.926, 0.942),
    "PKLR-24h": (0.674, 0.864),
    "TERT-GBM": (0.470, 0.748),
    "ZRSh-13": (0.302, 0.707),
}


def _ceilings(study: Golden) -> dict[str, float]:
    return {name: round(study.value("pearson_r", stratum=f"element={name}", score="replicate"), 3) for name in CEILINGS}


def test_satmut__replicates_agree_as_well_as_is_known(run_golden: Run) -> None:
    study = run_golden("satmut", replaced={MODEL: ""})
    assert _ceilings(study) == {name: filtered for name, (_, filtered) in CEILINGS.items()}
    mean = study.estimate("pearson_r", stratum="mean over element", score="replicate")
    assert mean["value"] == pytest.approx(sum(filtered for _, filtered in CEILINGS.values()) / 6, abs=1e-3)
    # Six pairs at five loci: too few for an interval.
    assert mean["n_clusters"] == 5
    assert mean["reason"] == "5 clusters: no interval under 10"


def test_satmut__with_rows_of_few_barcodes_replicates_agree_less(run_golden: Run) -> None:
    study = run_golden("satmut", replaced={MODEL: "", FILTER: ""})
    assert _ceilings(study) == {name: unfiltered for name, (unfiltered, _) in CEILINGS.items()}
    _one_release(study)
    _deletions_are_anchored(study)


def _one_release(study: Golden) -> None:
    counts = dict(study.rows.group_by("reason").len().iter_rows())
    assert counts == {None: 44_647, "no_position": 11, "filtered": 44_658}
    kept = study.rows.filter(pl.col("reason").is_null())
    assert kept.get_column("variant_id").n_unique() == 33_517
    assert (kept.get_column("context_id").n_unique(), kept.get_column("target_id").n_unique()) == (29, 21)
    assert kept.filter(pl.col("context_id").str.starts_with("TERT")).get_column("target_id").unique().to_list() == [
        "TERT"
    ]
    assert study.clusters.kind == "locus"


def _deletions_are_anchored(study: Golden) -> None:
    checks = study.checks.frame
    assert checks.get_column("orientation").unique().to_list() == ["as_given"]
    deletions = checks.filter(pl.col("variant_id").str.ends_with(">-"))
    assert deletions.height > 2_400
    assert not deletions.get_column("asked_id").str.contains("-", literal=True).any()
    # Deletions of two bases of one run are the same deletion.
    assert deletions.get_column("asked_id").n_unique() < deletions.height


def test_satmut__few_rows_have_under_ten_barcodes(run_golden: Run) -> None:
    study = run_golden("satmut", replaced={MODEL: ""})
    filtered = study.rows.filter(pl.col("reason") == "filtered").height - 44_658
    assert round(100 * filtered / 44_658, 1) == 6.5


@pytest.mark.slow
def test_satmut__the_motif_model_scores_every_variant_but_deletions_at_the_ends(run_golden: Run) -> None:
    study = run_golden("satmut")
    lost = study.joined.removed.filter(pl.col("score_name") == "motif")
    assert set(lost.get_column("reason")) == {"filtered", "no_position", "prediction_failed"}
    unscored = lost.filter(pl.col("reason") == "prediction_failed").join(study.read.inputs.frame, on="source_row")
    assert unscored.height < 30
    assert unscored.get_column("variant_id").str.ends_with(">-").all()
    to_end = pl.col("ref_sequence").str.len_bytes().cast(pl.Int64) - 1 - pl.col("offset")
    assert unscored.select((to_end.clip(upper_bound=pl.col("offset")) <= 0).all()).item()
    mean = study.estimate("pearson_r", stratum="mean over element", score="motif")
    assert mean["n_clusters"] == 21
    assert 0 < mean["lower"] < mean["value"] < 0.3


@pytest.fixture
def swapped(real_input: Callable[[str], Path], tmp_path: Path) -> Path:
    """A folder with the table in which half of the rows, deletions among them, have alleles swapped and sign turned."""
    name = "kircher_elements.tsv.gz"
    table = pl.read_csv(real_input(f"satmut/{name}"), separator="\t", infer_schema=False, null_values="NA")
    half = pl.Series(np.random.default_rng(12).random(table.height) < 0.5)
    value = pl.col("Coefficient").cast(pl.Float64)
    table = table.with_columns(
        pl.when(half).then("Alt").otherwise("Ref").alias("Ref"),
        pl.when(half).then("Ref").otherwise("Alt").alias("Alt"),
        pl.when(half).then(-value).otherwise(value).alias("Coefficient"),
    )
    folder = tmp_path / "swapped"
    folder.mkdir()
    (folder / name).write_bytes(gzip.compress(table.write_csv(separator="\t", null_value="NA").encode(), 1))
    return folder


@pytest.mark.slow
def test_satmut__swapping_alleles_with_their_signs_changes_no_estimate(run_golden: Run, swapped: Path) -> None:
    as_published = run_golden("satmut", replaced={MODEL: ""})
    turned = run_golden("satmut", replaced={MODEL: ""}, folder=swapped)
    swaps = turned.checks.frame.filter(pl.col("orientation") == "swapped")
    assert swaps.height > 15_000
    assert swaps.get_column("variant_id").str.contains("->", literal=True).sum() > 1_000
    columns = ["metric", "label_name", "stratum", "value", "n", "n_variants", "n_clusters", "n_missing"]
    for column in columns:
        assert turned.of_scores.get_column(column).equals(as_published.of_scores.get_column(column)), column
