"""AtlasService: the scores of single-base changes by the recommended scorers, for human.

The hosted atlas looks them up; here they are made when they are asked for, in a window of 16,384 bases around each
variant, which keeps them quick. A change that is not in the atlas (more than one base, a REF that is not the
genome's, a base N) is NOT_FOUND.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from alphagenome.protos import atlas_service_pb2
from alphagenome.protos.v1 import dna_model_pb2

from refalt.serve.methods import Call, Message, Method, RefusedError, invalid, methods_of
from refalt.serve.services import encoding, requests
from refalt.serve.services.atlas_filter import Fields, Test, read_filter
from refalt.serve.services.world import World
from refalt.serve.simulation.genes import Gene
from refalt.serve.simulation.predictor import Indices
from refalt.serve.simulation.scene import Scene, Variant, Window, single_base_changes
from refalt.serve.simulation.scorers import RECOMMENDED
from refalt.serve.simulation.scores import Scores, score_variant, scored_tracks
from refalt.serve.simulation.tracks import Track

Mask = npt.NDArray[np.bool_]

#: Bases of the window around a variant.
WINDOW: Final = 16_384
#: Variants of a page where the request does not say, and at most: some 10 kB each stay below a client's usual 4 MB.
PAGE: Final = 48
LARGEST_PAGE: Final = 192
_FIELD_MASK: Final = "x-goog-fieldmask"
_SERVICE: Final = atlas_service_pb2.DESCRIPTOR.services_by_name["AtlasService"]
_SCORER: Final = "scores.variant_scorer.name"
_TERM: Final = "scores.metadata.tracks.metadata.ontology_term"
_GENE: Final = "scores.metadata.gene_scorers.metadata"
_FIELDS: Final = frozenset(
    {_SCORER, _TERM, f"{_TERM}.ontology_type", f"{_TERM}.id", f"{_GENE}.gene_id", f"{_GENE}.name"}
)


@dataclass(frozen=True, eq=False)
class AtlasService:
    """The atlas of a world."""

    world: World

    def methods(self) -> Iterable[Method]:
        """Its remote methods."""
        return methods_of(
            _SERVICE,
            {
                "ListDenseVariantScores": self._list,
                "GetDenseVariantScores": self._get,
                "ListVariantScoresMetadata": self._scorers,
            },
        )

    def _get(self, call: Call) -> Iterator[Message]:
        _check_human(call.request)
        test = read_filter(call.request.filter, _FIELDS)
        message = call.request.variant
        variant = Variant(message.chromosome, message.position, message.reference_bases, message.alternate_bases)
        if not self._holds(variant):
            name = f"{variant.contig}:{variant.pos}:{variant.ref}>{variant.alt}"
            raise RefusedError("NOT_FOUND", f"The atlas has no scores of {name}.")
        yield self._scored(variant, test, with_tracks=_wants_tracks(call, ""))

    def _list(self, call: Call) -> Iterator[Message]:
        request = call.request
        _check_human(request)
        test = read_filter(request.filter, _FIELDS)
        within = self._within_contig(request.interval)
        variants = self._changes(within)
        first = _page_start(request.page_token, len(variants))
        last = first + min(request.page_size or PAGE, LARGEST_PAGE)
        with_tracks = _wants_tracks(call, "variant_scores.")
        yield atlas_service_pb2.ListDenseVariantScoresResponse(
            variant_scores=[self._scored(variant, test, with_tracks=with_tracks) for variant in variants[first:last]],
            next_page_token=str(last) if last < len(variants) else "",
            interval=encoding.interval_message(within),
        )

    def _scorers(self, call: Call) -> Iterator[Message]:
        _check_human(call.request)
        table = self.world.tables["human"].by_output
        yield atlas_service_pb2.ListVariantScoresMetadataResponse(
            variant_scorer_metadata=[
                atlas_service_pb2.VariantScorerMetadata(
                    variant_scorer=_scorer_message(name),
                    metadata=[_tracks_message(scored_tracks(scorer, table[scorer.output], merge_strands=True))],
                )
                for name, scorer in RECOMMENDED.items()
            ]
        )

    def _holds(self, variant: Variant) -> bool:
        if len(variant.ref) != 1 or len(variant.alt) != 1 or not self.world.genome.has(variant.contig):
            return False
        return any(variant == change for change in self._changes(Window(variant.contig, variant.start, 1)))

    def _changes(self, within: Window) -> list[Variant]:
        contig = self.world.genome.codes(within.contig)
        if within.start < 0 or within.end > contig.size:
            return []
        return list(single_base_changes(contig[within.start : within.end], within))

    def _within_contig(self, interval: Message) -> Window:
        if not self.world.genome.has(interval.chromosome):
            raise invalid(f"Chromosome {interval.chromosome!r} is not in the genome.")
        size = self.world.genome.codes(interval.chromosome).size
        start, end = max(interval.start, 0), min(interval.end, size)
        if start >= end:
            raise RefusedError("OUT_OF_RANGE", f"The interval has no base of {interval.chromosome}, which has {size}.")
        return Window(interval.chromosome, start, end - start)

    def _scored(self, variant: Variant, test: Test, *, with_tracks: bool) -> Message:
        window = Window(variant.contig, variant.start - WINDOW // 2 + 1, WINDOW)
        predictor = self.world.predictor("human", requests.version(""))
        scene = self.world.scene(predictor, window, variant)
        scores = [self._score_message(name, scene, test, with_tracks=with_tracks) for name in RECOMMENDED]
        return atlas_service_pb2.DenseVariantScores(
            variant=encoding.variant_message(variant),
            interval=encoding.interval_message(window),
            scores=[score for score in scores if score is not None],
        )

    def _score_message(self, name: str, scene: Scene, test: Test, *, with_tracks: bool) -> Message | None:
        """What one scorer says, of the rows and tracks that pass; None where none does."""
        scorer = RECOMMENDED[name]
        predictor = self.world.predictor("human", requests.version(""))
        tracks = scored_tracks(scorer, predictor.tracks.by_output[scorer.output], merge_strands=True)
        near = self.world.annotation.overlapping(scene.window.contig, scene.window.start, scene.window.end)
        # Filters mostly name a few scorers, so that what cannot pass is not worked out.
        if not _passing(name, tracks, near if scorer.of_genes else [None], test).any():
            return None
        scores = score_variant(scorer, scene, predictor, annotation=self.world.annotation, merge_strands=True)
        genes = [row.gene for row in scores.genes] if scorer.of_genes else [None]
        passing = _passing(name, tracks, genes, test)
        rows, columns = np.flatnonzero(passing.any(axis=1)), np.flatnonzero(passing.any(axis=0))
        if not rows.size:
            return None
        return _dense_message(name, scores, rows, columns, with_tracks=with_tracks)


def _passing(name: str, tracks: Sequence[Track], genes: Sequence[Gene | None], test: Test) -> Mask:
    """bool[genes, tracks]: which scores of a scorer pass a filter."""
    with_terms = any(track.biosample for track in tracks)
    passing = [[test(_fields(name, track, gene, with_terms=with_terms)) for track in tracks] for gene in genes]
    return np.array(passing, dtype=np.bool_).reshape(len(genes), len(tracks))


def _fields(name: str, track: Track, gene: Gene | None, *, with_terms: bool) -> Fields:
    """What a filter can ask of one score; whether there is an ontology term is asked of the scorer as a whole."""
    fields = {_SCORER: name}
    if with_terms:
        fields[_TERM] = ""
    if track.biosample is not None:
        ontology, _, number = track.biosample.curie.partition(":")
        fields |= {f"{_TERM}.ontology_type": f"ONTOLOGY_TYPE_{ontology}", f"{_TERM}.id": str(int(number))}
    if gene is not None:
        fields |= {f"{_GENE}.gene_id": gene.gene_id, f"{_GENE}.name": gene.name}
    return fields


def _dense_message(name: str, scores: Scores, rows: Indices, columns: Indices, *, with_tracks: bool) -> Message:
    raw, calibrated = (np.ascontiguousarray(plane[rows][:, columns], dtype=np.float32) for plane in scores.values)
    tracks = [scores.tracks[i] for i in columns]
    metadata = [_tracks_message(tracks)] if with_tracks else []
    if scores.genes:
        genes = atlas_service_pb2.GeneScorersMetadata(metadata=[encoding.gene_message(scores.genes[i]) for i in rows])
        metadata.append(atlas_service_pb2.Metadata(gene_scorers=genes))
    return atlas_service_pb2.DenseVariantScore(
        variant_scorer=_scorer_message(name),
        metadata=metadata,
        shape=raw.shape,
        scores=raw.tobytes(),
        calibrated_scores=calibrated.tobytes(),
    )


def _scorer_message(name: str) -> Message:
    return atlas_service_pb2.VariantScorerInfo(name=name, is_signed=RECOMMENDED[name].is_signed)


def _tracks_message(tracks: Iterable[Track]) -> Message:
    listed = dna_model_pb2.TracksMetadata(metadata=map(encoding.track_message, tracks))
    return atlas_service_pb2.Metadata(tracks=listed)


def _check_human(request: Message) -> None:
    if requests.organism(request.organism) != "human":
        raise invalid("The atlas is of human variants.")


def _page_start(token: str, count: int) -> int:
    if not token:
        return 0
    if not token.isdecimal() or int(token) >= count:
        raise invalid(f"The page token {token!r} was not given out for this request.")
    return int(token)


def _wants_tracks(call: Call, prefix: str) -> bool:
    """Whether the answer should say which tracks there are: always, unless a field mask leaves them out.

    Of field masks only this is heeded: clients use one to be spared the tracks of every variant.
    """
    mask = call.metadata.get(_FIELD_MASK)
    if mask is None:
        return True
    parts = f"{prefix}scores.metadata.tracks".split(".")
    covering = {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return not covering.isdisjoint(mask.split(","))
