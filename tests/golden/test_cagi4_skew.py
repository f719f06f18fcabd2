from __future__ import annotations

import pytest
from tests.golden.conftest import Run


@pytest.mark.parametrize(("group", "pearson", "spearman"), [("Group_4", 0.2464, 0.1768), ("Group_1", 0.0186, 0.0330)])
def test_cagi4_skew__reaches_the_known_numbers_of_each_submission(
    run_golden: Run, group: str, pearson: float, spearman: float
) -> None:
    evaluated = 'labels    = ["direction", "magnitude_median"]\nstrata    = ["label"]'
    replaced = {"Group_4": group, evaluated: "labels = []"} if group != "Group_4" else None
    study = run_golden("cagi4-skew", replaced=replaced)
    assert round(study.value("pearson_r"), 4) == pearson
    assert round(study.value("spearman_rho"), 4) == spearman
    assert study.estimate("pearson_r")["n"] == 3_006


def test_cagi4_skew__variants_are_known_by_their_published_name_alone(run_golden: Run) -> None:
    rows = run_golden("cagi4-skew").rows
    assert rows.get_column("variant_id").n_unique() == 3_006
    assert rows.get_column("pos").null_count() == 3_006
    assert rows.get_column("reason").null_count() == 3_006
