"""What a model is: something that is shown variants, never measured effects, and answers with numbers."""

from __future__ import annotations

import abc
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.columns import Reason
from refalt.sources.fasta import Genome
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import Section
from refalt.studies.study import ScoreSection

Floats = npt.NDArray[np.float64]

#: Bases by which a window is moved for `Probe.SHIFTED`: a few, and less than the bins of any output.
SHIFT: Final = 16


class Probe(enum.StrEnum):
    """A question whose answer is known from that to another question.

    SWAPPED: REF and ALT change places. SAME: REF against itself. STRAND: everything is read on the other strand.
    SHIFTED: the window begins `SHIFT` bases further right.
    """

    SWAPPED = "swapped"
    SAME = "same"
    STRAND = "strand"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Asked:
    """What one score asks of a model, each distinct question once.

    Attributes:
        rows: asked_id, made_for, target_id, context_id, chrom, pos (1-based), ref, alt (forward strand, REF as
            the anchor holds it), input_id; for a recorded score also `value`, the published number.
        genome: To cut windows from.
        sequences: asked_id, ref_sequence, alt_sequence, offset (0-based) where the source carries sequences; where
            the study declares what stood around them, also insert_start (0-based) and insert_length, of REF's.
        probe: None for the study's own questions. Of a probe, rows, genome and sequences already say what it asks,
            but for `SHIFTED`, where the model moves its window; and REF may equal ALT in `SAME`.
    """

    rows: pl.DataFrame
    genome: Genome | None = None
    sequences: pl.DataFrame | None = None
    probe: Probe | None = None

    @property
    def shift(self) -> int:
        """Bases by which windows begin further right than usual."""
        return SHIFT if self.probe is Probe.SHIFTED else 0


@dataclass(frozen=True)
class Answers:
    """Answers to some of the questions.

    Attributes:
        row: int64[k], index into `Asked.rows`.
        raw: float64[k, T], raw score per selected track; positive where ALT is above REF of the asked variant.
        quantile: float64[k, T], where the model gives one.
        errors: Index into `Asked.rows` -> what went wrong, for questions that got no answer.
        targets: What each answer is for, where a model gives one per gene of a variant; else the row's target.
        attempts: Index into `Asked.rows` -> how often it was asked, for rows in `errors`; 1 where unsaid.
        reasons: Index into `Asked.rows` -> why a row in `errors` has no score; `prediction_failed` where unsaid.
        alleles: float64[k, 2], the score of REF and of ALT alone, where the score is their difference.
    """

    row: npt.NDArray[np.int64]
    raw: Floats
    quantile: Floats | None = None
    errors: Mapping[int, str] = field(default_factory=dict)
    targets: Sequence[str | None] | None = None
    attempts: Mapping[int, int] = field(default_factory=dict)
    reasons: Mapping[int, Reason] = field(default_factory=dict)
    alleles: Floats | None = None


class ModelSection(Section):
    """What every `[models.NAME]` section may say; a plug-in adds its own keys in a subclass."""

    revision: str = ""


class Model(abc.ABC):
    """A model. Subclasses stand one a file in this folder.

    Attributes:
        section: The pydantic model of its section.
        readout: What its scores are, in words for the report.
        licence: Notice that the report prints, "" where there is nothing to say.
        citation: Its publication, for the report's list of what to cite; "" where there is none.
    """

    section: ClassVar[type[ModelSection]] = ModelSection
    readout: ClassVar[str]
    licence: ClassVar[str] = ""
    citation: ClassVar[str] = ""

    def __init__(self, settings: ModelSection) -> None:
        """Take the checked section."""
        self.settings = settings

    def needed_files(self) -> tuple[NeededFile, ...]:
        """Files it reads, each with its role."""
        return ()

    def check(self, score: ScoreSection) -> None:  # noqa: B027  (most models make every score)
        """Raise UserError when the model cannot make this score (window, scorer, tracks)."""

    def unprobed(self, probe: Probe, score: ScoreSection) -> str:  # noqa: ARG002  (a few models look at the score)
        """Why a probe cannot be asked of the model, or its answer is not known beforehand; "" where it can."""
        return {
            Probe.STRAND: "the model does not say that both strands are one to it",
            Probe.SHIFTED: "the model places its own windows",
        }.get(probe, "")

    def reads_own_genome(self, score: ScoreSection) -> bool:  # noqa: ARG002
        """Whether it cuts windows from a genome of its own, into which it writes the asked REF and ALT."""
        return False

    @abc.abstractmethod
    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        """The tracks that a score selects, in the order of `Answers.raw`: columns of Tracks without score_name."""

    @abc.abstractmethod
    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        """Answer in batches, in any order; every row ends in exactly one `row` or `errors`."""
