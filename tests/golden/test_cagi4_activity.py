from __future__ import annotations

from tests.golden.conftest import Run


def test_cagi4_activity__reaches_the_known_numbers_of_the_submission(run_golden: Run) -> None:
    study = run_golden("cagi4-activity")
    assert round(study.value("pearson_r", score="activity"), 4) == 0.6103
    assert round(study.value("auroc", label="given", score="hit"), 4) == 0.8077
    hit = study.estimate("auroc", label="given", score="hit")
    assert (hit["n"], hit["n_variants"], hit["n_clusters"]) == (3_006, 3_006, 3_006)


def test_cagi4_activity__elements_have_no_alleles_and_nothing_reads_a_sign(run_golden: Run) -> None:
    study = run_golden("cagi4-activity")
    assert study.rows.get_column("kind").unique().to_list() == ["element"]
    assert study.rows.get_column("variant_id").null_count() == 3_006
    assert len(study.checks) == 0
    frame = study.estimates.frame
    assert "sign_concordance" not in frame.get_column("metric").to_list()
    assert set(frame.get_column("label_name")) == {"effect", "given", "activity_median"}
