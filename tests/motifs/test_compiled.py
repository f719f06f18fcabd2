from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from refalt.motifs import MotifSet, compiled, plain

from .conftest import drawn, rows_of
from .test_plain import NO_FLOOR, placed


@pytest.mark.parametrize("floor_bits", [NO_FLOOR, 0.0, 10.0])
@pytest.mark.parametrize("n_share", [0.0, 0.05, 0.4])
def test_scan__is_the_plain_scan(shipped: MotifSet, floor_bits: float, n_share: float) -> None:
    variants = placed(rows_of(*drawn(40, n_share=n_share)))
    ours = compiled.scan(*variants, shipped.tables, floor_bits=floor_bits)
    theirs = plain.scan(*variants, shipped.groups, floor_bits=floor_bits)
    assert n_share == 0 or np.isnan(theirs[0]).any()
    np.testing.assert_allclose(ours, theirs, atol=5e-6)


@pytest.mark.parametrize("flank", [3, 20])
def test_scan__is_the_plain_scan_at_the_ends_of_short_rows(shipped: MotifSet, flank: int) -> None:
    variants = placed(rows_of(*drawn(40, flank=flank)))
    np.testing.assert_allclose(
        compiled.scan(*variants, shipped.tables, floor_bits=10),
        plain.scan(*variants, shipped.groups, floor_bits=10),
        atol=5e-6,
    )


def test_scan__is_the_plain_scan_for_an_allele_of_hundreds_of_bases(shipped: MotifSet) -> None:
    flanks, at, ref, alt = drawn(1)[0]
    variants = placed(rows_of((flanks, at, ref + "ACGTGGCATT" * 40, alt), (flanks, at, ref, alt)))
    np.testing.assert_allclose(
        compiled.scan(*variants, shipped.tables, floor_bits=10),
        plain.scan(*variants, shipped.groups, floor_bits=10),
        atol=5e-6,
    )


@pytest.mark.parametrize("sites", [("ACGT",), ("GATTACA", "ACGT"), ("GATTACAGATTACAGATTACA", "TGCA", "CCGGAA")])
def test_scan__is_the_plain_scan_for_small_sets(make_motifs: Callable[..., MotifSet], sites: tuple[str, ...]) -> None:
    motifs = make_motifs(*sites)
    variants = placed(rows_of(*drawn(30, n_share=0.02)))
    np.testing.assert_allclose(
        compiled.scan(*variants, motifs.tables, floor_bits=NO_FLOOR),
        plain.scan(*variants, motifs.groups, floor_bits=NO_FLOOR),
        atol=5e-6,
    )


def test_scan__swapping_the_alleles_reverses_the_sign_and_nothing_else(shipped: MotifSet) -> None:
    variants = rows_of(*drawn(30))
    one = compiled.scan(*placed(variants), shipped.tables, floor_bits=10)
    other = compiled.scan(*placed(variants.swapped()), shipped.tables, floor_bits=10)
    np.testing.assert_array_equal(one, -np.array(other))
