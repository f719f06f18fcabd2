"""Parts of the study file that describe a dataset; every dataset plug-in composes its own section of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Scale = Literal[
    "slope", "log2_fold_change", "ln_fold_change", "log_odds", "allelic_ratio", "fold_change", "percent", "z", "t"
]
Comparator = Literal["<", "<=", ">", ">=", "==", "!=", "in", "not in"]


class Section(BaseModel):
    """A part of the study file: unknown keys are errors, values never change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AlleleColumn(Section):
    """The allele a value is for stands in a column of the source."""

    column: Filled


Allele = Literal["alt", "ref", "unknown"] | AlleleColumn


class EffectSection(Section):
    """The measured effect: which column, which allele's, on which scale, and what no effect looks like."""

    column: Filled
    of: Allele = "unknown"
    scale: Scale = "slope"
    null: float = 0.0
    unit: str = ""
    source: str = ""


class RecordedSection(Section):
    """A score that the source carries: its column and the allele it is for."""

    column: Filled
    of: Literal["alt", "ref"] | AlleleColumn = "alt"
    signed: bool = True
    supervised_on: str = ""


class SequencesSection(Section):
    """Sequences that the source carries: columns, 0-based offset of the variant, allele of the `alt` column."""

    ref: Filled
    alt: Filled | None = None
    offset: Annotated[int, Field(ge=0)]
    of: Literal["alt", "ref"] = "alt"


Bases = Annotated[str, StringConstraints(pattern=r"^[ACGTNacgtn]*$", to_upper=True, strip_whitespace=True)]


class FlanksSection(Section):
    """What stood before and behind every carried sequence where it was measured, such as the plasmid's bases."""

    left: Bases = ""
    right: Bases = ""


class IntervalFile(Section):
    """A BED-like file and the assembly of its coordinates."""

    file: Filled
    assembly: Filled


class RowFilter(Section):
    """Rows to keep, by a column of the source."""

    column: Filled
    op: Comparator
    value: float | int | str | bool | list[str] | list[float]


class Sample(Section):
    """A random sample of the rows that are left, drawn with its own seed."""

    n: Annotated[int, Field(ge=1)]
    seed: int


class DatasetSection(Section):
    """What every dataset declares; a plug-in adds its own keys in a subclass."""

    name: Name
    assembly: Filled
    quantity: Literal["effect", "activity"] = "effect"
    design: Literal["natural", "mutagenesis", "base_editor", "synthetic"] = "natural"
    effect: EffectSection | None = None
    recorded: dict[Name, RecordedSection] = {}
    sequences: SequencesSection | None = None
    flanks: FlanksSection | None = None
    assay: str = ""
    biosample: str = ""
    simulated: bool = False
