"""The shape of a study file. Sections that belong to a plug-in stay plain here; the plug-in validates them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from refalt.columns import MEAN_OVER
from refalt.studies.sections import Filled, IntervalFile, Name, PeakFile, RowFilter, Sample, Section

LabelName = Literal["given", "matched", "direction", "magnitude_median"]
ClusterKind = Literal["ld_block", "gene", "locus", "input", "chrom", "window_1mb"]


class StudySection(Section):
    """What is asked, and the two numbers that fix chance and error."""

    name: Name
    question: Filled
    seed: int = 1
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    as_published: bool = False
    pilot: int | None = None


class GenomeSection(Section):
    """The genome that positions are brought to.

    `other_chains` names chains from further assemblies, by assembly: nothing is lifted with them, they only let the
    audits try whether positions are of another assembly than the declared one.
    """

    assembly: Filled
    fasta: Filled | None = None
    chain: Filled | None = None
    other_chains: dict[Filled, Filled] = {}
    ld_blocks: IntervalFile | None = None


class FilterSection(Section):
    """Declared row filters, in the order they act: keep, within, sample."""

    keep: tuple[RowFilter, ...] = ()
    within: PeakFile | None = None
    sample: Sample | None = None


class GenesSection(Section):
    """Gene tables, one an assembly."""

    files: tuple[IntervalFile, ...] = ()


class TrackChoice(Section):
    """Which outputs of a model a score averages."""

    output: str | None = None
    ontology_curie: str | None = None
    biosample_name: str | None = None
    histone_mark: str | None = None
    transcription_factor: str | None = None
    strand: Literal["+", "-", "."] | None = None
    assay: str | None = None


class ScoreSection(Section):
    """One score: which model, how asked, and how its outputs become one number a row.

    `aggregate` makes one number of the tracks: their mean, or, as some studies were published, the largest of them
    (`max`) or the one farthest from 0 (`max_abs`), over all genes too where a model answers for several. `value` says
    whether raw scores or their quantiles are taken.
    """

    name: Name
    model: Name
    method: Literal["variant", "sequence", "element", "recorded"] = "variant"
    scorer: str = ""
    window: Annotated[int, Field(ge=1)] | None = None
    tracks: TrackChoice = TrackChoice()
    aggregate: Literal["mean", "max", "max_abs"] = "mean"
    value: Literal["raw", "quantile"] = "raw"
    signed: bool = True


class Primary(Section):
    """The one estimate that the verdict speaks of, fixed before any label is read."""

    score: Name
    metric: Filled
    label: Literal["effect", "given", "matched", "direction", "magnitude_median"]
    stratum: Filled = "all"


class Matching(Section):
    """Controls for the label `matched`: the k nearest to each positive in what is listed, on its chromosome.

    A control has the `consequence` of its positive where that is listed. With `only`, controls that no positive chose
    are left out of the study, and no model is asked for them.
    """

    match: Annotated[tuple[Literal["maf", "tss_distance", "gc", "consequence"], ...], Field(min_length=1)]
    k: Annotated[int, Field(ge=1)] = 1
    only: bool = False


class EvaluationSection(Section):
    """How scores are held against measurements.

    `family` lists the strata (by name, `all` being the whole, `mean over NAME` the mean over one) whose estimates are
    tested and corrected as one family; `permute_within` names a stratum that permuted scores must not leave; `kmers`
    adds the supervised k-mer baseline; `folds` are intervals whose fourth column names the fold of a model's training
    data they belong to.
    """

    labels: tuple[LabelName, ...] = ("direction", "magnitude_median")
    strata: tuple[Filled, ...] = ()
    mean_over: Filled | None = None
    clusters: ClusterKind | None = None
    resamples: Annotated[int, Field(ge=100, le=100_000)] = 2000
    equivalence_margin: Annotated[float, Field(gt=0, lt=1)] = 0.1
    primary: Primary | None = None
    family: tuple[Filled, ...] = ("all",)
    permutations: Annotated[int, Field(ge=0, le=100_000)] = 999
    permute_within: Filled | None = None
    controls: Matching | None = None
    kmers: bool = False
    folds: IntervalFile | None = None

    @model_validator(mode="after")
    def _strata_and_labels_are_defined(self) -> EvaluationSection:
        strangers = sorted(set(self.family) - {"all", *self.strata, f"{MEAN_OVER}{self.mean_over}"})
        if strangers:
            raise ValueError(f"family names {strangers[0]!r}, which is not among strata")
        if "matched" in self.labels and self.controls is None:
            raise ValueError("the label 'matched' needs controls = { match = [...], k = ... }")
        return self


class ExportSection(Section):
    """Files for other programs beside those that every run writes: sequences of so many bases around each variant."""

    sequences: Annotated[int, Field(ge=2, le=1_048_576)] | None = None


class AuditSection(Section):
    """Findings accepted with their reasons, a file of numbers that prose states, variants that models are probed with.

    `claims` is such a file (see `studies.claims`); `probes` is how many variants a model is probed with, 0 for none.
    """

    waive: dict[str, Filled] = {}
    claims: Filled | None = None
    probes: Annotated[int, Field(ge=0, le=1000)] = 16


class Study(Section):
    """A study file, read and checked as far as no plug-in is needed."""

    study: StudySection
    dataset: dict[str, Any]
    genome: GenomeSection | None = None
    filter: FilterSection = FilterSection()
    genes: GenesSection = GenesSection()
    models: dict[Name, dict[str, Any]] = {}
    score: tuple[ScoreSection, ...] = ()
    evaluation: EvaluationSection = EvaluationSection()
    exports: ExportSection = ExportSection()
    audits: AuditSection = AuditSection()

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Study:
        names = [score.name for score in self.score]
        if len(set(names)) < len(names):
            raise ValueError("two [[score]] sections have the same name")
        strangers = sorted({score.model for score in self.score} - set(self.models) - {"recorded"})
        if strangers:
            raise ValueError(f"[[score]] names a model without its [models.{strangers[0]}] section")
        return self
