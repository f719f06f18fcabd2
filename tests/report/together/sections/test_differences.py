"""Paired differences."""

from tests.report.together.conftest import difference_table

from refalt.report.together.sections import differences
from refalt.tables import Comparisons


def test_build__counts_what_is_told_apart(together):
    table = difference_table({}, {"metric": "pearson_r", "q_value": 0.2}, {"metric": "auroc", "q_value": None})
    content = differences.build(together(comparisons=table)).content
    assert ">2<" in content["n_told"]
    assert ">1<" in content["n_apart"]


def test_build__has_no_rows_where_runs_share_none(together):
    section = differences.build(together(comparisons=Comparisons.empty(), notes=("why",)))
    assert section.content["rows"] == []
    assert "why" in section.content["notes"][0]
    assert section.files == {}


def test_largest__is_by_size_and_not_by_sign(together):
    table = difference_table({}, {"second": "x", "difference": -0.6}, {"second": "y", "difference": float("nan")})
    found = differences.largest(table.frame, label_name="effect", metric="spearman_rho")
    assert found["difference"] == -0.6
    assert differences.largest(table.frame, label_name="given", metric="auroc") is None
