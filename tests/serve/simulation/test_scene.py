from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.sequences import decode, encode
from refalt.serve.methods import RefusedError
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.scene import (
    Scene,
    Variant,
    Window,
    allele_codes,
    reference_codes,
    single_base_changes,
)
from refalt.serve.simulation.tracks import synthetic_tracks
from refalt.sources.fasta import genome_from_sequences

LETTERS = "ACGTTGCATTTGACCAGTAA"
TOY = genome_from_sequences({"chr1": LETTERS}, "simulated")


@given(
    st.integers(-4, 12),
    st.integers(6, 12),
    st.data(),
    st.text(alphabet="ACGT", max_size=4),
)
def test_allele_codes__ref_is_written_in_and_alt_goes_on_with_the_contig(
    start: int, length: int, data: Any, alt: str
) -> None:
    window = Window("chr1", start, length)
    place = data.draw(st.integers(0, length - 1))
    ref = data.draw(st.text(alphabet="ACGT", max_size=min(4, length - place)))
    codes = allele_codes(TOY, window, Variant("chr1", start + place + 1, ref, alt))
    contig = "N" * 50 + LETTERS + "N" * 50
    before, after = contig[50 + start : 50 + start + place], contig[50 + start + place + len(ref) :]
    assert [decode(one) for one in codes] == [(before + allele + after)[:length] for allele in (ref, alt)]


def test_reference_codes__outside_the_contig_are_n_but_one_base_must_lie_on_it() -> None:
    assert decode(reference_codes(TOY, Window("chr1", -3, 5))) == "NNNAC"
    assert decode(reference_codes(TOY, Window("1", 18, 4))) == "AANN"
    for window, said in (
        (Window("chr1", -5, 5), "outside"),
        (Window("chr1", 20, 5), "outside"),
        (Window("chr7", 0, 5), "chr7"),
    ):
        with pytest.raises(RefusedError, match=said):
            reference_codes(TOY, window)


@pytest.mark.parametrize(
    ("ref", "alt", "wanted"),
    [
        # Places 0 to 9 of REF, the variant at place 3; -1 is silence, a set the highest of several places of ALT.
        ("A", "C", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("ACG", "A", [0, 1, 2, 3, -1, -1, 4, 5, 6, 7]),
        ("AC", "AGGG", [0, 1, 2, 3, {4, 5, 6}, 7, 8, 9, -1, -1]),
        ("A", "ACG", [0, 1, 2, {3, 4, 5}, 6, 7, 8, 9, -1, -1]),
        ("", "CG", [0, 1, {2, 3, 4}, 5, 6, 7, 8, 9, -1, -1]),
    ],
)
def test_aligned_alt__lays_alt_back_onto_refs_places(genome: Any, model: Any, ref: str, alt: str, wanted: Any) -> None:
    predictor = Predictor(model, synthetic_tracks())
    codes = genome.codes("chr1")[4_000:4_010]
    profile = predictor.profile(codes)
    scene = Scene(Window("chr1", 100, 10), Variant("chr1", 104, ref, alt), profile, profile)
    values = predictor.values(profile, "DNASE")
    rows = [
        np.zeros(values.shape[1]) if one == -1 else values[sorted(one) if isinstance(one, set) else [one]].max(axis=0)
        for one in wanted
    ]
    places = np.array([8, 0, 1, 2, 3, 4, 5, 6, 7, 9])
    np.testing.assert_array_equal(scene.aligned_alt(predictor, "DNASE", places), np.array(rows)[places])
    assert scene.aligned_alt(predictor, "DNASE", np.array([], dtype=np.int64)).shape == (0, values.shape[1])


def test_single_base_changes__three_a_base_and_none_of_n() -> None:
    changes = list(single_base_changes(encode("GNA"), Window("chr1", 10, 2)))
    assert changes == [Variant("chr1", 11, "G", alt) for alt in "ACT"]


def test_variant__ends_where_ref_ends() -> None:
    assert (Variant("chr1", 5, "AC", "A").start, Variant("chr1", 5, "AC", "A").end) == (4, 6)
