from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.datasets.variant_names import PARTS, builds_of, part, share_spelled


def parts_of(text: str) -> tuple[object, ...]:
    return pl.DataFrame({"name": [text]}).select(part(name, "name").alias(name) for name in PARTS).row(0)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("chr1_1284987_G_A_b38", ("chr1", 1284987, "G", "A", None)),
        ("chr1:123:A:G", ("chr1", 123, "A", "G", None)),
        ("chr1:123:A>G", ("chr1", 123, "A", "G", None)),
        ("chr1:123_A/G", ("chr1", 123, "A", "G", None)),
        ("1-55051215-GA-G", ("1", 55051215, "GA", "G", None)),
        ("X:99:c:ctt", ("X", 99, "c", "ctt", None)),
        ("chr1_KI270706v1_random_123_A_G_b38", ("chr1_KI270706v1_random", 123, "A", "G", None)),
        ("chr12:9436083_rs61916194", ("chr12", 9436083, None, None, "rs61916194")),
        ("chr1:742659", ("chr1", 742659, None, None, None)),
        ("chr2:5:A:-", ("chr2", 5, "A", "-", None)),
        ("chr2:5:A:R", ("chr2", 5, "A", "R", None)),
    ],
)
def test_part__takes_identifiers_of_all_usual_forms_apart(text: str, parts: tuple[object, ...]) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    "text", ["rs123", "ENSG00000227232_5", "ENSG00000227232.5", "chr12:9435883-9437556", "chr1:16:D", "A_1", "", "chr1"]
)
def test_part__leaves_other_names_alone(text: str) -> None:
    assert parts_of(text) == (None,) * 5


@given(
    chrom=st.sampled_from(["chr1", "7", "X", "chrM"]),
    pos=st.integers(1, 10**9),
    ref=st.text("ACGT", min_size=1, max_size=5),
    alt=st.text("ACGT", min_size=1, max_size=5),
    form=st.sampled_from(
        ["{}_{}_{}_{}", "{}:{}:{}:{}", "{}-{}-{}-{}", "{}:{}:{}>{}", "{}:{}_{}/{}", "{}_{}_{}_{}_b37"]
    ),
)
def test_part__undoes_what_was_put_together(chrom: str, pos: int, ref: str, alt: str, form: str) -> None:
    assert parts_of(form.format(chrom, pos, ref, alt)) == (chrom, pos, ref, alt, None)


def test_share_spelled__counts_filled_cells_only() -> None:
    names = pl.Series(["chr1:5:A:G", "chr1:6", None, "rs7", "rs8"])
    assert share_spelled(names) == (0.5, 0.25)
    assert share_spelled(pl.Series([None], dtype=pl.String)) == (0.0, 0.0)


def test_builds_of__names_the_assemblies_that_identifiers_end_in() -> None:
    assert builds_of(pl.Series(["chr1_5_A_G_b38", "chr1_6_A_G_b38"])) == ("GRCh38",)
    assert builds_of(pl.Series(["chr1_5_A_G_b37", "1:5:A:G_hg19", None])) == ("GRCh37",)
    assert builds_of(pl.Series(["chr1_5_A_G"])) == ()
