from __future__ import annotations

import pytest

from refalt.columns import SPARING_RECORDED, Column, Reason
from refalt.tables import ALL_TABLES

COLUMNS = [(table.title, column) for table in ALL_TABLES for column in table.declared]


@pytest.mark.parametrize(("title", "column"), COLUMNS, ids=[f"{title}.{column.name}" for title, column in COLUMNS])
def test_columns__every_column_has_a_meaning(title: str, column: Column) -> None:
    assert len(column.meaning.split()) >= 1
    assert not column.meaning.endswith(".")


def test_columns__positions_say_their_base() -> None:
    for title, column in COLUMNS:
        if column.name in ("pos", "source_pos"):
            assert "1-based" in column.meaning, title
        if column.name in ("start", "end", "offset"):
            assert "0-based" in column.meaning, title


def test_reason__every_reason_has_a_meaning() -> None:
    assert all(reason.meaning for reason in Reason)


def test_reason__those_that_spare_recorded_scores_are_reasons() -> None:
    assert {reason.value for reason in Reason if reason.spares_recorded} == set(SPARING_RECORDED)


def test_columns__one_name_means_one_type() -> None:
    types: dict[str, object] = {}
    for title, column in COLUMNS:
        assert types.setdefault(column.name, column.dtype) == column.dtype, f"{title}.{column.name}"
