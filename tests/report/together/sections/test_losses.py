"""Rows kept and lost in several runs."""

from refalt.report.together.sections import losses


def test_build__adds_up_every_stage_of_every_run(together):
    stages = losses.build(together()).content["stages"]
    assert len(stages) == 8
    first = stages[0]
    assert [row.values["n_rows"] for row in first["lost"]] == [40, 12]
    assert first["kept"].values["n_rows"] == 63
    assert ">115<" in first["total"]


def test_build__is_left_out_without_a_count(together):
    assert losses.build(together(members=())) is None
