"""Findings of several runs."""

from refalt.report.together.sections import findings


def test_build__lists_found_and_waived_of_each_run_worst_first(together):
    lines = findings.build(together()).content["lines"]
    assert [(member.label, row.values["code"]) for member, row in lines] == [
        ("one", "EF006"), ("one", "EF003"), ("two", "EF006"), ("two", "EF003"), ("one", "IN005"), ("two", "IN005")
    ]  # fmt: skip


def test_build__is_left_out_without_a_run(together):
    assert findings.build(together(members=())) is None
