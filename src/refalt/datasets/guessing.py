"""Reading a table nobody has described: which column is what, by names and by values, for the user to see and correct.

A field is bound where a column's name says so and its values do not contradict, or where the values leave no doubt
(identifiers that spell a variant out, rsIDs). What the user says is taken as said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from refalt.datasets import column_names as vocabulary
from refalt.datasets.bindings import BY_NAME, BY_VALUES, Bindings, Bound
from refalt.datasets.column_names import ACTIVITIES, ANYTHING, DNA, EFFECTS, LOOKS, NAMES, NUMBERS, share_of
from refalt.datasets.sample_shapes import is_saturated, place_of_difference, typical_width
from refalt.datasets.variant_names import PARTS, builds_of, part, share_spelled
from refalt.errors import unknown_name

IDENTIFIER: Final = "identifier"
_OTHERS: Final = ("ref", "alt", IDENTIFIER, "effect", "effect_allele", "ref_sequence", "alt_sequence", "wild_type_id")
#: Fields that the user may bind.
FIELDS: Final = tuple(sorted({*NAMES, *_OTHERS} - {"end"}))
UNKNOWN, ALT = "unknown", "alt"
NATURAL, MUTAGENESIS = "natural", "mutagenesis"
#: Identifiers of one kind have few exceptions.
_SPELLED: Final = 0.9


@dataclass(frozen=True)
class Guess:
    """How a table is read.

    Attributes:
        bound: Each field with its column.
        spelled_out: Fields that are taken out of the identifier, in the order of `PARTS`.
        scale, null: Of the effect, as its name has it.
        effect_of: "alt", "unknown", or the column of the effect allele.
        effect_source: Where the table itself says whose effect it is; "" where it does not.
        offset: 0-based index of the variant in the carried sequences.
        is_of_elements: Whether rows are designed elements and not variants.
        design: "natural", or "mutagenesis" where every change of every position is there.
        stated: Assemblies that the table states -> where.
        assembly_column: Column that names an assembly for each row.
        unread: Columns that are bound to nothing.
        remarks: What else the user should know, in sentences.
    """

    bound: tuple[Bound, ...]
    spelled_out: tuple[str, ...]
    scale: str
    null: float
    effect_of: str
    effect_source: str
    offset: int | None
    is_of_elements: bool
    design: str
    stated: Mapping[str, str]
    assembly_column: str | None
    unread: tuple[str, ...]
    remarks: tuple[str, ...]

    def column(self, field: str) -> str | None:
        """The column of a field."""
        return next((bound.column for bound in self.bound if bound.field == field), None)

    @property
    def knows_its_rows(self) -> bool:
        """Whether anything says which variant or element a row is."""
        place = self.column("chrom") and (self.column("pos") or self.column("start"))
        named = any(self.column(field) for field in ("rsid", "element_id"))
        return bool(place or named or self.spelled_out)


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
    table = Bindings(sample, told or {}, assembly)
    _bind_place(table)
    names_effect_allele = _bind_alleles(table)
    spelled_out = _bind_identifier(table)
    placed = "pos" in spelled_out or (table.has("chrom") and (table.has("pos") or table.has("start")))
    offset = _bind_sequences(table, placed=placed)
    is_of_elements = _bind_what_rows_are(table, placed=placed)
    for field in ("p_value", "standard_error", "maf", "pip", "label", "tss_distance", "consequence", "context_id"):
        table.by_name(field, NAMES[field], LOOKS.get(field, ANYTHING))
    if not is_of_elements:
        table.by_name("target_id", NAMES["target_id"], ANYTHING)
    scale, null = _bind_effect(table, activity=is_of_elements)
    of, source = _bind_effect_allele(table, names_effect_allele)
    unread = tuple(table.free())
    return Guess(
        tuple(table), spelled_out, scale, null, of, source, offset, is_of_elements,
        _design(table, spelled_out), dict(_stated(table)), _assembly_column(table), unread, tuple(table.remarks),
    )  # fmt: skip


def _bind_place(table: Bindings) -> None:
    """Bind pos (or a 0-based start) and chrom, of one assembly where names carry several."""
    if table.column("start") is None:
        table.by_name("pos", NAMES["pos"], LOOKS["pos"])
    if not table.has("pos"):
        table.by_name("start", NAMES["start"], LOOKS["start"])
        _settle_start(table)
    placed = table.column("pos") or table.column("start")
    beside = table.names[placed].assembly if placed in table.names else None
    table.by_name("chrom", NAMES["chrom"], LOOKS["chrom"], assembly=beside)


def _settle_start(table: Bindings) -> None:
    """Keep a guessed start where the end beside it shows that it is 0-based, or make it pos where it is 1-based."""
    start = table.column("start")
    if start is None or not table.is_open("end"):
        return
    table.by_name("end", NAMES["end"], LOOKS["end"])
    end = table.column("end")
    table.release("end")
    width = None if end is None else typical_width(table.sample, start, end)
    if width == 1:
        return
    table.release("start")
    if width == 0:
        table.bind("pos", start, BY_NAME)
    elif width is None:
        table.remarks.append(
            f"column {start!r} has no end beside it to tell whether it counts from 0 (start) or 1 (pos)"
        )
    else:
        table.remarks.append(f"columns {start!r} and {end!r} are regions of about {width:,} bp, not places of variants")


def _bind_alleles(table: Bindings) -> bool:
    """Bind ref and alt in the first style that has both; whether ALT's name says that effects are for it."""
    if table.has("ref") or table.has("alt"):
        return False
    for ref_names, alt_names, says_effect in vocabulary.ALLELE_STYLES:
        table.by_name("ref", ref_names, LOOKS["ref"])
        table.by_name("alt", alt_names, LOOKS["alt"])
        if table.has("ref", "alt"):
            return says_effect
        table.release("ref")
        table.release("alt")
    return False


def _bind_identifier(table: Bindings) -> tuple[str, ...]:
    """Bind the column that spells variants out, where place or alleles are missing; which fields come out of it."""
    wanted = [field for field in PARTS if table.is_open(field)]
    placed = table.has("chrom") and (table.has("pos") or table.has("start"))
    if placed:
        wanted = [field for field in wanted if field not in ("chrom", "pos")]
    if table.column(IDENTIFIER) is None and table.is_open(IDENTIFIER) and {*wanted} & {"chrom", "pos", "ref"}:
        free = table.free()
        named = [c for name in vocabulary.IDENTIFIERS for c in free if table.names[c].letters == name]
        for candidate in dict.fromkeys([*named, *free]):
            place, alleles = share_spelled(table.sample.get_column(candidate))
            if (alleles if placed else place) >= _SPELLED:
                table.bind(IDENTIFIER, candidate, BY_VALUES)
                break
    column = table.column(IDENTIFIER)
    if column is None:
        return ()
    frame = table.sample.select(part(field, column).is_not_null().any().alias(field) for field in wanted)
    return tuple(field for field in wanted if frame.get_column(field)[0])


def _bind_what_rows_are(table: Bindings, *, placed: bool) -> bool:
    """Bind the rsID or the element's name; whether rows are elements."""
    table.by_values("rsid", vocabulary.RSIDS, least=_SPELLED)
    table.by_name("rsid", NAMES["rsid"], vocabulary.RSIDS)
    if placed or table.has("rsid"):
        return table.has("element_id")
    carries = vocabulary.IDENTIFIERS if table.has("ref_sequence") else ()
    table.by_name("element_id", (*NAMES["element_id"], *carries), ANYTHING)
    # Whatever else identifies a row is a published name; it meets nothing but a recorded score.
    if not table.has("element_id"):
        table.by_name("rsid", NAMES["rsid"], ANYTHING)
    return table.has("element_id")


def _bind_effect(table: Bindings, *, activity: bool) -> tuple[str, float]:
    """Bind the effect; scale and null as its name has them, unless its values contradict."""
    table.by_name("effect", (*ACTIVITIES, *EFFECTS) if activity else EFFECTS, NUMBERS)
    column = table.column("effect")
    if column is None or column not in table.names:
        return "slope", 0.0
    scale, null = EFFECTS.get(table.names[column].letters, ("slope", 0.0))
    lowest = table.sample.select(pl.col(column).str.strip_chars().cast(pl.Float64, strict=False).min()).item()
    is_ratio = null != 0
    return ("slope", 0.0) if is_ratio and lowest is not None and lowest < 0 else (scale, null)


def _bind_effect_allele(table: Bindings, names_effect_allele: bool) -> tuple[str, str]:
    """Whose effect it is, and where the table says so."""
    if table.column("effect") is None:
        return UNKNOWN, ""
    if names_effect_allele:
        return ALT, f"the table calls its column {table.column('alt')!r}"
    table.by_name("effect_allele", vocabulary.EFFECT_ALLELES, LOOKS["effect_allele"])
    column = table.column("effect_allele")
    if column is not None:
        named = table.names[column].letters in vocabulary.EFFECT_ALLELES if column in table.names else False
        return column, f"the table calls its column {column!r}" if named else ""
    for free in table.free():
        share = share_of(table.sample.get_column(free), vocabulary.ALLELE_WORDS)
        if (
            table.names[free].letters.endswith("allele")
            and share is not None
            and share >= vocabulary.ALLELE_WORDS.share
        ):
            table.bind("effect_allele", free, BY_VALUES)
            return (free, "") if table.has("effect_allele") else (UNKNOWN, "")
    return UNKNOWN, ""


def _bind_sequences(table: Bindings, *, placed: bool) -> int | None:
    """Bind carried sequences: a REF and ALT pair with the index at which most differ, or those of elements."""
    looks = [c for c in table.free() if (share_of(table.sample.get_column(c), DNA) or 0) >= DNA.share]
    for field, start in (("ref_sequence", ("ref",)), ("alt_sequence", ("alt",))):
        named = [c for c in looks if table.names[c].letters.startswith(start) and "seq" in table.names[c].letters]
        if named:
            table.bind(field, named[0], BY_VALUES)
    pair = table.column("ref_sequence"), table.column("alt_sequence")
    if pair[0] and pair[1] and {*pair} <= {*table.sample.columns}:
        offset = place_of_difference(table.sample, pair[0], pair[1])
        if offset is None:
            table.remarks.append(f"sequences in {pair[0]!r} and {pair[1]!r} differ at no common place: not used")
            table.release("ref_sequence")
            table.release("alt_sequence")
        return offset
    table.release("alt_sequence")
    table.release("ref_sequence")
    if looks and not placed:
        table.bind("ref_sequence", looks[0], BY_VALUES)
        return 0
    return None


def _design(table: Bindings, spelled_out: tuple[str, ...]) -> str:
    """Natural, unless the changes themselves show that an experimenter made them."""
    columns = {}
    for field in ("chrom", "pos", "ref", "alt"):
        source = table.column(IDENTIFIER) if field in spelled_out else table.column(field)
        if source in table.sample.columns:
            value = part(field, str(source)) if field in spelled_out else pl.col(str(source))
            columns[field] = value.cast(pl.String)
    return MUTAGENESIS if len(columns) == 4 and is_saturated(table.sample.select(**columns)) else NATURAL


def _stated(table: Bindings) -> Iterator[tuple[str, str]]:
    """Assemblies that the table states, and where."""
    for field in ("pos", "start"):
        column = table.column(field)
        if column in table.names and (assembly := table.names[str(column)].assembly):
            yield assembly, f"the column's name, {column!r}"
    for column in filter(None, [table.column(IDENTIFIER), *table.free()]):
        if column in table.sample.columns and share_spelled(table.sample.get_column(column))[0] >= _SPELLED:
            for assembly in builds_of(table.sample.get_column(column)):
                yield assembly, f"the identifiers in {column!r}"


def _assembly_column(table: Bindings) -> str | None:
    for column in table.free():
        if table.names[column].letters in vocabulary.ASSEMBLIES:
            values = table.sample.get_column(column).drop_nulls().unique()
            if values.len() and all(vocabulary.assembly_named(value) for value in values):
                return column
    return None
