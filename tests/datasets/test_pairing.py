from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.datasets.conftest import Write

from refalt.datasets.pairing import SUBMITTED, read_paired
from refalt.errors import UserError
from refalt.sources.delimited import ReadTable
from refalt.studies.sections import RowFilter

KEY = [{"ID": "a", "x": "1"}, {"ID": "b", "x": "2"}]


def _paired(one: Path, other: Path, keep: tuple[RowFilter, ...] = ()) -> ReadTable:
    return read_paired(one, other, key="ID", wanted={"x": pl.Float64}, submitted={"x": pl.Float64}, keep=keep)


def test_read_paired__joins_in_the_order_of_the_first(write: Write) -> None:
    found = _paired(write("k.tsv", KEY), write("s.tsv", [{"ID": "b", "x": "4"}, {"ID": "a", "x": "3"}]))
    assert found.frame.rows(named=True) == [
        {"x": 1, "ID": "a", SUBMITTED + "x": 3},
        {"x": 2, "ID": "b", SUBMITTED + "x": 4},
    ]
    assert not found.unparsable.any()


def test_read_paired__a_bad_cell_of_either_file_marks_its_row(write: Write) -> None:
    found = _paired(write("k.tsv", KEY), write("s.tsv", [{"ID": "b", "x": "?"}, {"ID": "a", "x": "3"}]))
    assert found.unparsable.to_list() == [False, True]
    assert found.examples == ("row 1, column x: '?'",)


def test_read_paired__reads_what_filters_look_at(write: Write) -> None:
    key = [row | {"n": "5"} for row in KEY]
    submitted = [row | {"sure": "yes"} for row in KEY]
    rules = (RowFilter(column="n", op=">", value=1), RowFilter(column=SUBMITTED + "sure", op="==", value="yes"))
    frame = _paired(write("k.tsv", key), write("s.tsv", submitted), rules).frame
    assert frame.select("n", SUBMITTED + "sure").row(0) == (5.0, "yes")


@pytest.mark.parametrize(
    ("submission", "words"),
    [
        ([{"ID": "a", "x": "3"}], r"1 missing \(b\), 0 unknown"),
        ([*KEY, {"ID": "c", "x": "3"}], r"0 missing \(\), 1 unknown \(c\)"),
        ([*KEY, {"ID": "b", "x": "3"}], r"does not name each row once.*1 repeated \(b\)"),
        ([*KEY, {"ID": None, "x": "3"}], "1 empty"),
        ([{"ID": "a", "y": "3"}], "no column 'x'"),
    ],
)
def test_read_paired__refuses_files_that_do_not_pair(
    write: Write, submission: list[dict[str, str | None]], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        _paired(write("k.tsv", KEY), write("s.tsv", submission))
