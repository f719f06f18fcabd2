from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from refalt.stats.multiplicity import benjamini_hochberg, bonferroni

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "stats_reference.json").read_text("utf-8"))


@pytest.mark.parametrize("case", REFERENCE["multiplicity"])
def test_corrections__equal_statsmodels(case: dict[str, Any]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(case["p_values"]), case["benjamini_hochberg"], rtol=1e-13)
    np.testing.assert_allclose(bonferroni(case["p_values"]), case["bonferroni"], rtol=1e-13)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=30))
def test_corrections__leave_missing_tests_out_of_the_family(p_values: list[float]) -> None:
    column = np.array(p_values, dtype=float)
    tested = ~np.isnan(column)
    for correct in (benjamini_hochberg, bonferroni):
        adjusted = correct(column)
        np.testing.assert_array_equal(np.isnan(adjusted), ~tested)
        np.testing.assert_array_equal(adjusted[tested], correct(column[tested]))
        assert (adjusted[tested] >= column[tested]).all()
        assert (adjusted[tested] <= 1).all()
    if tested.any():
        np.testing.assert_allclose(
            benjamini_hochberg(column)[tested], stats.false_discovery_control(column[tested]), rtol=1e-12
        )


@pytest.mark.parametrize("p_value", [-0.1, 1.1])
def test_corrections__a_p_value_outside_its_range_is_a_bug(p_value: float) -> None:
    for correct in (benjamini_hochberg, bonferroni):
        with pytest.raises(ValueError, match="between 0 and 1"):
            correct([0.5, p_value])
