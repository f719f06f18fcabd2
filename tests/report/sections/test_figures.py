"""Figures in the page."""

from refalt.report.evidence import read_evidence
from refalt.report.sections import figures


def kinds(section):
    return [one["kind"] for group in section.content["groups"] for one in (*group["figures"], *group["folded"])]


def test_build__puts_the_first_score_first_and_the_whole_study_last(shared_run):
    groups = figures.build(read_evidence(shared_run)).content["groups"]
    assert [group["score_name"] for group in groups] == ["good", "poor", "all"]


def test_build__shows_the_forest_of_the_primary_estimate_and_folds_the_others(shared_run):
    whole = figures.build(read_evidence(shared_run)).content["groups"][-1]
    shown = [one["figure"].name for one in whole["figures"]]
    assert shown == ["attrition", "forest-spearman_rho-effect", "correlation_heatmap"]
    assert len(whole["folded"]) > 3


def test_build__links_what_the_page_has_no_room_for(shared_run, monkeypatch):
    monkeypatch.setattr(figures, "MOST_BYTES", 100_000)
    found = kinds(figures.build(read_evidence(shared_run)))
    assert "linked" in found
    assert "svg" in found


def test_build__is_left_out_when_nothing_was_drawn(run_folder):
    assert figures.build(read_evidence(run_folder(n=30))) is None
