from __future__ import annotations

from pathlib import Path

import pytest
from tests.datasets.conftest import ReadDataset, Write, reasons

from refalt.errors import UserError
from refalt.studies.sections import RowFilter

ANSWERS = [
    {"ID": "rs1", "C.A.log2FC": 0.1, "C.B.log2FC": 0.4, "Regulatory_Hit": 0},
    {"ID": "chr1:5:D", "C.A.log2FC": 1.0, "C.B.log2FC": 0.5, "Regulatory_Hit": 1},
]
SUBMISSION = [
    {"ID": "chr1:5:D", "C.A.log2FC": 0.8, "SD": 0.1, "C.B.log2FC": 0.6, "Regulatory_Hit": 0.9},
    {"ID": "rs1", "C.A.log2FC": 0.2, "SD": 0.1, "C.B.log2FC": 0.3, "Regulatory_Hit": 0.1},
]


@pytest.fixture
def files(write: Write) -> dict[str, Path]:
    return {"dataset": write("a.txt", ANSWERS), "submission": write("s.txt", SUBMISSION)}


@pytest.mark.parametrize(("allele", "measured", "said"), [("A", [0.1, 1.0], [0.2, 0.8]), ("B", [0.4, 0.5], [0.3, 0.6])])
def test_cagi4_activity__holds_the_activities_of_one_allele(
    files: dict[str, Path], read_dataset: ReadDataset, allele: str, measured: list[float], said: list[float]
) -> None:
    found = read_dataset("cagi4_activity", files, submission="s.txt", allele=allele)
    assert found.rows.select("kind", "element_id", "label").rows() == [
        ("element", "rs1", 0),
        ("element", "chr1:5:D", 1),
    ]
    assert found.rows.get_column("beta").to_list() == measured
    assert found.rows.get_column("recorded.activity").to_list() == said
    assert found.rows.get_column("recorded.hit").to_list() == [0.1, 0.9]
    assert reasons(found) == [None, None]


def test_cagi4_activity__filters_act_on_either_file(files: dict[str, Path], read_dataset: ReadDataset) -> None:
    keep = [RowFilter(column="submitted Regulatory_Hit", op=">", value=0.5)]
    assert reasons(read_dataset("cagi4_activity", files, submission="s.txt", keep=keep)) == ["filtered", None]


def test_cagi4_activity__a_submission_for_other_identifiers_is_refused(
    files: dict[str, Path], write: Write, read_dataset: ReadDataset
) -> None:
    files["submission"] = write("o.txt", SUBMISSION[:1])
    with pytest.raises(UserError, match="do not hold the same identifiers"):
        read_dataset("cagi4_activity", files, submission="o.txt")
