from __future__ import annotations

from pathlib import Path

import numpy as np

from refalt.sources.intervals import read_intervals
from refalt.sources.liftover import read_chain
from refalt.testing.simulation import world as worlds


def test_make_world__is_two_million_bases_with_genes_in_every_block() -> None:
    world = worlds.make_world(np.random.default_rng(1))
    assert sum(map(len, world.bases.values())) >= 2_000_000
    blocks = {(gene.chrom, (gene.tss - 1) // worlds.BLOCK) for gene in world.genes}
    assert len(blocks) == len(worlds.CONTIGS) * worlds.CONTIG_LENGTH // worlds.BLOCK


def test_old_position__is_what_the_chain_lifts_back(tmp_path: Path) -> None:
    (tmp_path / "a.chain").write_text(worlds.chain_text())
    lift = read_chain(tmp_path / "a.chain")
    new = np.array([1, worlds.INSERTED_AT, worlds.INSERTED_AT + worlds.INSERTED + 1, 400_000, worlds.CONTIG_LENGTH])
    old = np.array([worlds.old_position(pos) for pos in new.tolist()])
    found = lift.lift(["chr2"] * new.size, old)
    np.testing.assert_array_equal(found.pos, new)


def test_plant__letters_stand_where_they_were_planted() -> None:
    world = worlds.make_world(np.random.default_rng(1))
    world.plant("chr1", 11, "ACGTACGT")
    assert world.letters("chr1", 11, 8) == "ACGTACGT"
    assert worlds.fasta_text(world).splitlines()[1][10:18] == "ACGTACGT"


def test_blocks__tile_every_contig(tmp_path: Path) -> None:
    (tmp_path / "b.bed").write_text(worlds.blocks_text())
    blocks = read_intervals(tmp_path / "b.bed", worlds.NEW)
    pos = np.arange(1, worlds.CONTIG_LENGTH + 1, 999)
    assert (blocks.containing_index(["chr3"] * pos.size, pos) >= 0).all()
