from __future__ import annotations

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from hypothesis import given
from hypothesis import strategies as st

from refalt.errors import UserError
from refalt.motifs.motif_set import MotifSet, shipped_motifs
from refalt.sequences import encode
from refalt.serve.simulation.local_models import HALF_BOUND, PANEL, UNIT, MotifModel, local_model

MOTIFS = shipped_motifs()


def _counts(motifs: MotifSet, factor: str) -> np.ndarray:
    number = [name.upper() for name in motifs.names].index(factor)
    end = int(np.cumsum(motifs.lengths)[number])
    return motifs.counts[end - int(motifs.lengths[number]) : end]


def _occupancy_by_biopython(factor: str, letters: str) -> np.ndarray:
    """Activity of every base, site by site, from Biopython's scores."""
    counts = _counts(MOTIFS, factor)
    motif = bio_motifs.Motif("ACGT", counts=dict(zip("ACGT", counts.T.tolist(), strict=True)))
    pseudocount = np.sqrt(counts.sum(axis=1).mean()) / 4
    scores = motif.counts.normalize(pseudocounts=pseudocount).log_odds()
    half = HALF_BOUND * scores.max
    activity = np.zeros(len(letters))
    for start in range(len(letters) - len(counts) + 1):
        site = letters[start : start + len(counts)]
        if "N" not in site:
            score = sum(scores[letter][column] for column, letter in enumerate(site))
            activity[start : start + len(counts)] += 1 / (1 + 2.0 ** (half - score))
    return activity


@pytest.mark.parametrize("factor", ["GATA1", "CTCF", "SPI1"])
def test_motif_model__is_the_occupancy_that_biopythons_scores_give(factor: str) -> None:
    rng = np.random.default_rng(5)
    letters = (
        "".join(rng.choice(list("ACGTN"), 300, p=[0.24, 0.25, 0.25, 0.25, 0.01])) + "AGATAAGG" + "CCACTAGGGGGCGCTA"
    )
    activity = MotifModel.of(MOTIFS, (factor,)).activity(encode(letters))
    width = len(_counts(MOTIFS, factor))
    np.testing.assert_allclose(activity[:, 0], _occupancy_by_biopython(factor, letters), atol=width * UNIT, rtol=1e-5)
    assert activity.max() > 1e-5


@given(st.text(alphabet="ACGTN", min_size=60, max_size=90), st.integers(0, 59), st.sampled_from("ACGT"))
def test_motif_model__a_base_changes_nothing_beyond_a_motifs_reach(letters: str, place: int, other: str) -> None:
    model = MotifModel.of(MOTIFS, ("GATA1", "YY1"))
    width = max(len(_counts(MOTIFS, factor)) for factor in ("GATA1", "YY1"))
    changed = letters[:place] + other + letters[place + 1 :]
    one, another = model.activity(encode(letters)), model.activity(encode(changed))
    far = np.abs(np.arange(len(letters)) - place) >= 2 * width - 1
    np.testing.assert_array_equal(one[far], another[far])
    assert (one >= 0).all()


def test_motif_model__a_sequence_shorter_than_the_motif_is_silent() -> None:
    model = MotifModel.of(MOTIFS, ("CTCF",))
    assert not model.activity(encode("ACGT")).any()
    assert model.activity(encode("")).shape == (0, 1)


def test_motif_model__a_factor_without_a_matrix_is_named() -> None:
    with pytest.raises(UserError, match="GATA9.*Did you mean 'GATA1'"):
        MotifModel.of(MOTIFS, ("GATA9",))


def test_local_model__is_the_panel_by_name() -> None:
    assert local_model("motif").channels == PANEL
    with pytest.raises(UserError, match="no local model named 'motifs'"):
        local_model("motifs")
