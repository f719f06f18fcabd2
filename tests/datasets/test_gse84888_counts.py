from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.datasets.conftest import Write

from refalt.datasets.gse84888_counts import carried_elements, read_counts, read_elements, with_predictions
from refalt.errors import UserError

SIX = "PPREwt_129_chr5_51987228_51987244_-_AGTAGGGGAAAGAGTA"
SEVEN = "MAC_chr13_46069370_46069386_+_TGAAGGTCAGAGTTTA"
HEADER = "name\ttags\tcounts.rna\tcounts.plasmid"
ROWS = pl.DataFrame({"name": ["a_wt", "a_x", "b_x"], "site": ["AC", "AC", "GT"], "wild_type": ["a_wt", "a_wt", None]})
ELEMENTS = pl.DataFrame({"name": ["a_wt", "a_x"], "sequence": ["AACA", "ATTTA"]})


@pytest.fixture
def pools(write: Write) -> list[Path]:
    six = [HEADER, f"{SIX}_wt\t100\t10\t39", f"{SIX}_lxr_1_9_fos\t20\t0\t9"]
    return [write("6.txt", six), write("7.txt", [HEADER, f"{SEVEN}\t5\t3\t1", f"{SEVEN}_lxr_lxr_1_2\t5\t97\t99"])]


def test_read_counts__an_activity_is_log2_of_rna_over_plasmid_with_one_added_to_each(pools: list[Path]) -> None:
    frame = read_counts(pools, per_million=False).frame
    assert frame.get_column("activity").to_list() == pytest.approx(np.log2([11 / 40, 1 / 10, 4 / 2, 98 / 100]))
    assert frame.get_column("pool").to_list() == ["Pool6", "Pool6", "Pool7", "Pool7"]
    assert frame.get_column("factors").to_list() == [None, ["lxr", "fos"], None, ["lxr"]]


def test_read_counts__per_million_is_of_the_pool(pools: list[Path]) -> None:
    frame = read_counts(pools, per_million=True).frame
    rna, plasmid = np.array([1e6, 0, 3e4, 97e4]), np.array([39 / 48, 9 / 48, 0.01, 0.99]) * 1e6
    assert frame.get_column("activity").to_list() == pytest.approx(np.log2((rna + 1) / (plasmid + 1)))


def test_read_counts__bad_rows_stay_and_are_shown(write: Write, pools: list[Path]) -> None:
    bad = [HEADER, f"{SEVEN}\t5\tmany\t1", f"{SEVEN}_lxr_lxr_1_2\t5\t-4\t99", f"{SEVEN}_lxr_1_2_lxr\t5\t1\t1"]
    counted = read_counts([pools[0], write("bad.txt", bad)], per_million=True)
    assert counted.unparsable.to_list() == [False, False, True, True, True]
    assert counted.frame.get_column("activity").is_null().to_list() == [False, False, True, True, False]
    assert [remark.partition(":")[2] for remark in counted.remarks] == [
        " 1 rows hold cells that are not numbers: row 1, column counts.rna: 'many'",
        " 1 rows hold counts below zero, row 2 first",
        f" 1 names do not follow the grammar of Pool7: row 3: '{SEVEN}_lxr_1_2_lxr'",
    ]


def test_read_counts__pools_with_different_columns_are_an_error(write: Write, pools: list[Path]) -> None:
    other = write("other.txt", ["name\ttags\tcounts.rna\tplasmid", f"{SEVEN}\t5\t3\t1"])
    with pytest.raises(UserError, match=r"the pools have different columns.*got.*plasmid, tags"):
        read_counts([pools[0], other], per_million=False)


def test_read_counts__the_same_columns_in_another_order_are_the_same(write: Write, pools: list[Path]) -> None:
    turned = write("turned.txt", ["tags\tcounts.plasmid\tname\tcounts.rna", f"5\t1\t{SEVEN}\t3"])
    frame = read_counts([pools[0], turned], per_million=False).frame
    assert frame.row(2, named=True)["activity"] == 1.0


def test_with_predictions__meets_elements_by_name_and_leaves_the_others_without(write: Write) -> None:
    path = write("p.csv", [{"element": "a_x", "dnase": 1.5}, {"element": "b_x", "dnase": "high"}])
    read = with_predictions(ROWS, path, name="element", scores=["dnase"])
    assert read.frame.get_column("dnase").to_list() == [None, 1.5, None]
    assert read.unparsable.to_list() == [False, False, True]


@pytest.mark.parametrize(
    ("names", "what"),
    [(["a_x", "a_x"], "several rows of one element.*1: a_x"), (["a_x", "c"], "elements that were not measured.*1: c")],
)
def test_with_predictions__a_join_that_is_not_one_to_one_is_an_error(write: Write, names: list[str], what: str) -> None:
    path = write("p.csv", [{"element": name, "dnase": 1.0} for name in names])
    with pytest.raises(UserError, match=f"(?s){what}"):
        with_predictions(ROWS, path, name="element", scores=["dnase"])


def test_with_predictions__a_measured_column_is_never_taken_for_a_score(write: Write) -> None:
    path = write("p.csv", [{"name": "a_x", "site": 1.0}])
    with pytest.raises(UserError, match="column 'site': a score is named like something that was measured"):
        with_predictions(ROWS, path, name="name", scores=["site"])


def test_read_elements__an_element_may_have_many_barcodes_and_one_sequence(write: Write) -> None:
    rows = [{"oligo": "a_x", "tag": "AA", "bases": "acgt"}, {"oligo": "a_x", "tag": "CC", "bases": "ACGT"}]
    paths = [write("6.tsv", rows), write("7.tsv", [{"oligo": "z", "tag": "GG", "bases": "NNNN"}])]
    found = read_elements(paths, "oligo", "bases", wanted=ROWS.get_column("name"))
    assert found.rows() == [("a_x", "ACGT")]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("a_x", "ACGT"), ("a_x", "ACGA")], "an element has several sequences"),
        ([("a_x", "ACGN")], "other letters than A, C, G and T"),
        ([("A_X", "ACGT")], "no measured element stands in these files"),
    ],
)
def test_read_elements__what_is_no_designed_element_is_an_error(
    write: Write, rows: list[tuple[str, str]], what: str
) -> None:
    path = write("6.tsv", [{"oligo": name, "bases": bases} for name, bases in rows])
    with pytest.raises(UserError, match=what):
        read_elements([path], "oligo", "bases", wanted=ROWS.get_column("name"))


def test_read_elements__a_column_of_another_name_is_told(write: Write) -> None:
    path = write("6.tsv", [{"oligo": "a", "bases": "ACGT"}])
    with pytest.raises(UserError, match="there is no column 'sequence'.*oligo, bases"):
        read_elements([path], "oligo", "sequence", wanted=ROWS.get_column("name"))


def test_carried_elements__without_files_the_site_is_all_there_is() -> None:
    assert carried_elements(ROWS, None, beside_wild_type=False).rows() == [
        (1, "AC", None, None), (2, "AC", None, None), (3, "GT", None, None),
    ]  # fmt: skip
    # The third has no wild type to be held against.
    assert carried_elements(ROWS, None, beside_wild_type=True).rows() == [(1, "AC", "AC", 1), (2, "AC", "AC", 1)]


def test_carried_elements__are_those_of_the_files_and_no_others() -> None:
    alone = carried_elements(ROWS, ELEMENTS, beside_wild_type=False)
    assert alone.rows() == [(1, "AACA", None, None), (2, "ATTTA", None, None)]
    beside = carried_elements(ROWS, ELEMENTS, beside_wild_type=True)
    assert beside.rows() == [(1, "AACA", "AACA", 2), (2, "AACA", "ATTTA", 2)]
