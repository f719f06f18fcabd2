"""Fields and the columns they are bound to, while a table is being guessed: a column serves one field only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from refalt.datasets.column_names import Look, Spelled, share_of, spelled

GIVEN, BY_NAME, BY_VALUES = "as given", "by its name", "by its values"
_SHOWN: Final = 24
_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Bound:
    """A field and the column it is read from; `why` says how that is known, `example` is a value."""

    field: str
    column: str
    why: str
    example: str = ""


class Bindings:
    """What is bound so far.

    Attributes:
        sample: Some rows of the table as text, missing values null.
        names: Column -> its name as it is compared.
        remarks: Columns that are named like a field and do not look like it, in sentences.
    """

    def __init__(self, sample: pl.DataFrame, told: Mapping[str, str | None], assembly: str | None) -> None:
        """Take the rows, what the user said (None: there is no such column), and the declared assembly."""
        self.sample = sample
        self.names: dict[str, Spelled] = {column: spelled(column) for column in sample.columns}
        self.remarks: list[str] = []
        self._assembly = assembly
        self._closed = set(told)
        self._bound = {field: self._of(field, column, GIVEN) for field, column in told.items() if column is not None}

    def __iter__(self) -> Iterator[Bound]:
        return iter(self._bound.values())

    def column(self, field: str) -> str | None:
        """The column of a field, None where it has none."""
        bound = self._bound.get(field)
        return bound.column if bound else None

    def has(self, *fields: str) -> bool:
        """Whether each of these fields has a column."""
        return all(field in self._bound for field in fields)

    def is_open(self, field: str) -> bool:
        """Whether a field may be guessed: it has no column, and the user has not said that there is none."""
        return field not in self._bound and field not in self._closed

    def bind(self, field: str, column: str, why: str) -> None:
        """Bind a field, if it is open."""
        if self.is_open(field):
            self._bound[field] = self._of(field, column, why)

    def release(self, field: str) -> None:
        """Take back a guess."""
        if field in self._bound and self._bound[field].why != GIVEN:
            del self._bound[field]

    def free(self) -> list[str]:
        """Columns that are bound to nothing, in table order."""
        used = {bound.column for bound in self._bound.values()}
        return [column for column in self.sample.columns if column not in used]

    def by_name(self, field: str, names: Iterable[str], look: Look, *, assembly: str | None = None) -> None:
        """Bind a field to the free column that is named best and looks right.

        Args:
            field: The field.
            names: In order of preference, as `Spelled.letters` has them.
            look: What its values look like.
            assembly: Prefer columns whose name carries this assembly; else the declared one.
        """
        if not self.is_open(field):
            return
        wanted = assembly or self._assembly
        rank = {name: i for i, name in enumerate(names)}
        named = [column for column in self.free() if self.names[column].letters in rank]
        # Of columns for several assemblies the wanted one's comes first, then those that carry none.
        order = {wanted: 0, None: 1}
        named.sort(key=lambda c: (order.get(self.names[c].assembly, 2), rank[self.names[c].letters]))
        for column in named:
            if wanted is not None and self.names[column].assembly not in (wanted, None):
                continue
            share = share_of(self.sample.get_column(column), look)
            if share is None or share >= look.share:
                self.bind(field, column, BY_NAME)
                return
            self.remarks.append(
                f"column {column!r} is named like {field} and only {share:.0%} of its values are {look.words}"
                f" (the first is {self._example(column)!r}{self._comma(column)}): not used"
            )

    def by_values(self, field: str, look: Look, *, least: float) -> None:
        """Bind a field to the first free column whose values look so in at least a share of the filled cells."""
        if self.is_open(field):
            for column in self.free():
                share = share_of(self.sample.get_column(column), look)
                if share is not None and share >= least:
                    self.bind(field, column, BY_VALUES)
                    return

    def _of(self, field: str, column: str, why: str) -> Bound:
        return Bound(field, column, why, self._example(column))

    def _comma(self, column: str) -> str:
        return ", with a decimal comma" if _DECIMAL_COMMA.fullmatch(self._example(column)) else ""

    def _example(self, column: str) -> str:
        if column not in self.sample.columns:
            return ""
        filled = self.sample.get_column(column).drop_nulls()
        text = str(filled[0]) if filled.len() else ""
        return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
