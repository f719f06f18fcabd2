from __future__ import annotations

import pytest

from refalt.columns import COMPARISONS, DIAGNOSTICS, ESTIMATES, HETEROGENEITY, POWER

TABLES = {
    "estimates": ESTIMATES,
    "diagnostics": DIAGNOSTICS,
    "comparisons": COMPARISONS,
    "power": POWER,
    "heterogeneity": HETEROGENEITY,
}


@pytest.mark.parametrize("name", TABLES)
def test_results__no_number_travels_without_its_rows_clusters_and_reason(name: str) -> None:
    names = {column.name for column in TABLES[name]}
    assert {"n", "n_clusters", "reason", "stratum"} <= names


@pytest.mark.parametrize("name", ["estimates", "diagnostics", "comparisons"])
def test_results__an_interval_comes_with_its_level_and_method(name: str) -> None:
    assert {"lower", "upper", "level", "method"} <= {column.name for column in TABLES[name]}
