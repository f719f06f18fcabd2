from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from refalt.sequences import Codes, reverse_complement
from refalt.serve.simulation.profile import Profile


class Letters:
    """Activity of A is 1 and of C is a third, in two channels."""

    channels = ("A", "C")

    def activity(self, codes: Codes) -> np.ndarray:
        return np.stack([codes == 0, (codes == 1) / 3], axis=1).astype(np.float32)


CODES = arrays.arrays(np.uint8, st.just(64), elements=st.integers(0, 4))


@given(CODES, st.sampled_from([1, 4, 16]), st.sampled_from([0, 1, 7, 80]))
def test_at__is_the_sum_over_a_bins_reach_scaled_to_its_size(codes: Codes, resolution: int, reach: int) -> None:
    profile = Profile.of(Letters(), codes)
    bins = np.arange(64 // resolution)
    forward = Letters().activity(codes).astype(np.float64)
    reverse = Letters().activity(reverse_complement(codes))[::-1].astype(np.float64)
    for strand, activity in (("+", forward), ("-", reverse), (".", forward + reverse)):
        wanted = [
            activity[max(one * resolution - reach, 0) : (one + 1) * resolution + reach].sum(axis=0)
            * (resolution / (resolution + 2 * reach))
            for one in bins
        ]
        got = profile.at(strand, bins, resolution=resolution, reach=reach)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got.T, wanted, rtol=1e-6, atol=1e-5)


@given(CODES)
def test_at__the_other_strand_is_mirrored_exactly(codes: Codes) -> None:
    here, mirrored = Profile.of(Letters(), codes), Profile.of(Letters(), reverse_complement(codes))
    bins = np.arange(16)
    for strand, other in (("+", "-"), ("-", "+"), (".", ".")):
        one = here.at(strand, bins, resolution=4, reach=5)
        np.testing.assert_array_equal(one, mirrored.at(other, bins, resolution=4, reach=5)[:, ::-1])


@given(CODES, st.integers(0, 63))
def test_at__sequences_that_agree_over_a_stretch_have_the_same_bits_there(codes: Codes, place: int) -> None:
    changed = codes.copy()
    changed[place] = (changed[place] + 1) % 5
    bins = np.flatnonzero(np.abs(np.arange(64) - place) > 6)
    one, other = (Profile.of(Letters(), each).at(".", bins, resolution=1, reach=6) for each in (codes, changed))
    np.testing.assert_array_equal(one, other)


def test_at__an_unknown_strand_is_a_bug() -> None:
    with pytest.raises(KeyError):
        Profile.of(Letters(), np.zeros(4, dtype=np.uint8)).at("*", np.arange(4), resolution=1)
