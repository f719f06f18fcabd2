"""Every estimate of a run."""

from refalt.report.evidence import read_evidence
from refalt.report.sections import estimates


def test_build__shows_whole_rows_before_strata_and_leaves_none_out(shared_run):
    evidence = read_evidence(shared_run)
    rows = estimates.build(evidence).content["rows"]
    assert len(rows) == evidence.estimates.frame.height
    whole = [row.values["stratum"] == "all" for row in rows]
    assert whole == sorted(whole, reverse=True)


def test_build__says_when_strata_are_left_to_the_files(shared_run, monkeypatch):
    monkeypatch.setattr(estimates, "MOST_ROWS", 5)
    content = estimates.build(read_evidence(shared_run)).content
    assert (len(content["rows"]), content["cut"]) == (5, True)


def test_build__is_left_out_of_a_run_that_came_to_no_estimate(run_folder):
    run = run_folder(n=30)
    run.estimates.unlink()
    run.write_json(run.provenance, {"digest": "d", "tables": {}})
    assert estimates.build(read_evidence(run)) is None
