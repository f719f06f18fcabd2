"""Single variants."""

import polars as pl

from refalt.report.evidence import read_evidence
from refalt.report.sections import explorer


def rows(**columns):
    n = len(columns["score"])
    base = {"source_row": list(range(1, n + 1)), "effect": [None] * n, "label": [None] * n}
    schema = {"effect": pl.Float64, "label": pl.Int8, "score": pl.Float64}
    return pl.DataFrame(base | columns, schema_overrides=schema)


def test_strongest__are_the_largest_absolute_scores():
    assert explorer.strongest(rows(score=[0.1, -3.0, 2.0])).get_column("source_row").to_list() == [2, 3, 1]


def test_disagreeing__are_farthest_apart_in_rank():
    found = explorer.disagreeing(rows(score=[1.0, 2.0, 3.0, 4.0], effect=[9.0, 2.0, 3.0, 1.0]))
    assert found.get_column("source_row").to_list()[:2] == [1, 4]


def test_disagreeing__sets_labels_beside_absolute_scores_where_nothing_has_an_effect():
    found = explorer.disagreeing(rows(score=[-5.0, 0.1, 3.0, 0.2], label=[0, 1, 1, 0]))
    assert set(found.get_column("source_row").to_list()[:2]) == {1, 2}


def test_disagreeing__leaves_out_rows_without_a_measurement():
    assert explorer.disagreeing(rows(score=[1.0, 2.0], effect=[None, 1.0])).height == 1


def test_build__embeds_no_more_rows_than_it_may(run_folder, monkeypatch):
    monkeypatch.setattr(explorer, "MOST_ROWS", 40)
    lists = explorer.build(read_evidence(run_folder(n=100))).content["lists"]
    assert sum(len(part) for score in lists.values() for part in score.values()) == 40


def test_build__withholds_disagreements_where_the_sign_is_withheld(run_folder):
    run = run_folder(n=40, withhold={"spearman_rho": "withheld by EF005: why"})
    content = explorer.build(read_evidence(run)).content
    assert content["lists"]["good"]["disagreeing"] == []
    assert content["withheld"]["good"] == "withheld by EF005: why"
    assert len(content["lists"]["good"]["strongest"]) == 40
