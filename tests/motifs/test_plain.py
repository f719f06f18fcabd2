from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from Bio.motifs import jaspar
from Bio.Seq import Seq

from refalt.motifs import MotifSet, plain
from refalt.motifs.touched import touched

from .conftest import Variants, Written, drawn, rows_of
from .test_log_odds import biopython_motif

NO_FLOOR = -126.0


def scanned(variants: Variants, motifs: MotifSet, floor_bits: float = NO_FLOOR) -> npt.NDArray[np.float32]:
    """Best hit and occupancy, float32[2, n, m]."""
    return np.stack(plain.scan(*placed(variants), motifs.groups, floor_bits=floor_bits))


def placed(variants: Variants) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], object]:
    alleles = variants.ref_codes, variants.alt_codes
    return *alleles, touched(*alleles, variants.variant_start, variants.ref_len, variants.alt_len)


def biopython_change(motifs: MotifSet, number: int, written: Written) -> tuple[float, float]:
    """Best hit and occupancy change with Biopython's own scores, of windows that reach into the alleles."""
    motif = biopython_motif(motifs, number)
    motif.pseudocounts = jaspar.calculate_pseudocounts(motif)
    flanks, at, *alleles = written
    best, total = [], []
    for allele in alleles:
        around = flanks[at - len(motif) + 1 : at] + allele + flanks[at : at + len(motif) - 1]
        scores = np.concatenate(
            [np.atleast_1d(pssm.calculate(Seq(around))) for pssm in (motif.pssm, motif.pssm.reverse_complement())]
        ).astype(float)
        best.append(scores.max())
        total.append(np.log2(np.exp2(scores).sum()))
    return best[1] - best[0], total[1] - total[0]


@pytest.mark.parametrize("number", range(7, 1019, 202))
def test_scan__changes_are_those_of_biopythons_scores(shipped: MotifSet, number: int) -> None:
    # Alleles that begin and end in different bases, in flanks into which an indel cannot slide.
    written: list[Written] = [
        ("TTGACGATTACAGGCATGAGCCACTGCGCCCGGCC" * 2, 35, ref, alt)
        for ref, alt in [("A", "C"), ("A", "G"), ("", "AGG"), ("", "CAACAG"), ("ACG", ""), ("GGGTG", "C"), ("AC", "CA")]
    ]
    changes = scanned(rows_of(*written), shipped)[:, :, number]
    expected = np.array([biopython_change(shipped, number, one) for one in written]).T
    np.testing.assert_allclose(changes, expected, atol=2e-5)


def test_scan__sees_a_site_made_on_either_strand(make_motifs: Callable[..., MotifSet]) -> None:
    motifs = make_motifs("GATTACA", "TGTAATC", "CCCCCCC")
    best, occupancy = scanned(rows_of(("CCTCCGATTCACCGCC", 9, "T", "A")), motifs, 3.0)[:, 0]
    assert best[0] == best[1] > 4
    assert occupancy[0] == pytest.approx(occupancy[1])
    assert best[2] == 0


def test_scan__a_lost_base_can_join_a_site_over_the_junction(make_motifs: Callable[..., MotifSet]) -> None:
    best, _ = scanned(rows_of(("CCTCCGATTACACGCC", 8, "G", "")), make_motifs("GATTACA"), 3.0)[:, 0, 0]
    assert best > 4


def test_scan__a_window_with_n_or_over_the_end_is_impossible(make_motifs: Callable[..., MotifSet]) -> None:
    motifs = make_motifs("GATT", "GATTACA")
    alone = scanned(rows_of(("GATACA", 3, "C", "T")), motifs)
    # Four bases more on either side of N cannot be reached; the longer motif fits once, the shorter four times.
    walled = scanned(rows_of(("GGGGNGATACANGGGG", 8, "C", "T")), motifs)
    np.testing.assert_array_equal(alone, walled)
    assert np.isfinite(alone).all()


def test_scan__is_nan_where_no_window_can_be_scored(make_motifs: Callable[..., MotifSet]) -> None:
    changes = scanned(rows_of(("NGATACN", 4, "C", "T"), ("NGATACN", 4, "N", "T")), make_motifs("GATT", "GATTACAG"))
    assert np.isfinite(changes[:, 0, 0]).all()
    assert np.isnan(changes[:, 0, 1]).all()
    assert np.isnan(changes[:, 1]).all()


def test_scan__rows_of_different_spans_are_as_alone(shipped: MotifSet) -> None:
    written = drawn(12)
    few = shipped.limited_to(shipped.names[::40])
    together = scanned(rows_of(*written), few)
    for row, one in enumerate(written):
        np.testing.assert_allclose(scanned(rows_of(one), few)[:, 0], together[:, row], atol=1e-5)
