from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.datasets.satmut import SatmutSection

ROW = {
    "Chrom": "1", "Pos": "12", "Ref": "C", "Alt": "T", "Barcodes": "20", "DNA": "9", "RNA": "9",
    "Coefficient": "0.5", "pValue": "0.1", "Element": "SORT1", "Release": "GRCh38",
}  # fmt: skip
FASTA = [">GRCh38|SORT1|chr1:11-14", "ACGT", ">GRCh38|SORT1.2|chr1:10-14", "GACGT"]


@pytest.fixture
def table(write: Write) -> Any:
    def made(*rows: dict[str, str | None]) -> Path:
        return write("t.tsv", [ROW | row for row in rows])

    return made


def test_satmut__an_element_is_the_context_and_its_locus_the_target(table: Any, read_dataset: ReadDataset) -> None:
    rows = read_dataset("satmut", {"dataset": table({}, {"Element": "SORT1-flip"}, {"Element": "IRF4"})}).rows
    assert rows.get_column("context_id").to_list() == ["SORT1", "SORT1-flip", "IRF4"]
    assert rows.get_column("target_id").to_list() == ["SORT1", "SORT1", "IRF4"]
    assert rows.get_column("stratum.element").to_list() == ["SORT1", "SORT1-flip", "IRF4"]
    assert "stratum.release" not in rows.columns


def test_satmut__reads_one_release_and_counts_the_other(table: Any, read_dataset: ReadDataset) -> None:
    unplaced: dict[str, str | None] = {"Chrom": None, "Pos": None, "Ref": None, "Alt": None}
    old = {"Release": "GRCh37"}
    path = table({}, old, unplaced, unplaced | old)
    assert reasons(read_dataset("satmut", {"dataset": path})) == [None, "filtered", "no_position", "filtered"]
    other = read_dataset("satmut", {"dataset": path}, release="GRCh37")
    assert reasons(other) == ["filtered", None, "filtered", "no_position"]


def test_satmut__a_replicate_is_the_other_element_s_measurement_of_the_same_variant(
    table: Any, read_dataset: ReadDataset
) -> None:
    again = {"Element": "SORT1.2", "Coefficient": "0.7"}
    path = table({}, {"Alt": "G"}, again, again | {"Alt": "G", "Release": "GRCh37"})
    rows = read_dataset("satmut", {"dataset": path}, replicates={"SORT1": "SORT1.2"}).rows
    assert rows.get_column("recorded.replicate").to_list() == [0.7, None, None, None]
    assert rows.get_column("recorded.replicate.allele").to_list() == ["T", None, None, None]
    assert rows.get_column("beta").to_list() == [0.5, 0.5, 0.7, 0.7]


def test_satmut__a_replicate_stated_for_the_other_allele_says_so(table: Any, read_dataset: ReadDataset) -> None:
    again = {"Element": "SORT1.2", "Coefficient": "-0.7", "Ref": "T", "Alt": "C"}
    rows = read_dataset("satmut", {"dataset": table({}, again)}, replicates={"SORT1": "SORT1.2"}).rows
    assert rows.select("recorded.replicate", "recorded.replicate.allele").row(0) == (-0.7, "C")


def test_satmut__a_deletion_is_cut_out_of_the_element(table: Any, read_dataset: ReadDataset, write: Write) -> None:
    path = table({}, {"Alt": "-"}, {"Element": "SORT1.2"}, {"Element": "F9"})
    files = {"dataset": path, "elements": write("e.fa", FASTA)}
    sequences = read_dataset("satmut", files, elements="e.fa").sequences
    assert sequences.rows() == [(1, "ACGT", "ATGT", 1), (2, "ACGT", "AGT", 1), (3, "GACGT", "GATGT", 2)]


@pytest.mark.parametrize(
    ("ref", "alt", "alt_sequence"), [("T", "C", "ATGT"), ("-", "C", "AGT"), ("A", "T", None), ("A", "-", None)]
)
def test_satmut__the_element_tells_which_allele_is_ref(
    table: Any, read_dataset: ReadDataset, write: Write, ref: str, alt: str, alt_sequence: str | None
) -> None:
    files = {"dataset": table({"Ref": ref, "Alt": alt}), "elements": write("e.fa", FASTA)}
    sequences = read_dataset("satmut", files, elements="e.fa").sequences
    assert sequences.rows() == [(1, "ACGT", alt_sequence, 1)]


@pytest.mark.parametrize("pos", ["10", "15"])
def test_satmut__a_position_outside_its_element_carries_no_sequence(
    table: Any, read_dataset: ReadDataset, write: Write, pos: str
) -> None:
    files = {"dataset": table({"Pos": pos}), "elements": write("e.fa", FASTA)}
    assert read_dataset("satmut", files, elements="e.fa").sequences.is_empty()


def test_satmut_section__the_release_is_the_assembly() -> None:
    section = SatmutSection.model_validate({"name": "satmut", "release": "GRCh37", "replicates": {"a": "b"}})
    assert section.assembly == "GRCh37"
    assert section.recorded["replicate"].column == "Coefficient"
    with pytest.raises(ValidationError, match="leave assembly out"):
        SatmutSection.model_validate({"name": "satmut", "release": "GRCh37", "assembly": "GRCh38"})
