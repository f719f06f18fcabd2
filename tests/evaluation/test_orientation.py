from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.alleles import check_alleles
from refalt.evaluation.orientation import DONE, changed_rows, counted, counts_of, orientation_of
from refalt.studies.sections import DatasetSection
from refalt.tables import AlleleChecks, Measurements, Orientation

#: What the genome holds at positions 1 to 9.
HELD = "ACGTACGTA"
SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("variant_id", "chrom", "ref", "alt", "reason", "effect_allele", "genome_ref"), pl.String),
    **dict.fromkeys(("genome_alt", "genome_left", "ref_sequence", "alt_sequence"), pl.String),
    **dict.fromkeys(("pos", "offset"), pl.Int64),
    "beta": pl.Float64,
    "lift_strand": pl.Int8,
}


def declared(of: Any = "alt", null: float = 0.0) -> DatasetSection:
    effect = {"column": "beta", "of": of, "null": null, "source": "the test"}
    return DatasetSection.model_validate({"name": "table", "assembly": "simulated-x", "effect": effect})


def rows_of(*rows: dict[str, Any]) -> tuple[Measurements, AlleleChecks]:
    """Rows at `pos` with `ref` and `alt`, held against `HELD`."""
    frame = pl.DataFrame(
        [
            {
                "chrom": "chr1",
                "genome_ref": HELD[row["pos"] - 1 :][: len(row["ref"])],
                "genome_alt": HELD[row["pos"] - 1 :][: len(row["alt"])],
                "genome_left": HELD[: row["pos"] - 1],
                "variant_id": f"chr1:{row['pos']}:{row['ref']}>{row['alt']}",
                "beta": 1.5,
                **row,
            }
            for row in rows
        ],
        schema=SCHEMA,
    )
    names = ["variant_id", "chrom", "pos", "ref", "alt", "beta", "reason", "effect_allele", "lift_strand"]
    measured = frame.select(names).with_columns(
        source_row=pl.int_range(1, pl.len() + 1), kind=pl.lit("variant"), flags=pl.lit([], pl.List(pl.String))
    )
    placed = frame.filter(pl.col("reason").is_null())
    return Measurements(measured), check_alleles(placed, has_genome=True)


def one(row: dict[str, Any], section: DatasetSection | None = None) -> dict[str, Any]:
    return orientation_of(*rows_of(row), section or declared()).frame.row(0, named=True)


@pytest.mark.parametrize(
    ("row", "section", "expected"),
    [
        ({"pos": 1, "ref": "A", "alt": "G"}, declared(), ("as_published", "A", "G", 1, None)),
        (
            {"pos": 1, "ref": "G", "alt": "A"},
            declared(),
            ("swapped", "A", "G", -1, "the genome holds the published ALT"),
        ),
        (
            {"pos": 1, "ref": "T", "alt": "G"},
            declared(),
            ("complemented", "A", "C", 1, "the genome holds the published REF on the other strand"),
        ),
        (
            {"pos": 1, "ref": "G", "alt": "T"},
            declared(),
            ("complemented_and_swapped", "A", "C", -1, "the genome holds the published ALT, on the other strand"),
        ),
        (
            {"pos": 1, "ref": "T", "alt": "G", "lift_strand": -1},
            declared(),
            ("complemented", "A", "C", 1, "the lift-over leads onto the other strand"),
        ),
        (
            {"pos": 1, "ref": "A", "alt": "G"},
            declared("ref"),
            ("flipped", "A", "G", -1, "the effect is declared for REF"),
        ),
        (
            {"pos": 1, "ref": "A", "alt": "G", "effect_allele": "A"},
            declared({"column": "allele"}),
            ("flipped", "A", "G", -1, "the effect's allele is REF"),
        ),
        (
            {"pos": 1, "ref": "A", "alt": "G", "effect_allele": "T"},
            declared({"column": "allele"}),
            ("unsigned", "A", "G", None, "the effect's allele is neither REF nor ALT"),
        ),
        (
            {"pos": 1, "ref": "G", "alt": "A"},
            declared("ref"),
            ("swapped", "A", "G", 1, "the genome holds the published ALT"),
        ),
        (
            {"pos": 1, "ref": "C", "alt": "G"},
            declared(),
            (
                *("dropped", "C", "G", 1),
                "neither allele is what the genome holds at the position; compared with recorded scores only",
            ),
        ),
        (
            {"pos": 1, "ref": "A", "alt": "G", "reason": "bad_allele"},
            declared(),
            ("dropped", None, None, 1, "an allele holds a letter that is not A, C, G, T or N, or is empty"),
        ),
        (
            {"pos": 1, "ref": "A", "alt": "G", "reason": "not_sampled"},
            declared(),
            ("left_out", None, None, 1, "the declared random sample did not draw it"),
        ),
        (
            {"pos": 4, "ref": "TA", "alt": "TAA"},
            declared(),
            ("left_aligned", "T", "TA", 1, "the genome repeats it further left, or the alleles share bases"),
        ),
    ],
)
def test_orientation_of__says_what_was_done_and_why(
    row: dict[str, Any], section: DatasetSection, expected: tuple[Any, ...]
) -> None:
    found = one(row, section)
    names = ("done", "oriented_ref", "oriented_alt", "oriented_sign", "why")
    assert tuple(found[name] for name in names) == expected
    assert (found["published_ref"], found["published_alt"]) == (row["ref"], row["alt"])


def test_orientation_of__signs_are_those_above_the_null() -> None:
    assert one({"pos": 1, "ref": "G", "alt": "A", "beta": 0.4}, declared(null=0.5))["oriented_sign"] == 1
    assert one({"pos": 1, "ref": "A", "alt": "G", "beta": None})["published_sign"] is None


@given(
    st.lists(
        st.tuples(
            st.integers(1, 9),
            st.permutations("ACGT"),
            st.sampled_from([None, "not_sampled", "unparsable", "duplicate_row"]),
        ),
        max_size=12,
        unique_by=lambda row: (row[0], row[1][0], row[1][1]),
    )
)
def test_counts_of__add_up_to_the_rows_whatever_they_are(rows: list[tuple[int, list[str], str | None]]) -> None:
    if not rows:
        assert counts_of(Orientation.empty()) == {}
        return
    made = [{"pos": pos, "ref": letters[0], "alt": letters[1], "reason": why} for pos, letters, why in rows]
    found = orientation_of(*rows_of(*made), declared())
    counts = counts_of(found)
    assert sum(counts.values()) == len(rows)
    assert list(counts) == [done for done in DONE if done in counts]
    assert counted(*rows_of(*made), declared()) == counts
    changed = changed_rows(found)
    assert changed.height == len(rows) - counts.get("as_published", 0) - counts.get("left_out", 0)
    assert changed.get_column("why").null_count() == 0
