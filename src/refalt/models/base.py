"""What a model is: something that is shown variants, never measured effects, and answers with numbers."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.sources.fasta import Genome
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import Section
from refalt.studies.study import ScoreSection

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """What one score asks of a model, each distinct question once.

    Attributes:
        rows: asked_id, made_for, target_id, context_id, chrom, pos (1-based), ref, alt (forward strand, REF as
            the anchor holds it), input_id; for a recorded score also `value`, the published number.
        genome: To cut windows from.
        sequences: asked_id, ref_sequence, alt_sequence, offset (0-based) where the source carries sequences.
    """

    rows: pl.DataFrame
    genome: Genome | None = None
    sequences: pl.DataFrame | None = None


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
    """

    row: npt.NDArray[np.int64]
    raw: Floats
    quantile: Floats | None = None
    errors: Mapping[int, str] = field(default_factory=dict)
    targets: Sequence[str | None] | None = None
    attempts: Mapping[int, int] = field(default_factory=dict)


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

    @abc.abstractmethod
    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        """The tracks that a score selects, in the order of `Answers.raw`: columns of Tracks without score_name."""

    @abc.abstractmethod
    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        """Answer in batches, in any order; every row ends in exactly one `row` or `errors`."""
