from __future__ import annotations

import numpy as np

from refalt.audits.rows import effect_rows, published_effects, share, shown_rows
from refalt.studies.sections import EffectSection
from refalt.testing.builders import build_measurements


def test_effect_rows__need_a_finite_effect_and_no_excluding_reason() -> None:
    rows = build_measurements(4, beta=[0.1, None, 0.3, 0.4], reason=[None, None, "bad_allele", "not_lifted"])
    assert effect_rows(rows).get_column("beta").to_list() == [0.1, 0.4]


def test_published_effects__are_turned_by_their_declared_allele_and_their_null() -> None:
    rows = effect_rows(build_measurements(2, beta=[0.75, 0.25]))
    of_ref = EffectSection(column="b", of="ref", null=0.5)
    np.testing.assert_allclose(published_effects(rows, of_ref), [-0.25, 0.25])


def test_shown_rows__name_row_variant_and_value() -> None:
    rows = build_measurements(1, beta=[0.25]).frame
    assert shown_rows(rows, "beta")[0].startswith("row 1: ")
    assert shown_rows(rows, "beta")[0].endswith(", beta 0.25")
    assert "p_value missing" in shown_rows(rows, "p_value")[0]


def test_share__of_nothing_is_said_without_a_division() -> None:
    assert share(12, 300) == "12 of 300 (4.0 %)"
    assert share(0, 0) == "0 of 0"
