from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.datasets.conftest import Write

from refalt.datasets.fine_mapping import LABEL, FineMappingSection, with_pip
from refalt.errors import UserError
from refalt.sources.delimited import ReadTable
from refalt.sources.streamed import StreamedText

ASSOCIATIONS = ReadTable(pl.DataFrame({"v": ["v1", "v2", "v1"], "g": ["g1", "g1", "g2"]}), pl.Series([False] * 3))
TABLE = [
    {"variant_id": "v1", "gene_id": "g1", "pip": 0.9, "tissue": "blood"},
    {"variant_id": "v1", "gene_id": "g1", "pip": 0.2, "tissue": "liver"},
    {"variant_id": "v9", "gene_id": "g1", "pip": 0.3, "tissue": "blood"},
]


def _pips(path: Path, **settings: Any) -> list[float | None]:
    declared = FineMappingSection.model_validate({"file": path.name, **settings})
    return with_pip(ASSOCIATIONS, path, declared, on=["v", "g"]).frame.get_column("pip").to_list()


def test_with_pip__adds_the_probability_of_each_pair_and_nothing_where_there_is_none(write: Write) -> None:
    path = write("f.tsv", TABLE)
    assert _pips(path, context_column="tissue", context="blood") == [0.9, None, None]
    assert _pips(path, context_column="tissue", context="liver") == [0.2, None, None]


def test_with_pip__a_pair_with_two_probabilities_is_refused(write: Write) -> None:
    with pytest.raises(UserError, match="several inclusion probabilities.*Got v1 g1.*context_column"):
        _pips(write("f.tsv", TABLE))


def test_with_pip__the_same_line_twice_is_one(write: Write) -> None:
    assert _pips(write("f.tsv", [TABLE[0], TABLE[0]])) == [0.9, None, None]


def test_with_pip__a_missing_column_is_told_with_the_nearest_name(write: Write) -> None:
    with pytest.raises(UserError, match="no column 'pips'.*Did you mean 'pip'"):
        _pips(write("f.tsv", TABLE), pip="pips")


def test_fine_mapping_section__names_its_file() -> None:
    assert FineMappingSection(file="f.tsv").needed_file.name == "f.tsv"


def test_with_pip__a_context_that_no_row_is_of_is_refused(write: Write) -> None:
    with pytest.raises(UserError, match="column 'tissue': no row of the fine-mapping is of 'Blood'"):
        _pips(write("f.tsv", TABLE), context_column="tissue", context="Blood")


def test_with_pip__reads_the_table_within_an_archive_and_names_what_is_in_it(tmp_path: Path, write: Write) -> None:
    table = write("f.tsv", TABLE)
    packed = tmp_path / "pips.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(table, "pips/f.tsv")
        archive.writestr("pips/README.md", "read me")
    assert _pips(packed, member="f.tsv", context_column="tissue", context="liver") == [0.2, None, None]
    with pytest.raises(UserError, match=r"which of its files.*pips/f.tsv, pips/README.md.*Name it with member"):
        _pips(packed, context_column="tissue", context="liver")


def test_with_pip__keeps_only_the_lines_of_the_context_in_memory(write: Write) -> None:
    many = [{"variant_id": f"v{i}", "gene_id": "g", "pip": 0.1, "tissue": "liver"} for i in range(2_000)]
    path = write("f.tsv", [*TABLE, *many])
    declared = FineMappingSection(file="f.tsv", context_column="tissue", context="blood")
    source = declared.source(path)
    assert isinstance(source, StreamedText)
    assert source.content.count(b"\n") == 3


def test_with_pip__labels_what_lies_above_and_below_and_nothing_in_between(write: Write) -> None:
    table = [{"variant_id": "v1", "gene_id": "g1", "pip": 0.9}, {"variant_id": "v2", "gene_id": "g1", "pip": 0.009},
             {"variant_id": "v1", "gene_id": "g2", "pip": 0.01}]  # fmt: skip
    path = write("f.tsv", table)
    declared = FineMappingSection(file=path.name, positive=0.9, negative=0.01)
    assert with_pip(ASSOCIATIONS, path, declared, on=["v", "g"]).frame.get_column(LABEL).to_list() == [1, 0, None]
    plain = FineMappingSection(file=path.name)
    assert with_pip(ASSOCIATIONS, path, plain, on=["v", "g"]).frame.get_column(LABEL).null_count() == 3


@pytest.mark.parametrize(
    "given", [{"positive": 0.9}, {"positive": 0.1, "negative": 0.2}, {"positive": 2, "negative": 0.1}]
)
def test_fine_mapping_section__thresholds_come_in_a_pair_and_in_order(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="together|not below|less than or equal"):
        FineMappingSection.model_validate({"file": "f.tsv", **given})


def test_with_pip__tables_that_spell_their_pairs_otherwise_are_told_apart(write: Write) -> None:
    table = [{"variant_id": "1_5", "gene_id": "g1", "pip": 0.9}]
    with pytest.raises(UserError, match="no pair of the associations.*name them: v1 g1; got 1_5 g1"):
        _pips(write("f.tsv", table))
