from __future__ import annotations

import polars as pl
import pytest

from refalt.alleles.left_aligned import left_aligned


def _row(pos: int, ref: str, alt: str, left: str, right: str) -> pl.DataFrame:
    columns = {"asked_pos": [pos], "asked_ref": [ref], "asked_alt": [alt], "left": [left], "right": [right]}
    return pl.DataFrame(columns | {"shift": [None], "repeat_goes_on": [None]}, schema_overrides={
        "asked_pos": pl.Int64, "shift": pl.Int64, "repeat_goes_on": pl.Boolean,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "left", "right", "expected"),
    [
        # GCAAAT: the last A taken away is the first one taken away.
        (5, "A", "", "GCAA", "T", (2, "CA", "C", 2, False)),
        # One repeat of two bases, inserted at its end.
        (7, "", "CA", "GTCACA", "G", (2, "T", "TCA", 4, False)),
        # The repeat reaches as far as anything is known.
        (4, "A", "", "AAA", "T", (1, "AA", "A", 2, True)),
        # Nothing is known before it: the base after it is its anchor.
        (1, "AC", "", "", "GT", (1, "ACG", "G", None, None)),
        # Shared ends go, and what is left is a substitution.
        (10, "GAT", "GCT", "TT", "C", (11, "A", "C", None, None)),
    ],
)
def test_left_aligned__is_shortest_and_leftmost(
    pos: int, ref: str, alt: str, left: str, right: str, expected: tuple[object, ...]
) -> None:
    found = left_aligned(_row(pos, ref, alt, left, right))
    assert found.select("asked_pos", "asked_ref", "asked_alt", "shift", "repeat_goes_on").row(0) == expected
