from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refalt.motifs.touched import touched

from .conftest import Variants, codes_of, rows_of


def intervals(variants: Variants) -> tuple[list[int], list[int], list[int]]:
    bases = touched(variants.ref_codes, variants.alt_codes, variants.variant_start, variants.ref_len, variants.alt_len)
    return bases.begin.tolist(), bases.ref_end.tolist(), bases.alt_end.tolist()


@pytest.mark.parametrize(
    ("flanks", "start", "ref", "alt", "expected"),
    [
        ("ACGTGTCA", 4, "A", "C", (4, 5, 5)),
        ("ACGTGTCA", 4, "AC", "AT", (5, 6, 6)),
        ("ACGTGTCA", 4, "", "AA", (4, 4, 6)),
        ("ACGTGTCA", 4, "CC", "", (4, 6, 4)),
        ("ACGTGTCA", 4, "CAC", "GG", (4, 7, 6)),
        ("ACGTGTCA", 4, "GATT", "GCCT", (5, 7, 7)),
    ],
)
def test_touched__trims_shared_bases(
    flanks: str, start: int, ref: str, alt: str, expected: tuple[int, int, int]
) -> None:
    assert intervals(rows_of((flanks, start, ref, alt))) == tuple([number] for number in expected)


def test_touched__a_base_lost_from_a_repeat_touches_the_whole_repeat() -> None:
    assert intervals(rows_of(("GCAAAGC", 2, "A", ""))) == ([2], [6], [5])


@pytest.mark.parametrize("start", [2, 3, 4, 5])
def test_touched__one_answer_wherever_an_insertion_is_placed_in_a_repeat(start: int) -> None:
    assert intervals(rows_of(("GCAAAGC", start, "", "A"))) == ([2], [5], [6])


def test_touched__anchored_and_bare_writings_are_the_same() -> None:
    bare, anchored = rows_of(("TTGCATCATCAGG", 3, "", "CAT")), rows_of(("TTCATCATCAGG", 2, "G", "GCAT"))
    np.testing.assert_array_equal(bare.alt_codes, anchored.alt_codes)
    assert intervals(bare) == intervals(anchored) == ([3], [11], [14])


def test_touched__equal_alleles_keep_their_place() -> None:
    assert intervals(rows_of(("ACGTGTCA", 4, "AC", "AC"))) == ([4], [6], [6])


def test_touched__rows_of_every_kind_together_are_as_alone() -> None:
    written = [
        ("ACGTGTCA", 4, "A", "C"),
        ("GCAAAGCC", 2, "A", ""),
        ("ACGTGTCA", 4, "", "AA"),
        ("ACGTGTCA", 2, "G", "G"),
        ("ACGTGTCA", 3, "TGA", "CGG"),
    ]
    together = intervals(rows_of(*written))
    alone = [intervals(rows_of(one)) for one in written]
    assert together == tuple([one[part][0] for one in alone] for part in range(3))


def test_touched__a_repeat_is_followed_no_further_than_its_row() -> None:
    bases = touched(codes_of("CCAAAA"), codes_of("CCAAAA"), *(np.array([number]) for number in (3, 1, 0)))
    assert (bases.begin.tolist(), bases.ref_end.tolist(), bases.alt_end.tolist()) == ([2], [7], [6])


@settings(deadline=None)
@given(
    st.text("AC", min_size=1, max_size=12),
    st.integers(0, 12),
    st.text("AC", max_size=3),
    st.text("AC", max_size=3),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_touched__two_writings_of_the_same_sequences_have_one_answer(
    flanks: str, start: int, ref: str, alt: str, before: int, after: int
) -> None:
    start = min(start, len(flanks))
    before, after = min(before, start), min(after, len(flanks) - start)
    left, right = flanks[start - before : start], flanks[start : start + after]
    short, long = "GG" + flanks + "TT", "GG" + flanks[: start - before] + flanks[start + after :] + "TT"
    narrow = rows_of((short, start + 2, ref, alt))
    wide = rows_of((long, start + 2 - before, left + ref + right, left + alt + right))
    np.testing.assert_array_equal(narrow.ref_codes, wide.ref_codes)
    if ref != alt:
        assert intervals(narrow) == intervals(wide)
