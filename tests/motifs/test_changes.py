from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.motifs import MotifSet, motif_changes
from refalt.motifs.changes import COMPILED_FROM, ROWS_AT_ONCE, MotifChanges
from refalt.motifs.motif_set import shipped_motifs

from .conftest import Variants, Written, drawn, other_strand, rows_of

FEW = shipped_motifs().limited_to(shipped_motifs().names[::60])
SEQUENCE = st.text("ACGT", max_size=5)
WRITTEN = st.tuples(st.text("ACGT", min_size=66, max_size=66), st.just(33), SEQUENCE, SEQUENCE)


def both(changes: MotifChanges) -> np.ndarray:
    return np.stack([changes.best_hit, changes.occupancy])


@settings(deadline=None)
@given(WRITTEN)
def test_motif_changes__swapping_the_alleles_changes_the_sign(written: Written) -> None:
    variants = rows_of(written)
    one, other = (both(motif_changes(**vars(rows), motifs=FEW)) for rows in (variants, variants.swapped()))
    np.testing.assert_allclose(one, -other, atol=1e-6)


@settings(deadline=None)
@given(WRITTEN)
def test_motif_changes__are_the_same_from_the_other_strand(written: Written) -> None:
    one, other = (both(motif_changes(**vars(rows_of(rows)), motifs=FEW)) for rows in (written, other_strand(written)))
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("start", [31, 32, 34, 36])
def test_motif_changes__an_indel_in_a_repeat_has_one_answer_wherever_it_is_placed(
    shipped: MotifSet, start: int
) -> None:
    flanks = "GATTGCAGGTTCAGATCCTAGGACTTGCAGC" + "CACACA" + "GTTGACCATGCTAGGCCATAGTCAGGTTCACC"
    expected, moved = (
        both(motif_changes(**vars(rows_of((flanks, at, "", "CA"))), motifs=shipped, floor_bits=2)) for at in (31, start)
    )
    if start % 2:
        np.testing.assert_allclose(moved, expected, atol=1e-6)
    else:
        turned = both(motif_changes(**vars(rows_of((flanks, start, "", "AC"))), motifs=shipped, floor_bits=2))
        np.testing.assert_allclose(turned, expected, atol=1e-6)
    assert np.abs(expected).max() > 0.5


def test_motif_changes__equal_alleles_change_nothing(shipped: MotifSet) -> None:
    changes = both(motif_changes(**vars(rows_of(("ACGTTGCA" * 9, 35, "AC", "AC"))), motifs=shipped))
    np.testing.assert_array_equal(changes, np.zeros_like(changes))


def test_motif_changes__the_floor_hides_what_stays_below_it(make_motifs: Callable[..., MotifSet]) -> None:
    motifs, variants = make_motifs("GATTACA"), rows_of(("CCTCCGATTCACCGCC", 9, "T", "A"))
    site = float(motifs.groups[0].log_odds[0, 0].max(axis=1).sum())
    best = [
        float(motif_changes(**vars(variants), motifs=motifs, floor_bits=floor).best_hit[0, 0])
        for floor in (-126, site - 3, site - 1, site + 2)
    ]
    assert best[0] > 4
    assert best[1:] == pytest.approx([3, 1, 0], abs=1e-5)


def test_motif_changes__a_lone_site_at_the_floor_gains_one_bit(make_motifs: Callable[..., MotifSet]) -> None:
    motifs, variants = make_motifs("GATTACA"), rows_of(("CCTCCGATTCACCGCC", 9, "T", "A"))
    site = float(motifs.groups[0].log_odds[0, 0].max(axis=1).sum())
    occupancy = motif_changes(**vars(variants), motifs=motifs, floor_bits=site).occupancy[0, 0]
    assert occupancy == pytest.approx(1, abs=0.06)


def test_motif_changes__many_variants_give_what_few_do(shipped: MotifSet) -> None:
    written = drawn(150)
    few = both(motif_changes(**vars(rows_of(*written)), motifs=shipped))
    rows = rows_of(*written)
    times = COMPILED_FROM // len(written) + 1
    many = Variants(*(np.concatenate([array] * times) for array in vars(rows).values()))
    assert len(many.ref_len) > max(COMPILED_FROM, 2 * ROWS_AT_ONCE)
    changes = both(motif_changes(**vars(many), motifs=shipped, threads=2))
    np.testing.assert_allclose(changes, np.concatenate([few] * times, axis=1), atol=5e-6)


def test_motif_changes__one_number_may_stand_for_all_variants(shipped: MotifSet) -> None:
    rows = rows_of(*[("ACGTTGCAT" * 9, 40, "A", alt) for alt in "CGT"])
    numbers = {"variant_start": 40, "ref_len": 1, "alt_len": 1}
    one, other = (
        both(motif_changes(rows.ref_codes, rows.alt_codes, **places, motifs=shipped))
        for places in (numbers, {name: np.full(3, number) for name, number in numbers.items()})
    )
    np.testing.assert_array_equal(one, other)


def test_motif_changes__no_variants_give_no_rows(shipped: MotifSet) -> None:
    nothing = np.empty((0, 50), dtype=np.uint8)
    changes = motif_changes(nothing, nothing, variant_start=5, ref_len=1, alt_len=1, motifs=shipped)
    assert changes.best_hit.shape == changes.occupancy.shape == (0, 1019)


def test_motif_changes__refuses_what_is_not_codes_and_floors_out_of_range(shipped: MotifSet) -> None:
    codes = np.zeros((2, 50), dtype=np.uint8)
    at = {"variant_start": 5, "ref_len": 1, "alt_len": 1, "motifs": shipped}
    with pytest.raises(ValueError, match="not int64"):
        motif_changes(codes.astype(np.int64), codes, **at)
    with pytest.raises(ValueError, match="negative"):
        motif_changes(codes, codes, **{**at, "alt_len": -1})
    with pytest.raises(UserError, match="out of range.*got nan"):
        motif_changes(codes, codes, **at, floor_bits=float("nan"))


def test_motif_changes__does_not_load_numba_for_few_variants() -> None:
    program = """
import sys, numpy as np
from refalt.motifs import motif_summaries, shipped_motifs
codes = np.zeros((3, 80), dtype=np.uint8)
motif_summaries(codes, codes, variant_start=40, ref_len=1, alt_len=1, motifs=shipped_motifs())
sys.exit("numba" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
