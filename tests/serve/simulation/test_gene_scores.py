"""Rules of which genes, ends and introns count; the numbers are tested through the official client."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from refalt.serve.services.world import World
from refalt.serve.simulation import gene_scores
from refalt.serve.simulation.genes import Gene, ListedGenes
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.scene import Scene, Variant, Window
from refalt.serve.simulation.scorers import RECOMMENDED, Scorer

WINDOW = Window("chr1", 25_000, 16_384)
GENE = Gene(
    "G1",
    "ONE",
    "protein_coding",
    32_000,
    38_000,
    "+",
    ((32_000, 32_400), (33_500, 33_700), (37_000, 38_000)),
    (37_400, 37_999),
)


@pytest.fixture(scope="module")
def predictor(world: World) -> Predictor:
    return world.predictor("human", "ALL_FOLDS")


def _scene(world: World, predictor: Predictor, pos: int = 33_490, ref: str = "A", alt: str = "C") -> Scene:
    return world.scene(predictor, WINDOW, Variant("chr1", pos, ref, alt))


def _rows(name: str, world: World, predictor: Predictor, gene: Gene, **at: Any) -> tuple[Any, Any]:
    annotation = ListedGenes({"chr1": (gene,)})
    return gene_scores.of_variant(RECOMMENDED[name], _scene(world, predictor, **at), predictor, annotation)


@pytest.mark.parametrize(("start", "end", "counted"), [(25_000, 41_384, 1), (24_999, 38_000, 0), (32_000, 41_385, 0)])
def test_expression__counts_genes_that_lie_in_the_window_from_end_to_end(
    world: World, predictor: Predictor, start: int, end: int, counted: int
) -> None:
    gene = dataclasses.replace(GENE, start=start, end=end)
    rows, values = _rows("RNA_SEQ", world, predictor, gene)
    assert (len(rows), len(values)) == (counted, counted)
    rows, _ = _rows("RNA_SEQ", world, predictor, dataclasses.replace(GENE, start=32_000))
    assert [row.gene.name for row in rows] == ["ONE"]


@pytest.mark.parametrize("name", ["SPLICE_SITES", "SPLICE_JUNCTIONS", "POLYADENYLATION"])
def test_splicing_and_polyadenylation__count_genes_at_the_variant(
    world: World, predictor: Predictor, name: str
) -> None:
    assert _rows(name, world, predictor, GENE)[0]
    beside = dataclasses.replace(GENE, start=33_490, exons=((33_500, 33_700), (37_000, 38_000)))
    assert not _rows(name, world, predictor, beside)[0]
    # An insertion reaches as far as its ALT, laid on from its first base.
    assert _rows(name, world, predictor, beside, ref="A", alt="AC")[0]


def test_values__are_nan_on_the_other_strand(world: World, predictor: Predictor) -> None:
    strands = np.array([track.strand for track in predictor.tracks.by_output["RNA_SEQ"]])
    for strand, other in (("+", "-"), ("-", "+")):
        _, values = _rows("RNA_SEQ", world, predictor, dataclasses.replace(GENE, strand=strand))
        np.testing.assert_array_equal(np.isnan(values[0]), strands == other)


def test_polyadenylation__needs_two_ends_and_four_fifths_of_them_in_the_window(
    world: World, predictor: Predictor
) -> None:
    def scored(*ends: int) -> int:
        return len(_rows("POLYADENYLATION", world, predictor, dataclasses.replace(GENE, ends=ends))[0])

    assert scored(37_400, 37_999) == 1
    assert scored(37_400) == 0
    inside = (35_000, 36_000, 37_000, 38_000)
    assert scored(*inside, 50_000) == 1
    assert scored(*inside[:3], 50_000) == 0


def test_polyadenylation__is_the_largest_shift_between_nearer_and_farther_ends() -> None:
    folds = np.array([[1.0, 2.0, 0.0], [1.0, 1.0, 0.0], [1.0, 1.0, 3.0]])
    # Splits after the first and the second end: mean fold change of one part over that of the other.
    wanted = [0.0, max(abs(np.log2(2 / 1)), abs(np.log2(1.5 / 1))), 0.0]
    np.testing.assert_allclose(gene_scores._largest_shift(folds), wanted)


def test_junctions__only_of_protein_coding_genes_and_whole_introns(world: World, predictor: Predictor) -> None:
    rows, values = _rows("SPLICE_JUNCTIONS", world, predictor, GENE)
    assert {row.junction for row in rows} <= set(GENE.introns)
    assert values.shape == (len(rows), len(predictor.tracks.by_output["SPLICE_JUNCTIONS"]))
    assert not _rows("SPLICE_JUNCTIONS", world, predictor, dataclasses.replace(GENE, biotype="lncRNA"))[0]
    cut = dataclasses.replace(GENE, exons=((20_000, 20_400), (37_000, 38_000)), start=20_000)
    assert not _rows("SPLICE_JUNCTIONS", world, predictor, cut)[0]


def test_junctions__behind_an_indel_are_looked_up_where_alt_has_them(world: World, predictor: Predictor) -> None:
    # A deletion far before both introns moves them, but changes nothing near them.
    deletion = {"pos": 32_100, "ref": "ACGTACGT", "alt": "A"}
    rows, values = _rows("SPLICE_JUNCTIONS", world, predictor, GENE, **deletion)
    assert [row.junction for row in rows] == [GENE.introns[0]]
    np.testing.assert_array_equal(values, 0.0)


def test_of_interval__sums_bins_that_hold_a_base_of_an_exon(world: World, predictor: Predictor) -> None:
    gene = dataclasses.replace(GENE, exons=((33_000, 33_001), (33_063, 33_065)), start=33_000, end=33_100)
    profile = predictor.profile(world.genome.codes("chr1")[25_000:41_384])
    rows, values = gene_scores.of_interval(
        Scorer("gene_mask", "CHIP_TF", None, "SUM"),
        WINDOW,
        profile,
        predictor=predictor,
        annotation=ListedGenes({"chr1": (gene,)}),
    )
    # Base 33,063 is the last of bin 62, and 33,064 the first of bin 63.
    wanted = predictor.values(profile, "CHIP_TF")[[62, 63]].sum(axis=0, dtype=np.float64)
    np.testing.assert_allclose(values[0], wanted)
    assert [row.gene.gene_id for row in rows] == ["G1"]


@pytest.mark.parametrize(("width", "start", "counted"), [(10_001, 28_191, 1), (10_001, 28_190, 0), (501, 33_000, 1)])
def test_of_interval__the_mask_is_the_middle_of_the_window(
    world: World, predictor: Predictor, width: int, start: int, counted: int
) -> None:
    gene = dataclasses.replace(GENE, start=start, end=start + 100, exons=((start, start + 100),))
    rows, _ = gene_scores.of_interval(
        Scorer("gene_mask", "RNA_SEQ", width, "MEAN"),
        WINDOW,
        predictor.profile(world.genome.codes("chr1")[25_000:41_384]),
        predictor=predictor,
        annotation=ListedGenes({"chr1": (gene,)}),
    )
    assert len(rows) == counted
