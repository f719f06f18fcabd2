"""Atlas: scores of human single-base changes that the service has computed already, the cheapest there are.

It holds the recommended scorers only, no insertions and deletions, and for some variants nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from alphagenome.protos import atlas_service_pb2

from refalt.errors import UserError
from refalt.models.alphagenome.answers import Part
from refalt.models.alphagenome.decoding import check_echo, check_part, gene_line
from refalt.models.alphagenome.hosted import ORGANISMS, variant_message
from refalt.models.alphagenome.requests import Request, VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS, Scorer, ScorerChoice
from refalt.models.alphagenome.tracks import TrackTable, TrackTables
from refalt.models.alphagenome.transport import Line
from refalt.models.alphagenome.troubles import RefusedError

_SERVICE: Final = atlas_service_pb2.DESCRIPTOR.services_by_name["AtlasService"].full_name
_NAMES: Final = {scorer: name for name, scorer in RECOMMENDED_SCORERS.items()}
_METADATA_S: Final = 60.0


class Atlas:
    """Precomputed scores as a backend."""

    most_workers: int | None = None

    def __init__(self, line: Line) -> None:
        """Take an open line."""
        self._line = line
        self._tables = TrackTables()
        self._by_scorer: Mapping[str, TrackTable] = {}

    def offered(self) -> Mapping[str, TrackTable]:
        """Output -> its tracks, from the table of the scorers, asked for once."""
        return {RECOMMENDED_SCORERS[name].output: table for name, table in self._scorer_tables().items()}

    def answer(self, request: Request, *, timeout_s: float) -> tuple[Part, ...]:
        """Answer one request, checked."""
        if not isinstance(request, VariantRequest):
            raise RefusedError("Atlas holds scores of variants only")
        if len(request.ref) != 1 or len(request.alt) != 1:
            raise RefusedError(f"Atlas holds single-base changes only; got {request.place}")
        names = [_NAMES[scorer] for scorer in request.scorers]
        message = atlas_service_pb2.GetDenseVariantScoresRequest(
            variant=variant_message(request),
            organism=ORGANISMS["human"],
            filter=" OR ".join(f'scores.variant_scorer.name = "{name}"' for name in names),
        )
        answer = self._line.call_once(
            f"/{_SERVICE}/GetDenseVariantScores", message, atlas_service_pb2.DenseVariantScores, timeout_s=timeout_s
        )
        check_echo(answer.variant, request)
        by_name = {score.variant_scorer.name: score for score in answer.scores}
        missing = [name for name in names if name not in by_name]
        if missing:
            raise RefusedError(f"Atlas has no {missing[0]} for {request.place}")
        return tuple(self._part(by_name[_NAMES[scorer]], scorer) for scorer in request.scorers)

    def inspect(self, payload: bytes) -> None:
        """Refuse an answer that holds the key."""
        self._line.refuse_echo(payload)

    def close(self) -> None:
        """Break off what is under way."""
        self._line.close()

    def _part(self, score: Any, scorer: Scorer) -> Part:
        by_gene = [part.gene_scorers.metadata for part in score.metadata if part.HasField("gene_scorers")]
        described = [part.tracks for part in score.metadata if part.HasField("tracks")]
        table = (
            self._tables.of_bytes(described[0].SerializeToString())
            if described
            else self._scorer_tables()[_NAMES[scorer]]
        )
        kept = [content for content in (score.scores, score.calibrated_scores) if content]
        shape = tuple(score.shape)
        if any(len(content) != 4 * math.prod(shape) for content in kept):
            raise RefusedError(f"the answer to {scorer} has another number of bytes than its shape {shape} says")
        values = np.stack([np.frombuffer(content, "<f4").reshape(shape) for content in kept])
        part = Part(values, table, tuple(gene_line(gene) for genes in by_gene for gene in genes))
        check_part(part, scorer, None)
        return part

    def _scorer_tables(self) -> Mapping[str, TrackTable]:
        if not self._by_scorer:
            message = atlas_service_pb2.ListVariantScoresMetadataRequest(organism=ORGANISMS["human"])
            answer = self._line.call_once(
                f"/{_SERVICE}/ListVariantScoresMetadata",
                message,
                atlas_service_pb2.ListVariantScoresMetadataResponse,
                timeout_s=_METADATA_S,
            )
            self._by_scorer = {
                scorer.variant_scorer.name: self._tables.of_bytes(part.tracks.SerializeToString())
                for scorer in answer.variant_scorer_metadata
                for part in scorer.metadata
                if part.HasField("tracks") and scorer.variant_scorer.name in RECOMMENDED_SCORERS
            }
        return self._by_scorer


def check_atlas_holds(choice: ScorerChoice, where: str) -> None:
    """Atlas answers with the recommended scorers only.

    Raises:
        UserError: another one is asked for.
    """
    for scorer in choice.asked:
        if scorer not in _NAMES:
            raise UserError(
                f"Atlas does not hold {scorer}",
                where=where,
                expected=f"a recommended scorer: {', '.join(map(str, RECOMMENDED_SCORERS.values()))}",
                remedy='use one, or ask the model itself with backend = "hosted"',
            )
