"""Where runs lie and how they ended."""

from refalt.report.together.sections import members


def test_build__says_how_each_run_ended(together):
    lines = members.build(together()).content["lines"]
    assert [line["member"].label for line in lines] == ["one", "two", "three"]
    assert "done" in lines[0]["ended"]
    assert "not found" in lines[2]["ended"]
    assert ">1<" in lines[2]["code"]
