"""Parts of the study file that describe a dataset; every dataset plug-in composes its own section of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

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
    """The measured effect: which column, which allele's, on which scale, and what no effect looks like.

    `replicate` is the column of a second measurement of it, of the same allele on the same scale.
    """

    column: Filled
    of: Allele = "unknown"
    scale: Scale = "slope"
    null: float = 0.0
    unit: str = ""
    source: str = ""
    replicate: Filled | None = None

    @model_validator(mode="after")
    def _a_replicate_is_another_column(self) -> EffectSection:
        if self.replicate == self.column:
            raise ValueError("the replicate is the effect's own column: a second measurement stands in another")
        return self


class SeenRows(Section):
    """Rows that a recorded score was trained on: those with this value of a stratum."""

    stratum: Filled
    value: Filled


class RecordedSection(Section):
    """A score that the source carries: its column, the allele it is for, and what it was trained on."""

    column: Filled
    of: Literal["alt", "ref"] | AlleleColumn = "alt"
    signed: bool = True
    supervised_on: str = ""
    seen: SeenRows | None = None


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


class PeakFile(IntervalFile):
    """Intervals, of which those are taken that keep limits: the largest p- and q-value, and widths in bp.

    A narrowPeak file holds p and q as -log10; here they are written as what they are, `q_value = 0.01`.
    """

    p_value: Annotated[float, Field(gt=0, le=1)] | None = None
    q_value: Annotated[float, Field(gt=0, le=1)] | None = None
    min_width: Annotated[int, Field(ge=1)] | None = None
    max_width: Annotated[int, Field(ge=1)] | None = None


class RowFilter(Section):
    """Rows to keep, by a column of the source."""

    column: Filled
    op: Comparator
    value: float | int | str | bool | list[str] | list[float]


class Sample(Section):
    """A random sample of the rows that are left, drawn with its own seed."""

    n: Annotated[int, Field(ge=1)]
    seed: int


AlleleSource = Literal["sites", "vcf", "myvariant", "ensembl"]
SERVICES: Final = ("myvariant", "ensembl")


class AllelesSection(Section):
    """Where alleles and places come from that the source of the measurements does not state.

    `sites` is a VCF in the assembly of the rows, met by position, for datasets that have no rsIDs. All others go by
    rsID: `vcf` is a file, dbSNP's or the study's, `myvariant` and `ensembl` are services. Of several, each is asked for
    what those before it do not know. `assembly` is that of the alleles and places that are looked up: the genome's
    unless it is said to be the rows' own, which are then lifted. An effect of ALT is one of the rows' own assembly: REF
    is another allele in the genome's at some sites. `url` is another address of the service, such as a mirror's.
    """

    source: AlleleSource | Annotated[tuple[AlleleSource, ...], Field(min_length=1)] = "sites"
    file: Filled | None = None
    assembly: Filled | None = None
    url: Filled | None = None

    @property
    def sources(self) -> tuple[AlleleSource, ...]:
        """In the order in which they are asked."""
        return (self.source,) if isinstance(self.source, str) else self.source

    @property
    def by_position(self) -> bool:
        """Whether rows are met by their position, and not by their rsID."""
        return self.sources == ("sites",)

    @model_validator(mode="after")
    def _sources_have_what_they_need(self) -> AllelesSection:
        if len(set(self.sources)) < len(self.sources) or ("sites" in self.sources and not self.by_position):
            raise ValueError('source = "sites" alone, or others, each once')
        if (self.file is None) == bool({"sites", "vcf"} & set(self.sources)):
            raise ValueError("file, the VCF, with source = 'sites' or 'vcf', and only with them")
        if self.by_position and self.assembly is None:
            raise ValueError("assembly of the VCF with source = 'sites'")
        if self.url and sum(source in SERVICES for source in self.sources) != 1:
            raise ValueError("url with one service, myvariant or ensembl")
        return self


class DatasetSection(Section):
    """What every dataset declares; a plug-in adds its own keys in a subclass.

    `batch` names the one of its strata that says in which pool, plate or study a row was measured.
    """

    #: Whether the dataset can meet a VCF of sites by position.
    meets_sites: ClassVar[bool] = False

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
    batch: Filled | None = None
    simulated: bool = False
    alleles: AllelesSection | None = None

    @model_validator(mode="after")
    def _sites_can_be_met(self) -> DatasetSection:
        if self.alleles and self.alleles.by_position and not self.meets_sites:
            raise ValueError("alleles by rsID, source = 'vcf', 'myvariant' or 'ensembl': this dataset states positions")
        return self
