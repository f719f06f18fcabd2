"""Rows in, kept and lost."""

from refalt.report.evidence import read_evidence
from refalt.report.sections import attrition


def test_build__lists_reasons_by_size_and_the_kept_rows_last(shared_run):
    stages = attrition.build(read_evidence(shared_run)).content["stages"]
    assert [row.values["reason"] for row in stages[0]["rows"]] == ["duplicate_row", "unparsable", "kept"]
    assert ">355<" in stages[0]["total"]
