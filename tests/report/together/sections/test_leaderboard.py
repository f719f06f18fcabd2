"""Primary estimates side by side."""

from refalt.report.together.sections import leaderboard


def test_build__lists_every_score_on_the_primary_question_and_the_primary_first(together):
    lines = leaderboard.build(together()).content["lines"]
    shown = [(line["member"].label, line["estimate"] and line["estimate"].values["score_name"]) for line in lines]
    assert shown == [("one", "good"), ("one", "poor"), ("two", "good"), ("two", "poor"), ("three", None)]
    assert [line["primary"] for line in lines[:2]] == [True, False]


def test_build__says_why_a_member_has_no_estimate(together):
    assert leaderboard.build(together()).content["lines"][-1]["ended"] == "the file toy.tsv was not found"


def test_build__names_open_findings(together):
    against = leaderboard.build(together()).content["lines"][0]["against"]
    assert against["fatal"] == []
    assert "EF006" in against["serious"][0]


def test_leading_rows__are_one_a_member_that_came_to_one(together):
    assert [member.label for member, _ in leaderboard.leading_rows(together())] == ["one", "two"]
