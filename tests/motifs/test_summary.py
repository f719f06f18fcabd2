from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from refalt.errors import UserError
from refalt.motifs import MotifScore, MotifSet, motif_changes, motif_summaries, summarise

from .conftest import codes_of, drawn, rows_of

NAN = float("nan")


@pytest.fixture
def three_families(make_motifs: Callable[..., MotifSet]) -> MotifSet:
    """Motifs 0, 2 and 3 are one family, 1 and 4 another, 5 is alone."""
    families = ("ets", "fox", "ets", "ets", "fox", "")
    return make_motifs("ACGT", "CCGT", "GGTT", "ACCA", "TTTT", "GCGC", families=families)


@pytest.mark.parametrize(
    ("within_family", "expected"), [("strongest", -3 + 2 + 1), ("mean", -2 / 3 + 0.5 + 1), ("sum", -2 + 1 + 1)]
)
def test_summarise__lets_each_family_speak_once(three_families: MotifSet, within_family: str, expected: float) -> None:
    changes = np.array([[-3, 2, 1, 0, -1, 1]], dtype=np.float32)
    assert summarise(changes, three_families, within_family=within_family) == pytest.approx(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(("within_family", "expected"), [("strongest", 4), ("mean", 2 + 1), ("sum", 4 + 1)])
def test_summarise__leaves_out_motifs_that_could_not_be_scored(
    three_families: MotifSet, within_family: str, expected: float
) -> None:
    changes = np.array([[3, NAN, 1, NAN, NAN, 1]], dtype=np.float32)
    assert summarise(changes, three_families, within_family=within_family) == pytest.approx(expected)  # type: ignore[arg-type]


def test_summarise__is_nan_where_nothing_could_be_scored(three_families: MotifSet) -> None:
    changes = np.array([[NAN] * 6, [0] * 6], dtype=np.float32)
    np.testing.assert_array_equal(summarise(changes, three_families), [NAN, 0])


def test_summarise__equal_gain_and_loss_in_a_family_cancel(three_families: MotifSet) -> None:
    changes = np.array([[2, 0, -2, 1, 0, 0]], dtype=np.float32)
    assert summarise(changes, three_families).tolist() == [0]


@pytest.mark.parametrize("measure", ["occupancy", "best_hit"])
@pytest.mark.parametrize("within_family", ["strongest", "mean", "sum"])
def test_motif_summaries__are_the_summaries_of_the_changes(shipped: MotifSet, measure: str, within_family: str) -> None:
    variants = vars(rows_of(*drawn(25)))
    score = MotifScore(measure=measure, floor_bits=8, within_family=within_family)  # type: ignore[arg-type]
    changes = getattr(motif_changes(**variants, motifs=shipped, floor_bits=8), measure)
    expected = summarise(changes, shipped, within_family=score.within_family)
    np.testing.assert_array_equal(motif_summaries(**variants, motifs=shipped, score=score), expected)


def test_motif_summaries__swapping_the_alleles_changes_the_sign(shipped: MotifSet) -> None:
    variants = rows_of(*drawn(40))
    one, other = (motif_summaries(**vars(rows), motifs=shipped) for rows in (variants, variants.swapped()))
    np.testing.assert_allclose(one, -other, atol=1e-4)
    assert np.abs(one).max() > 1


def test_motif_score__says_itself() -> None:
    assert str(MotifScore()) == "MotifScore(measure='occupancy', floor_bits=10.0, within_family='strongest')"
    assert MotifScore.is_signed


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measure": "best_hits"}, "did you mean 'best_hit'"),
        ({"within_family": "strong"}, "did you mean 'strongest'"),
        ({"floor_bits": 200.0}, "out of range"),
    ],
)
def test_motif_score__refuses_settings_that_mean_nothing(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=f"(?i){message}"):
        MotifScore(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", ["occupancy", "best_hit"])
def test_motif_summaries__agree_with_dsqtl_effects(
    shipped: MotifSet, measure: str, real_input: Callable[[str], Path]
) -> None:
    with real_input("dsqtl/degner2012_lcl_dsqtl.tsv").open() as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["ref_seq_100bp"]]
    ref, alt = (codes_of(*(row[column] for row in rows)) for column in ("ref_seq_100bp", "alt_seq_100bp"))
    beta = np.array([float(row["beta"]) for row in rows])
    dsqtl = np.array([row["label"] == "1" for row in rows])
    assert (len(rows), np.count_nonzero(dsqtl)) == (5668, 573)
    score = MotifScore(measure=measure)  # type: ignore[arg-type]
    summary = motif_summaries(ref, alt, variant_start=49, ref_len=1, alt_len=1, motifs=shipped, score=score)
    assert spearmanr(summary, beta)[0] > 0.13
    assert pearsonr(summary[dsqtl], beta[dsqtl])[0] > 0.42
