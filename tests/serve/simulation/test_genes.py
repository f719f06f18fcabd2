from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from refalt.serve.simulation.genes import ListedGenes, SimulatedGenes

SIZE = 200_000
GENES = SimulatedGenes(lambda contig: SIZE if contig == "chr1" else 0)
EVERY = GENES.overlapping("chr1", 0, SIZE)


def test_simulated_genes__one_every_ten_kb_on_alternating_strands() -> None:
    assert [gene.start for gene in EVERY] == list(range(2_000, SIZE, 10_000))
    assert "".join(gene.strand for gene in EVERY) == "+-" * 10
    assert {gene.biotype for gene in EVERY} == {"protein_coding", "lncRNA"}
    assert len({gene.gene_id for gene in EVERY}) == len({gene.name for gene in EVERY}) == len(EVERY)


def test_simulated_genes__parts_lie_in_the_gene_in_order() -> None:
    for gene in EVERY:
        assert gene.exons[0][0] == gene.start
        assert gene.exons[-1][1] == gene.end
        places = [place for exon in gene.exons for place in exon]
        assert places == sorted(places)
        assert [end - start for start, end in gene.introns] == [1_100, 1_300, 1_700]
        assert all(gene.start <= end < gene.end for end in gene.ends)


@given(st.integers(-5_000, SIZE + 5_000), st.integers(0, 40_000))
def test_overlapping__is_all_genes_that_share_a_base(start: int, length: int) -> None:
    wanted = [gene for gene in EVERY if gene.start < start + length and gene.end > start]
    assert GENES.overlapping("chr1", start, start + length) == wanted
    assert ListedGenes({"chr1": tuple(EVERY)}).overlapping("chr1", start, start + length) == wanted


def test_overlapping__an_unknown_contig_and_a_gene_cut_by_the_contigs_end_are_left_out() -> None:
    assert GENES.overlapping("chr2", 0, SIZE) == []
    assert ListedGenes({}).overlapping("chr2", 0, SIZE) == []
    assert [gene.start for gene in SimulatedGenes(lambda _: 17_999).overlapping("chr1", 0, SIZE)] == [2_000]
