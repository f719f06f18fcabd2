"""Variant and interval scores from predicted tracks, as the official client and the open model code document them.

A score is made of the same float32 track values that a prediction returns, added up in float64, so it can be made
again from a prediction of both alleles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from refalt.serve.simulation import gene_scores
from refalt.serve.simulation.gene_scores import GeneRow
from refalt.serve.simulation.genes import Annotation
from refalt.serve.simulation.predictor import Indices, Predictor, Values
from refalt.serve.simulation.profile import Profile
from refalt.serve.simulation.scene import Scene, Window
from refalt.serve.simulation.scorers import RECOMMENDED, Scorer
from refalt.serve.simulation.tracks import RESOLUTIONS, Track

#: The hosted service's cap on quantiles.
HIGHEST_QUANTILE: Final = 0.99999
_RECOMMENDED: Final = frozenset(RECOMMENDED.values())


@dataclass(frozen=True, eq=False)
class Scores:
    """What one scorer gives.

    Attributes:
        values: float[1 or 2, rows, tracks]: scores, and their quantiles where the scorer has them. NaN where a
            gene lies on the other strand than the track.
        tracks: The tracks, in the order of the last axis.
        genes: What each row is of; empty for the one row of a scorer that is not of genes.
    """

    values: npt.NDArray[np.floating[Any]]
    tracks: tuple[Track, ...]
    genes: tuple[GeneRow, ...] = ()


def score_variant(
    scorer: Scorer, scene: Scene, predictor: Predictor, *, annotation: Annotation, merge_strands: bool
) -> Scores:
    """What a scorer says of a variant.

    Args:
        scorer: Any variant scorer.
        scene: The variant.
        predictor: What predicts tracks.
        annotation: Where genes lie.
        merge_strands: Give gene scores of a forward track and its reverse pair as one, that of the gene's strand.
    """
    tracks = predictor.tracks.by_output[scorer.output]
    if scorer.kind == "center_mask":
        made = Scores(_center_mask(scorer, scene, predictor)[None], tracks)
    elif scorer.kind == "contact_map":
        made = Scores(_contact_map(scene, predictor)[None], tracks)
    else:
        genes, raw = gene_scores.of_variant(scorer, scene, predictor, annotation)
        made = Scores(raw, tracks, genes)
        made = _merged(made) if merge_strands else made
    planes = [made.values]
    if scorer in _RECOMMENDED:
        planes.append(quantiles(made.values, scorer, made.tracks))
    return replace(made, values=np.stack(planes).astype(np.float32))


def score_interval(
    scorer: Scorer,
    window: Window,
    profile: Profile,
    *,
    predictor: Predictor,
    annotation: Annotation,
    merge_strands: bool,
) -> Scores:
    """What an interval scorer says of a window; without quantiles. Arguments as for `score_variant`."""
    genes, raw = gene_scores.of_interval(scorer, window, profile, predictor=predictor, annotation=annotation)
    made = Scores(raw, predictor.tracks.by_output[scorer.output], genes)
    made = _merged(made) if merge_strands else made
    return replace(made, values=made.values[None].astype(np.float32))


def center_bins(offset: int, length: int, *, width: int | None, resolution: int) -> Indices:
    """int64[n], the bins of a mask around a place; all of them where `width` is None.

    The mask has ceil(width / resolution) bins, the one with the place in its middle, and is cut at the window's ends.
    """
    count = length // resolution
    if width is None:
        return np.arange(count)
    bins = -(-width // resolution)
    first = offset // resolution - bins // 2
    return np.arange(max(first, 0), min(first + bins, count))


def aggregate(ref: Values, alt: Values, aggregation: str) -> npt.NDArray[np.float64]:
    """float64[tracks] from the values of both alleles under a mask, float32[bins, tracks] each."""
    before, after = ref.astype(np.float64), alt.astype(np.float64)
    if aggregation == "L2_DIFF":
        return np.asarray(np.sqrt(((after - before) ** 2).sum(axis=0)))
    if aggregation == "L2_DIFF_LOG1P":
        return np.asarray(np.sqrt(((np.log1p(after) - np.log1p(before)) ** 2).sum(axis=0)))
    summary, _, reduction = aggregation.partition("_")
    one, other = (_reduced(values, reduction) for values in (before, after))
    return other - one if summary == "DIFF" else np.maximum(other, one)


def quantiles(raw: npt.NDArray[np.floating[Any]], scorer: Scorer, tracks: Sequence[Track]) -> npt.NDArray[np.float64]:
    """float64[rows, tracks] in (-1, 1): the place of a score among made-up common variants of its scorer and track.

    score / (|score| + scale), capped as the hosted service caps it, the scale drawn from a digest of scorer and track:
    it rises with the score and keeps its sign, but only on its own track do two scores compare by it.
    """
    scale = np.array([_quantile_scale(scorer, track) for track in tracks])
    return np.asarray(np.clip(raw / (np.abs(raw) + scale), -HIGHEST_QUANTILE, HIGHEST_QUANTILE))


def scored_tracks(scorer: Scorer, tracks: tuple[Track, ...], *, merge_strands: bool) -> tuple[Track, ...]:
    """The tracks that a scorer has scores of, given its output's."""
    if not (merge_strands and scorer.of_genes):
        return tracks
    return tuple(replace(tracks[i], strand=".") for i in _pairs(tracks)[0])


def _merged(scores: Scores) -> Scores:
    """Each forward track and its reverse pair as one unstranded track, with the score of the gene's own strand."""
    forward, reverse = _pairs(scores.tracks)
    on_forward = np.array([row.gene.strand == "+" for row in scores.genes], dtype=np.bool_)[:, None]
    values = np.where(on_forward, scores.values[:, forward], scores.values[:, reverse])
    return Scores(values, tuple(replace(scores.tracks[i], strand=".") for i in forward), scores.genes)


def _pairs(tracks: Sequence[Track]) -> tuple[list[int], list[int]]:
    """Which track to take for a gene of the forward and of the reverse strand, merged track by merged track.

    An unstranded track is kept after the others, but where a stranded one has its name.
    """
    paired = {track.name for track in tracks if track.strand != "."}
    alone = [i for i, track in enumerate(tracks) if track.strand == "." and track.name not in paired]
    forward, reverse = ([i for i, track in enumerate(tracks) if track.strand == strand] for strand in "+-")
    return forward + alone, reverse + alone


def _center_mask(scorer: Scorer, scene: Scene, predictor: Predictor) -> npt.NDArray[np.float64]:
    resolution = RESOLUTIONS[scorer.output]
    bins = center_bins(scene.offset, scene.window.length, width=scorer.width, resolution=resolution)
    ref, alt = (predictor.values(profile, scorer.output, bins=bins) for profile in (scene.ref, scene.alt))
    return aggregate(ref, alt, scorer.aggregation)


def _contact_map(scene: Scene, predictor: Predictor) -> npt.NDArray[np.float64]:
    """Mean over all bins of the absolute change of their contact with the variant's bin."""
    row = scene.offset // RESOLUTIONS["CONTACT_MAPS"]
    ref, alt = (predictor.contact_map(profile)[:, row].astype(np.float64) for profile in (scene.ref, scene.alt))
    return np.asarray(np.abs(alt - ref).mean(axis=0))


def _reduced(values: npt.NDArray[np.float64], reduction: str) -> npt.NDArray[np.float64]:
    if reduction == "MEAN":
        return np.asarray(values.mean(axis=0))
    if reduction == "SUM":
        return np.asarray(values.sum(axis=0))
    if reduction == "SUM_LOG2":
        return np.asarray(np.log2(values + 1).sum(axis=0))
    assert reduction == "LOG2_SUM"
    return np.asarray(np.log2(values.sum(axis=0) + 1))


def _quantile_scale(scorer: Scorer, track: Track) -> float:
    """Between 0.05 and 0.5."""
    digest = hashlib.blake2b(f"{scorer}\t{track.name}".encode(), digest_size=4).digest()
    return 0.05 + 0.45 * int.from_bytes(digest, "big") / 2.0**32
