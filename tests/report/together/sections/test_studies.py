"""The cross-study table."""

from refalt.report.together.sections.studies import HEADINGS, build, study_table


def test_study_table__holds_what_the_runs_say(together):
    table = study_table(together())
    row = table.row(0, named=True)
    assert table.columns == list(HEADINGS)
    lines = table.select("study", "score", "primary").rows()
    assert lines == [(name, *score) for name in ("one", "two") for score in (("good", "yes"), ("poor", None))]
    assert (row["dataset"], row["species"], row["score"], row["n"], row["n_clusters"]) == (
        "toy",
        "human",
        "good",
        60,
        20,
    )
    assert row["readout"] == "centre 501 bp; 16,384 bp"


def test_build__leaves_a_dash_for_what_is_not_stated(together):
    line = dict(build(together()).content["lines"][0])
    assert "–" in line["design"]


def test_build__is_left_out_without_a_run(together):
    assert build(together(members=())) is None
