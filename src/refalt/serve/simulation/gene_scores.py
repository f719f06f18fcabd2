"""Scores of genes: what a variant changes, or an interval shows, under a gene's exons, body, ends or introns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.serve.simulation.genes import Annotation, Gene
from refalt.serve.simulation.predictor import Indices, Predictor
from refalt.serve.simulation.profile import Profile
from refalt.serve.simulation.scene import Scene, Window
from refalt.serve.simulation.scorers import Scorer
from refalt.serve.simulation.tracks import RESOLUTIONS, Track

Matrix = npt.NDArray[np.float64]

#: Added before the logarithm of a gene's mean coverage.
_COVERAGE_FLOOR: Final = 1e-3
#: Added before the logarithm of a junction's count.
_COUNT_FLOOR: Final = 1e-7
#: Bases before a transcript's end whose coverage stands for it.
_BEFORE_END: Final = 400
#: Share of a gene's transcript ends that a window must hold for the polyadenylation score.
_ENDS_WITHIN: Final = 0.8


@dataclass(frozen=True)
class GeneRow:
    """What a row of scores is of: a gene, or one of its junctions, (start, end) of the intron on the contig."""

    gene: Gene
    junction: tuple[int, int] | None = None


def of_variant(
    scorer: Scorer, scene: Scene, predictor: Predictor, annotation: Annotation
) -> tuple[tuple[GeneRow, ...], Matrix]:
    """Rows of a variant scorer of genes, and float64[rows, tracks]; NaN where gene and track differ in strand."""
    tracks = predictor.tracks.by_output[scorer.output]
    if scorer.kind == "splice_junction":
        return _junctions(scene, predictor, annotation)
    kinds: dict[str, Callable[[], list[tuple[Gene, Matrix]]]] = {
        "gene_mask": lambda: _exon_means(scorer, scene, predictor, annotation),
        "gene_mask_active": lambda: _exon_means(scorer, scene, predictor, annotation),
        "gene_mask_splicing": lambda: _splicing(scorer, scene, predictor, annotation),
        "pa_qtl": lambda: _polyadenylation(scene, predictor, annotation),
    }
    scored = kinds[scorer.kind]()
    genes = [gene for gene, _ in scored]
    return tuple(map(GeneRow, genes)), _on_own_strand([row for _, row in scored], genes, tracks)


def of_interval(
    scorer: Scorer, window: Window, profile: Profile, *, predictor: Predictor, annotation: Annotation
) -> tuple[tuple[GeneRow, ...], Matrix]:
    """Rows of an interval scorer, and float64[rows, tracks]: mean or sum under the exons of the genes that lie wholly
    in the window's middle `width` bases, every bin counting that holds a base of an exon."""
    tracks = predictor.tracks.by_output[scorer.output]
    width = window.length if scorer.width is None else scorer.width
    start = window.start + window.length // 2 - (width + 1) // 2
    target = window if scorer.width is None else Window(window.contig, start, width)
    genes = _contained(annotation, target)
    rows = []
    for gene in genes:
        bins = _bins_of(gene.exons, window, RESOLUTIONS[scorer.output])
        total = predictor.values(profile, scorer.output, bins=bins).astype(np.float64).sum(axis=0)
        rows.append(total / bins.size if scorer.aggregation == "MEAN" else total)
    return tuple(map(GeneRow, genes)), _on_own_strand(rows, genes, tracks)


def _contained(annotation: Annotation, window: Window) -> list[Gene]:
    """Genes that lie in the window from end to end."""
    genes = annotation.overlapping(window.contig, window.start, window.end)
    return [gene for gene in genes if gene.start >= window.start and gene.end <= window.end]


def _at_variant(annotation: Annotation, scene: Scene) -> list[Gene]:
    """Genes that share a base with REF or ALT, the latter laid on from the variant's first base."""
    variant = scene.variant
    end = max(variant.end, variant.start + len(variant.alt))
    return annotation.overlapping(scene.window.contig, variant.start, end)


def _bins_of(spans: Sequence[tuple[int, int]], window: Window, resolution: int) -> Indices:
    """Bins of a window that hold a base of any of the spans, ascending."""
    clipped = [
        (max(start - window.start, 0), min(end - window.start, window.length))
        for start, end in spans
        if end > window.start and start < window.end
    ]
    return np.unique(
        np.concatenate([np.arange(first // resolution, -(-last // resolution)) for first, last in clipped])
    )


def _under(places: Indices, output: str, scene: Scene, predictor: Predictor) -> tuple[Matrix, Matrix]:
    """Values of REF and of ALT, laid back onto REF's places, float64[n, tracks] each, at places of a window."""
    ref = predictor.values(scene.ref, output, bins=places)
    alt = scene.aligned_alt(predictor, output, places)
    return ref.astype(np.float64), alt.astype(np.float64)


def _exon_means(
    scorer: Scorer, scene: Scene, predictor: Predictor, annotation: Annotation
) -> list[tuple[Gene, Matrix]]:
    """Of each gene in the window, the mean under its exons: its log fold change, or the higher of both alleles."""
    scored = []
    for gene in _contained(annotation, scene.window):
        exons = _bins_of(gene.exons, scene.window, 1)
        ref, alt = (values.astype(np.float64).mean(axis=0) for values in _under(exons, scorer.output, scene, predictor))
        active = scorer.kind == "gene_mask_active"
        change = np.maximum(alt, ref) if active else np.log(alt + _COVERAGE_FLOOR) - np.log(ref + _COVERAGE_FLOOR)
        scored.append((gene, change))
    return scored


def _splicing(scorer: Scorer, scene: Scene, predictor: Predictor, annotation: Annotation) -> list[tuple[Gene, Matrix]]:
    """Of each gene at the variant, the largest absolute change in its body, within the mask around the variant."""
    begin, end = 0, scene.window.length
    if scorer.width is not None:
        begin = max(scene.offset - scorer.width // 2, 0)
        end = min(scene.offset - scorer.width // 2 + scorer.width, end)
    scored = []
    for gene in _at_variant(annotation, scene):
        first, last = max(gene.start - scene.window.start, begin), min(gene.end - scene.window.start, end)
        ref, alt = _under(np.arange(first, last), scorer.output, scene, predictor)
        scored.append((gene, np.abs(alt - ref).max(axis=0)))
    return scored


def _polyadenylation(scene: Scene, predictor: Predictor, annotation: Annotation) -> list[tuple[Gene, Matrix]]:
    """Of each gene at the variant, the largest shift of coverage between nearer and farther transcript ends.

    For every way to part the ends in two, |log2| of the mean fold change (ALT over REF) of one part over that of the
    other. Genes of one end, and those with more than a fifth of their ends outside the window, have no score.
    """
    scored = []
    for gene in _at_variant(annotation, scene):
        places = np.array(gene.ends) - scene.window.start
        within = (places >= 0) & (places + 1 < scene.window.length)
        if within.mean() < _ENDS_WITHIN or within.sum() < 2:
            continue
        folds = np.array([_fold_before(int(place), gene.strand, scene, predictor) for place in places[within]])
        scored.append((gene, _largest_shift(folds)))
    return scored


def _fold_before(place: int, strand: str, scene: Scene, predictor: Predictor) -> Matrix:
    """float64[tracks], ALT's coverage over REF's in the 400 bases that end at a place; 0 where REF has none."""
    begin, end = (place + 1 - _BEFORE_END, place + 1) if strand == "+" else (place, place + _BEFORE_END)
    places = np.arange(max(begin, 0), min(end, scene.window.length))
    ref, alt = (values.sum(axis=0) for values in _under(places, "RNA_SEQ", scene, predictor))
    return np.asarray(np.divide(alt, ref, out=np.zeros_like(alt), where=ref > 0))


def _largest_shift(folds: Matrix) -> Matrix:
    """float64[tracks] from float64[ends, tracks]; a part without any coverage counts as no shift."""
    nearer = np.cumsum(folds, axis=0)[:-1]
    farther = folds.sum(axis=0) - nearer
    count = np.arange(1, len(folds))[:, None]
    odds = (len(folds) - count) / count * np.divide(nearer, farther, out=np.ones_like(nearer), where=farther > 0)
    usable = (odds > 0) & (farther > 0)
    return np.asarray(np.abs(np.log2(odds, out=np.zeros_like(odds), where=usable)).max(axis=0))


def _junctions(scene: Scene, predictor: Predictor, annotation: Annotation) -> tuple[tuple[GeneRow, ...], Matrix]:
    """Of each protein-coding gene at the variant, the introns whose count changes most in any track.

    A change is the absolute difference of natural logarithms.
    """
    rows: list[GeneRow] = []
    changes: list[Matrix] = []
    for gene in _at_variant(annotation, scene):
        inside = [pair for pair in gene.introns if pair[0] >= scene.window.start and pair[1] <= scene.window.end]
        if gene.biotype != "protein_coding" or not inside:
            continue
        change = _junction_changes(inside, gene.strand, scene, predictor)
        kept = np.unique(change.argmax(axis=0))
        rows += [GeneRow(gene, inside[row]) for row in kept]
        changes.append(change[kept])
    tracks = len(predictor.tracks.by_output["SPLICE_JUNCTIONS"])
    return tuple(rows), np.concatenate(changes) if changes else np.zeros((0, tracks))


def _junction_changes(introns: Sequence[tuple[int, int]], strand: str, scene: Scene, predictor: Predictor) -> Matrix:
    strands = [strand] * len(introns)
    in_ref = [(start - scene.window.start, end - scene.window.start) for start, end in introns]
    gained = len(scene.variant.alt) - len(scene.variant.ref)
    behind = scene.variant.end - scene.window.start
    in_alt = [tuple(place + gained if place >= behind else place for place in pair) for pair in in_ref]
    last = scene.window.length
    in_alt_window = [(min(start, last - 1), min(end, last)) for start, end in in_alt]
    ref = predictor.junctions(scene.ref, in_ref, strands).astype(np.float64)
    alt = predictor.junctions(scene.alt, in_alt_window, strands).astype(np.float64)
    return np.asarray(np.abs(np.log(alt + _COUNT_FLOOR) - np.log(ref + _COUNT_FLOOR)))


def _on_own_strand(rows: Sequence[Matrix], genes: Sequence[Gene], tracks: Sequence[Track]) -> Matrix:
    """float64[genes, tracks], NaN where a stranded track is of the other strand than the gene."""
    if not rows:
        return np.zeros((0, len(tracks)))
    same = np.array([[track.strand in (".", gene.strand) for track in tracks] for gene in genes])
    return np.where(same, np.array(rows), np.nan)
