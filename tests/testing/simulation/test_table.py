from __future__ import annotations

import numpy as np

from refalt.testing.simulation.table import make_table, place_background, place_variants
from refalt.testing.simulation.world import make_world, old_position


def test_make_table__ref_stands_in_the_genome_and_indels_are_left_aligned() -> None:
    rng = np.random.default_rng(3)
    world = make_world(rng)
    table = make_table(world, place_variants(world, rng), rng)
    assert table.height >= 2_000
    for chrom, pos, ref, alt in table.select("chrom", "pos", "ref", "alt").iter_rows():
        assert world.letters(chrom, pos, len(ref)) == ref
        assert ref != alt
        assert len(ref) == 1 or ref[-1] != alt[-1]


def test_make_table__effects_have_both_signs_and_the_planted_score_follows_them() -> None:
    rng = np.random.default_rng(3)
    world = make_world(rng)
    table = make_table(world, place_variants(world, rng), rng)
    assert 0.4 < (table.get_column("beta") > 0).mean() < 0.6  # type: ignore[operator]
    r = np.corrcoef(table.get_column("beta"), table.get_column("planted"))[0, 1]
    assert abs(r - 0.5) < 0.08


def test_place_background__lies_in_the_old_peaks_when_told_to() -> None:
    rng = np.random.default_rng(3)
    world = make_world(rng)
    table = place_background(world, rng, old_peaks=True)
    starts = {(gene.chrom, old_position(gene.tss)) for gene in world.genes}
    near = [
        any((chrom, pos + away) in starts for away in range(-200, 201))
        for chrom, pos in table.select("chrom", "pos").head(50).iter_rows()
    ]
    assert all(near)
