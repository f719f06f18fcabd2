from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.datasets.table import TableSection

COLUMNS = {"chrom": "c", "pos": "p", "ref": "r", "alt": "a"}
SETTINGS = {"assembly": "hg19", "columns": COLUMNS, "effect": {"column": "b", "of": "alt"}}


def test_user_table__is_read_by_the_columns_that_the_study_names(write: Write, read_dataset: ReadDataset) -> None:
    path = write("mine.csv", [{"c": "X", "p": 5, "r": "A", "a": "G", "b": 1.5, "set": "one"}])
    found = read_dataset("table", {"dataset": path}, file="mine.csv", strata={"set": "set"}, **SETTINGS)
    expected = {"source_chrom": "chrX", "source_pos": 5, "ref": "A", "alt": "G", "beta": 1.5, "stratum.set": "one"}
    assert found.rows.select(list(expected)).row(0, named=True) == expected
    assert reasons(found) == [None]


def test_user_table__a_second_measurement_and_a_consequence_are_read_as_published(
    write: Write, read_dataset: ReadDataset
) -> None:
    rows = [{"c": "X", "p": 5 + i, "r": "A", "a": "G", "b": 1.5, "b2": b2, "vep": "missense_variant"}
            for i, b2 in enumerate((1.25, None))]  # fmt: skip
    settings = SETTINGS | {
        "columns": COLUMNS | {"consequence": "vep"}, "effect": {"column": "b", "of": "alt", "replicate": "b2"}
    }  # fmt: skip
    found = read_dataset("table", {"dataset": write("mine.csv", rows)}, file="mine.csv", **settings)
    assert found.rows.select("beta", "replicate", "consequence").rows() == [
        (1.5, 1.25, "missense_variant"), (1.5, None, "missense_variant")
    ]  # fmt: skip
    assert reasons(found) == [None, None]


def test_table_section__a_replicate_is_not_the_effect_once_more() -> None:
    effect = {"column": "b", "replicate": "b"}
    with pytest.raises(ValidationError, match="another"):
        TableSection.model_validate({"name": "table", "file": "t.tsv", **SETTINGS, "effect": effect})


def test_table_section__positions_have_one_base() -> None:
    columns = COLUMNS | {"start": "p"}
    with pytest.raises(ValidationError, match="not both"):
        TableSection.model_validate({"name": "table", "file": "t.tsv", **SETTINGS, "columns": columns})
