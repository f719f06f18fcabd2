from __future__ import annotations

import polars as pl
import pytest

from refalt.datasets.base import Published
from refalt.datasets.contracts import from_centre, held_to
from refalt.errors import UserError

SOURCE = pl.DataFrame({"p": [0.5, 1.5, None, 0.2, 0.1]})


def _found(reason: str | None = None) -> Published:
    rows = pl.DataFrame({"source_row": [1, 2, 3, 4, 5], "reason": [reason] * 5}, schema_overrides={"reason": pl.String})
    return Published(rows, pl.DataFrame(), ("read",))


def test_held_to__a_row_that_breaks_a_promise_is_unparsable_and_a_missing_cell_breaks_none() -> None:
    held = held_to(_found(), SOURCE, {"`p` lies in [0, 1]": pl.col("p").is_between(0, 1)}, where="t")
    assert held.rows.get_column("reason").to_list() == [None, "unparsable", None, None, None]
    assert held.remarks == ("read", "rows of which it does not hold that `p` lies in [0, 1]: 1 (row 2)")
    filtered = held_to(_found("filtered"), SOURCE, {"x": pl.col("p") < 1}, where="t")
    assert filtered.rows.get_column("reason").unique().to_list() == ["filtered"]


def test_held_to__columns_that_are_not_what_their_names_say_are_an_error() -> None:
    with pytest.raises(UserError, match="in 4 of 5 rows it does not hold that x.*first in row 1"):
        held_to(_found(), SOURCE, {"x": pl.col("p") > 2}, where="t")


def test_from_centre__is_signed_and_half_a_base_where_the_target_has_no_middle_one() -> None:
    frame = pl.DataFrame({"pos": [100, 201, 0, None], "start": [0] * 4, "end": [200, 200, 201, 200]})
    found = frame.select(from_centre(pl.col("pos"), pl.col("start"), pl.col("end"))).to_series().to_list()
    assert found == [0.0, 101.0, -100.5, None]
