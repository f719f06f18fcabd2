"""Findings in order of weight, each with a key of its own."""

from dataclasses import replace

from refalt.report.evidence import read_evidence
from refalt.report.sections import audits


def test_build__puts_open_findings_first_and_the_gravest_of_them_first(shared_run):
    content = audits.build(read_evidence(shared_run)).content
    assert [row.values["code"] for row in content["examined"]] == ["EF006", "IN005", "EF003", "EF001"]
    assert [row.values["code"] for row in content["skipped"]] == ["AS002"]
    assert [row.values["code"] for row in content["waived"]] == ["EF003"]


def test_finding_rows__tells_two_answers_about_one_subject_apart(shared_run):
    evidence = read_evidence(shared_run)
    twice = replace(evidence, findings=evidence.findings[:1] * 2)
    assert [row.key for row in audits.finding_rows(twice)] == ["EF001|dataset", "EF001|dataset|2"]
