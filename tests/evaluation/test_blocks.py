from __future__ import annotations

import numpy as np
import polars as pl

from refalt.evaluation.blocks import dense, joined_by


def test_dense__equal_values_have_equal_numbers_from_zero() -> None:
    assert dense(pl.Series(["b", "a", "b", "c"])).tolist() == [1, 0, 1, 2]


def test_joined_by__groups_with_a_link_in_common_are_one_directly_or_through_others() -> None:
    group = np.array([0, 0, 1, 1, 2, 3, 4])
    link = np.array([0, 1, 1, 2, 2, 3, 4])
    made = joined_by(group, link)
    assert len(set(made[:5].tolist())) == 1
    assert len(set(made.tolist())) == 3


def test_joined_by__without_a_common_link_nothing_changes() -> None:
    group = np.array([0, 0, 1, 2])
    assert joined_by(group, np.array([0, 1, 2, 3])).tolist() == group.tolist()


def test_joined_by__no_rows_no_groups() -> None:
    assert joined_by(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)).size == 0
