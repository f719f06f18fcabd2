"""AlphaGenome: the hosted service, its precomputed scores (Atlas), or its open weights on this machine.

This file is what refalt looks at; the parts that need gRPC are imported when something is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from refalt.errors import UserError, shown, unknown_name
from refalt.genome import chromosome_lengths
from refalt.models.alphagenome.address import parse_address
from refalt.models.alphagenome.placing import WINDOWS
from refalt.models.alphagenome.scorers import ScorerChoice, parse_choice
from refalt.models.alphagenome.sequence_scores import SequenceScore, parse_sequence_score
from refalt.models.alphagenome.settings import ASSEMBLIES, REVISIONS, AlphaGenomeSection
from refalt.models.base import Asked, ModelSection, Probe
from refalt.models.metered import Effort, Identity, Keep, MeteredModel, Question, Reading, Shelf
from refalt.provenance import digest_of
from refalt.studies.study import ScoreSection, TrackChoice

if TYPE_CHECKING:
    from refalt.models.alphagenome.tracks import TrackTable

_MODELS: Final = {"hosted": "alphagenome", "atlas": "alphagenome-atlas", "local": "alphagenome-open-weights"}


class AlphaGenome(MeteredModel):
    """AlphaGenome. Every answer is kept in the store of its revision."""

    section = AlphaGenomeSection
    readout = "AlphaGenome's variant score, per track"
    licence = (
        "AlphaGenome's outputs and weights are for non-commercial use and not for training other models; see "
        "https://deepmind.google.com/science/alphagenome/terms. No output is shipped with refalt."
    )
    citation = "Avsec Ž. et al. 2025, bioRxiv, doi:10.1101/2025.06.25.661532"

    def __init__(self, settings: ModelSection, *, dna_model: Any = None) -> None:
        """Take the checked section; with `dna_model`, any object of the official `DnaModel` class, ask that.

        Raises:
            UserError: an unknown revision, or an address that is not one.
        """
        super().__init__(settings)
        if not isinstance(settings, AlphaGenomeSection):
            raise TypeError(f"expected an AlphaGenomeSection, got {type(settings).__name__}")
        self._settings = settings if dna_model is None else settings.model_copy(update={"backend": "local"})
        self._dna_model = dna_model
        self._address = parse_address(settings.address)
        asks_address = self._settings.backend != "local"
        self._is_real = not self._address.origin if asks_address else dna_model is None
        if self._is_real and settings.revision not in REVISIONS:
            raise unknown_name("revision of AlphaGenome", settings.revision, REVISIONS, where="[models.alphagenome]")
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", settings.revision):
            raise UserError("a revision is letters, digits, '.', '_' and '-'", where="[models.alphagenome]")
        if settings.backend == "atlas" and settings.organism != "human":
            raise UserError("Atlas holds human variants only", where="[models.alphagenome]")

        origin = self._address.origin if asks_address else ""
        self._identity = Identity(_MODELS[self._settings.backend], settings.revision, origin)

    @property
    def identity(self) -> Identity:
        """Names the store: the backend, the revision, and where it was asked unless that is the hosted service."""
        return self._identity

    def check(self, score: ScoreSection) -> None:
        """Raise UserError when the score cannot be made: window, scorer, sign, tracks."""
        where = f'[[score]] "{score.name}"'
        window = _window(score, where)
        if score.method == "variant":
            choice = self._choice(score, where)
            outputs = {scorer.output for scorer in choice.read}
            _check_masks(choice, window, where)
            if score.signed and not all(scorer.is_signed for scorer in choice.read):
                unsigned = next(scorer for scorer in choice.read if not scorer.is_signed)
                raise UserError(
                    f"{unsigned} is never negative, so it has no direction", where=where, remedy="write signed = false"
                )
        else:
            outputs = {self._sequence_score(score, where).output}
        if score.tracks.output is not None and score.tracks.output not in outputs:
            raise unknown_name("output of this score's scorer", score.tracks.output, outputs, where=where)
        if score.tracks.ontology_curie is not None:
            from refalt.models.alphagenome.tracks import ontology_term

            ontology_term(score.tracks.ontology_curie)

    def unprobed(self, probe: Probe, score: ScoreSection) -> str:
        """What the protocol has no request for, and what no method promises."""
        if self._settings.backend == "atlas":
            return "Atlas holds changes of the genome's own bases, in windows of its own"
        if score.method == "element":
            return "an element has one sequence and no alleles"
        if probe is not Probe.STRAND:
            return ""
        if self.reads_own_genome(score):
            return "the service reads variants in its own genome, on its forward strand"
        if not self._settings.both_strands:
            return "both_strands is off, so one strand is read"
        return "its tracks are of one strand" if score.tracks.strand in ("+", "-") else ""

    def reads_own_genome(self, score: ScoreSection) -> bool:
        """Variants are asked for by their place; sequences are sent."""
        return score.method == "variant"

    def questions(self, asked: Asked, score: ScoreSection) -> Iterator[Question]:
        """The requests that answer every row, in the order of the rows; made without the network."""
        from refalt.models.alphagenome.requests import SequenceRequest, key_of

        self._check_assembly(asked)
        kind = self._kind(score)
        for row, part, request in self._drafts(asked, score):
            if isinstance(request, str):
                yield Question("", row, part, error=request)
                continue
            bases = request.codes.size if isinstance(request, SequenceRequest) else 2 * (request.end - request.start)
            key = key_of(request, self.identity, self._settings.organism)
            yield Question(key, row, part, bases, kind, request)

    def ask(
        self,
        questions: Iterable[Question],
        score: ScoreSection,
        *,
        keep: Keep,
        shelf: Shelf,
        effort: Effort,
    ) -> None:
        """Ask, and hand each reply to `keep` as it comes, in the caller's thread."""
        from refalt.models.alphagenome.asking import Asking
        from refalt.models.alphagenome.backends import open_backend, shelve_tables

        backend = open_backend(self._settings, self._dna_model, reach_s=effort.reach_s)
        try:
            self._check_tracks(score, shelve_tables(backend, self._settings.organism, shelf))
            Asking(backend, effort).run(questions, keep)
        finally:
            backend.close()

    def reading(self, score: ScoreSection, shelf: Shelf) -> Reading:
        """How this score reads kept answers."""
        from refalt.models.alphagenome.reading import ScorerReading, SequenceReading

        where = f'[[score]] "{score.name}"'
        if score.method == "variant":
            return ScorerReading(self._choice(score, where), score.tracks, shelf)
        return SequenceReading(self._sequence_score(score, where), score.tracks, shelf)

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        """The tracks that a score selects, as the service describes them now: columns of Tracks without score_name."""
        found = self._check_tracks(score, self._asked_for_tables())
        index = pl.int_range(pl.len(), dtype=pl.Int64).alias("track_index")
        return found.drop("at", "part", "output", "name", "strand").select(index, pl.all())

    def matching_tracks(self, choice: TrackChoice, shelf: Shelf | None = None) -> pl.DataFrame:
        """Every track that a choice matches: what `refalt list tracks` shows.

        Args:
            choice: The properties asked for.
            shelf: Where tables from an earlier call may stand; without them the service is asked.

        Raises:
            UserError: none matches; near values are named.
        """
        from refalt.models.alphagenome.backends import shelved_tables
        from refalt.models.alphagenome.reading import described_together
        from refalt.models.alphagenome.tracks import select_tracks

        kept = shelved_tables(self._settings.organism, shelf) if shelf is not None else None
        tables = kept or self._asked_for_tables()
        offered = described_together(tuple(tables), tuple(tables.values()))
        return select_tracks(offered, choice).drop("at", "part")

    def _kind(self, score: ScoreSection) -> str:
        where = f'[[score]] "{score.name}"'
        if score.method == "variant":
            asked = [str(scorer) for scorer in self._choice(score, where).asked]
        else:
            asked = [str(self._sequence_score(score, where)), score.tracks.ontology_curie or ""]
        return digest_of([_window(score, where), asked])

    def _drafts(self, asked: Asked, score: ScoreSection) -> Iterator[tuple[int, str, Any]]:
        from refalt.models.alphagenome.questions import SequenceDraft, variant_requests

        where = f'[[score]] "{score.name}"'
        window = _window(score, where)
        if score.method == "variant":
            lengths = chromosome_lengths(ASSEMBLIES[self._settings.organism]) if self._is_real else {}
            scorers = self._choice(score, where).asked
            snvs_only = self._settings.backend == "atlas"
            return variant_requests(asked, scorers, window=window, lengths=lengths, snvs_only=snvs_only)
        curie = score.tracks.ontology_curie
        drafts = SequenceDraft(
            self._sequence_score(score, where), window, (curie,) if curie else (), self._settings.both_strands
        )
        return drafts.elements(asked) if score.method == "element" else drafts.requests(asked)

    def _choice(self, score: ScoreSection, where: str) -> ScorerChoice:
        if not score.scorer:
            example = "CenterMask(DNASE, 501, DIFF_LOG2_SUM)"
            raise UserError("the score names no scorer", where=where, expected=f'one, such as scorer = "{example}"')
        choice = parse_choice(score.scorer, human=self._settings.organism == "human", where=where)
        if self._settings.backend == "atlas":
            from refalt.models.alphagenome.atlas import check_atlas_holds

            check_atlas_holds(choice, where)
        return choice

    def _sequence_score(self, score: ScoreSection, where: str) -> SequenceScore:
        if score.method not in ("sequence", "element"):
            raise unknown_name("method of AlphaGenome", score.method, ("variant", "sequence", "element"), where=where)
        if self._settings.backend == "atlas":
            raise UserError("Atlas holds variant scores only", where=where, expected='method = "variant"')
        return parse_sequence_score(score.scorer, score.method, window=_window(score, where), where=where)

    def _check_assembly(self, asked: Asked) -> None:
        expected = ASSEMBLIES[self._settings.organism]
        if self._is_real and asked.genome is not None and asked.genome.assembly != expected:
            raise UserError(
                f"AlphaGenome knows the {self._settings.organism} genome as {expected} only",
                where="[genome] assembly",
                expected=expected,
                got=asked.genome.assembly,
                remedy="lift the variants over first",
            )

    def _check_tracks(self, score: ScoreSection, tables: Mapping[str, TrackTable]) -> pl.DataFrame:
        """The tracks a score selects of those the service has, before anything is paid."""
        from refalt.models.alphagenome.reading import described_together
        from refalt.models.alphagenome.tracks import select_tracks

        where = f'[[score]] "{score.name}"'
        choice = score.tracks
        if score.method == "variant":
            scorers = self._choice(score, where)
            outputs = tuple(dict.fromkeys(scorer.output for scorer in scorers.read))
            if scorers.by_gene:
                # Scores by gene come with strands merged, so only the answer itself can tell strands apart.
                choice = choice.model_copy(update={"strand": None})
        else:
            outputs = (self._sequence_score(score, where).output,)
        missing = [output for output in outputs if output not in tables]
        if missing:
            raise unknown_name("output of this service", missing[0], tables, where=where)
        offered = described_together(outputs, [tables[output] for output in outputs])
        return select_tracks(offered, choice, where=where)

    def _asked_for_tables(self) -> Mapping[str, TrackTable]:
        from refalt.models.alphagenome.backends import open_backend
        from refalt.models.alphagenome.troubles import RefusedError

        backend = open_backend(self._settings, self._dna_model)
        try:
            return backend.offered()
        except RefusedError as error:
            raise UserError("the service does not say which tracks it has", got=str(error)) from error
        finally:
            backend.close()


def _window(score: ScoreSection, where: str) -> int:
    window = score.window or WINDOWS[-1]
    if window not in WINDOWS:
        taken = shown([f"{length:,}" for length in WINDOWS])
        raise UserError(
            f"AlphaGenome takes no window of {window:,} bases",
            where=where,
            expected=f"one of {taken}",
            remedy="2,048 was taken once and no longer is" if window == 2048 else None,
        )
    return window


def _check_masks(choice: ScorerChoice, window: int, where: str) -> None:
    for scorer in choice.asked:
        if scorer.width is not None and scorer.width > window:
            raise UserError(f"{scorer} is wider than the window of {window:,} bases", where=where)
