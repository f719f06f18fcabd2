from __future__ import annotations

import numpy as np
import pytest
from Bio.motifs import Motif, jaspar

from refalt.motifs import MotifSet
from refalt.motifs.log_odds import CACHE_LINE, RUN, TILE, aligned, log_odds

from .test_motif_set import counts_of

SAMPLE = range(0, 1019, 97)


def biopython_motif(motifs: MotifSet, number: int) -> Motif:
    counts = dict(zip("ACGT", counts_of(motifs, number).T.tolist(), strict=True))
    return jaspar.Motif(motifs.ids[number], motifs.names[number], counts=counts)


def row_of(motifs: MotifSet, codes: str) -> int:
    return int(motifs.tables.row[int(codes, 5)])


@pytest.mark.parametrize("number", SAMPLE)
def test_log_odds__are_those_of_biopython(shipped: MotifSet, number: int) -> None:
    motif = biopython_motif(shipped, number)
    motif.pseudocounts = jaspar.calculate_pseudocounts(motif)
    expected = np.array([motif.pssm[base] for base in "ACGT"]).T
    np.testing.assert_allclose(log_odds(counts_of(shipped, number)), expected, rtol=1e-12)


def test_log_odds__of_a_column_without_preference_are_zero() -> None:
    np.testing.assert_allclose(log_odds(np.full((5, 4), 7.0)), np.zeros((5, 4)), atol=1e-15)


def test_width_groups__hold_every_motif_once_with_both_strands(shipped: MotifSet) -> None:
    places = np.concatenate([group.motif for group in shipped.groups])
    assert sorted(places.tolist()) == list(range(len(shipped)))
    group = shipped.groups[3]
    forward, reverse = group.log_odds
    np.testing.assert_array_equal(reverse, forward[:, ::-1, ::-1])
    np.testing.assert_allclose(forward[0], log_odds(counts_of(shipped, int(group.motif[0]))))


@pytest.mark.parametrize("place", [0, 5, TILE - 1, TILE, 500, 1018])
def test_kmer_tables__the_product_of_a_windows_runs_is_its_odds(shipped: MotifSet, place: int) -> None:
    tables, rng = shipped.tables, np.random.default_rng(place)
    window = rng.integers(0, 4, 36)
    number, width = int(tables.motif[place]), int(tables.width[place])
    tile, lane = place // TILE, 2 * (place % TILE)
    runs = -(-int(tables.width[tile * TILE]) // RUN)
    end = tables.first[tile + 1] if tile + 1 < tables.first.size else tables.odds.size
    table = tables.odds[tables.first[tile] : end].reshape(runs, 625, -1)
    row = [row_of(shipped, "".join(map(str, window[run * RUN : run * RUN + RUN]))) for run in range(runs)]
    odds = np.prod([table[run, row[run], lane : lane + 2].astype(float) for run in range(runs)], axis=0)
    scores = log_odds(counts_of(shipped, number))
    both = [strand[np.arange(width), window[:width]].sum() for strand in (scores, scores[::-1, ::-1])]
    np.testing.assert_allclose(np.log2(odds), both, atol=1e-5)


def test_kmer_tables__an_n_is_impossible_inside_a_motif_and_nothing_past_its_end(shipped: MotifSet) -> None:
    tables = shipped.tables
    place = int(np.flatnonzero(tables.width == 5)[0])
    tile, lane = place // TILE, 2 * (place % TILE)
    runs = -(-int(tables.width[tile * TILE]) // RUN)
    table = tables.odds[tables.first[tile] :].reshape(-1)
    lanes = table.size // (runs * 625)
    table = table.reshape(runs, 625, lanes)
    assert runs == 2
    assert table[1, row_of(shipped, "4000"), lane] == 0
    assert table[1, row_of(shipped, "0444"), lane] == table[1, row_of(shipped, "0000"), lane] > 0


def test_aligned__begins_with_a_cache_line() -> None:
    assert [aligned(size).ctypes.data % CACHE_LINE for size in (1, 17, 1000)] == [0, 0, 0]
    assert aligned(17).shape == (17,)
