from __future__ import annotations

import polars as pl
import pytest
from tests.datasets.conftest import Write

from refalt.datasets.elements import locus_of, read_element_sequences
from refalt.errors import UserError

FASTA = [">GRCh38|E1|chr1:11-14", "ac", "GT", ">GRCh37|E1|chr1:21-24", "ACGT", ">GRCh38|E2|chr2:1-2", "GG"]


@pytest.mark.parametrize(
    ("element", "locus"),
    [
        ("SORT1", "SORT1"), ("SORT1.2", "SORT1"), ("SORT1-flip", "SORT1"), ("LDLR.2", "LDLR"), ("PKLR-24h", "PKLR"),
        ("TERT-GBM", "TERT"), ("TERT-HEK293T", "TERT"), ("ZRSh-13", "ZRS"), ("ZRSh-13h2", "ZRS"),
        ("MYCrs11986220", "MYCrs11986220"), ("IRF4", "IRF4"), ("LDLRAD", "LDLRAD"),
    ],
)  # fmt: skip
def test_locus_of__is_the_same_for_what_was_cut_from_one_place(element: str, locus: str) -> None:
    assert pl.select(locus_of(pl.lit(element))).item() == locus


def test_read_element_sequences__takes_one_release(write: Write) -> None:
    found = read_element_sequences(write("e.fa", FASTA), "GRCh38")
    assert found.rows() == [("E1", 11, "ACGT"), ("E2", 1, "GG")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([">E1", "ACGT"], "line 1.*Expected a header like"),
        ([*FASTA, ">GRCh38|E3|chr2:1-9", "GG"], "line 8.*as many letters"),
        ([">GRCh37|E1|chr1:21-24", "ACGT"], "no sequence is of GRCh38.*GRCh37"),
    ],
)
def test_read_element_sequences__refuses_what_it_cannot_place(write: Write, lines: list[str], words: str) -> None:
    with pytest.raises(UserError, match=f"(?s){words}"):
        read_element_sequences(write("e.fa", lines), "GRCh38")
