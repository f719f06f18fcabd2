"""Reading a table nobody has described: which column is what, by names and by values, for the user to see and correct.

A guess binds a field only where the column's name says so and its values do not contradict, or where the values leave
no doubt (identifiers that spell a variant out, rsIDs). What the user says is taken as said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.datasets import column_names as words
from refalt.datasets.column_names import Look, share_of, spelled
from refalt.datasets.variant_names import PARTS, builds_of, part, share_spelled
from refalt.errors import unknown_name

#: Fields that `told` may speak of besides those of `column_names.NAMES`.
FIELDS: Final = tuple(
    sorted({*words.NAMES, "ref", "alt", "identifier", "effect", "effect_allele", "ref_sequence", "alt_sequence"})
)
GIVEN, BY_NAME, BY_VALUES = "as given", "by its name", "by its values"
_SPELLED, _FEWEST_SITES, _SATURATED = 0.9, 20, 0.5
_TEXT: Final = ("chrom", "ref", "alt", "rsid", "target_id", "context_id", "element_id", "wild_type_id", "effect_allele")


@dataclass(frozen=True)
class Bound:
    """A field and the column it is read from; `why` says how that is known."""

    field: str
    column: str
    why: str
    example: str = ""


@dataclass(frozen=True)
class Guess:
    """How a table is read.

    Attributes:
        bound: Each field with its column.
        from_identifier: Fields that are taken out of the identifier (`bound` "identifier").
        scale, null: Of the effect, as its name has it.
        effect_of: "alt", "unknown", or the column of the effect allele.
        effect_source: Where the table itself says whose effect it is; "" where it does not.
        offset: 0-based index of the variant in carried sequences.
        elements: Whether rows are designed elements and not variants.
        design: "natural", or "mutagenesis" where every change of every position is there.
        stated: Assemblies that the table states, each with where.
        unread: Columns that are bound to nothing.
        remarks: What else the user should know, in sentences.
    """

    bound: tuple[Bound, ...]
    from_identifier: tuple[str, ...] = ()
    scale: str = "slope"
    null: float = 0.0
    effect_of: str = "unknown"
    effect_source: str = ""
    offset: int | None = None
    elements: bool = False
    design: str = "natural"
    stated: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def column(self, field: str) -> str | None:
        """The column of a field."""
        return next((bound.column for bound in self.bound if bound.field == field), None)


def guess_columns(
    sample: pl.DataFrame, *, told: Mapping[str, str | None] | None = None, assembly: str | None = None
) -> Guess:
    """Guess what the columns of a table are.

    Args:
        sample: Some rows of it as text, missing values null.
        told: Field (see `FIELDS`) -> column, or None where the user says that there is none.
        assembly: As declared, canonical: of columns that carry an assembly in their name, those of it are taken.

    Raises:
        UserError: `told` names a field that does not exist.
    """
    for field in told or {}:
        if field not in FIELDS:
            raise unknown_name("field", field, FIELDS, where="--column")
    return _Guessing(sample, dict(told or {}), assembly).guess()


class _Guessing:
    """One guess under way: each step binds what it can from the columns that are left."""

    def __init__(self, sample: pl.DataFrame, told: dict[str, str | None], assembly: str | None) -> None:
        self.sample, self.told, self.assembly = sample, told, assembly
        self.names = {column: spelled(column) for column in sample.columns}
        self.bound: dict[str, Bound] = {}
        self.remarks: list[str] = []
        self.from_identifier: tuple[str, ...] = ()
        self.elements = False
        for field, column in told.items():
            if column is not None:
                self._bind(field, column, GIVEN)

    def guess(self) -> Guess:
        self._place()
        allele_style = self._alleles()
        self._identifier()
        self._what_rows_are()
        for field in ("p_value", "standard_error", "maf", "pip", "label", "tss_distance", "context_id"):
            self._by_name(field, words.NAMES[field], words.LOOKS.get(field, words.ANYTHING))
        if not self.elements:
            self._by_name("target_id", words.NAMES["target_id"], words.ANYTHING)
        scale, null = self._effect()
        of, source = self._effect_allele(allele_style)
        bound = tuple(self.bound.values())
        used = {each.column for each in bound}
        return Guess(
            bound,
            self.from_identifier,
            scale,
            null,
            of,
            source,
            self._sequences(),
            self.elements,
            self._design(),
            tuple(self._stated()),
            tuple(column for column in self.sample.columns if column not in used | self._sequence_columns()),
            tuple(self.remarks),
        )
