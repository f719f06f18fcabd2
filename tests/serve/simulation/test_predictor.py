from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from refalt.sequences import Codes, encode
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.profile import Profile
from refalt.serve.simulation.tracks import RESOLUTIONS, synthetic_tracks

LENGTH = 16_384
PLAIN = sorted(set(RESOLUTIONS) - {"CONTACT_MAPS", "SPLICE_JUNCTIONS"})


class Point:
    """Activity 1 at the only A of the strand that is read, in channel CTCF; silence in channel OTHER."""

    channels = ("CTCF", "OTHER")

    def activity(self, codes: Codes) -> np.ndarray:
        return np.stack([codes == 0, np.zeros(codes.size)], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def pointed() -> tuple[Predictor, Profile]:
    predictor = Predictor(Point(), synthetic_tracks())
    return predictor, predictor.profile(encode("C" * 8_191 + "A" + "C" * 8_192))


@pytest.mark.parametrize(
    ("output", "reach"), [("DNASE", 0), ("CAGE", 64), ("RNA_SEQ", 4_096), ("SPLICE_SITES", 0), ("PROCAP", 64)]
)
def test_values__a_base_reaches_as_far_as_the_output_says(pointed: Any, output: str, reach: int) -> None:
    predictor, profile = pointed
    values = predictor.values(profile, output)
    tracks = predictor.tracks.by_output[output]
    for track, column in zip(tracks, values.T, strict=True):
        touched = np.flatnonzero(column)
        if track.strand == "-":
            assert not touched.size
        else:
            assert (touched[0], touched[-1]) == (8_191 - reach, 8_191 + reach)
            assert len(set(column[touched].tolist())) == 1


def test_values__a_chip_track_follows_its_own_factor(pointed: Any) -> None:
    predictor, profile = pointed
    tracks = predictor.tracks.by_output["CHIP_TF"]
    values = predictor.values(profile, "CHIP_TF").sum(axis=0)
    own = np.array([track.factor == "CTCF" for track in tracks])
    assert values[own].min() > 4 * values[~own].max()


@pytest.mark.parametrize("output", PLAIN)
def test_values__some_bins_and_tracks_are_the_same_to_the_last_bit(genome: Any, model: Any, output: str) -> None:
    predictor = Predictor(model, synthetic_tracks())
    profile = predictor.profile(genome.codes("chr1")[:LENGTH])
    whole = predictor.values(profile, output)
    assert whole.shape == (LENGTH // RESOLUTIONS[output], len(predictor.tracks.by_output[output]))
    assert (whole >= 0).all()
    bins, chosen = np.array([100, 3, 17]), np.array([2, 0])
    some = predictor.values(profile, output, bins=bins, chosen=chosen)
    np.testing.assert_array_equal(some, whole[np.ix_(bins, chosen)])


def test_values__shares_stay_below_one(pointed: Any) -> None:
    predictor, profile = pointed
    for output in ("SPLICE_SITES", "SPLICE_SITE_USAGE"):
        assert 0 < predictor.values(profile, output).max() < 1


def test_values__differ_between_tracks_versions_and_not_between_processes(genome: Any, model: Any) -> None:
    codes = genome.codes("chr1")[:LENGTH]
    one, another, again = (Predictor(model, synthetic_tracks(), version) for version in ("FOLD_0", "FOLD_1", "FOLD_0"))
    values = [predictor.values(predictor.profile(codes), "ATAC") for predictor in (one, another, again)]
    assert len({column.tobytes() for column in values[0].T}) == values[0].shape[1]
    assert (values[0] != values[1]).any(axis=0).all()
    np.testing.assert_array_equal(values[0], values[2])


def test_contact_map__is_symmetric_and_falls_with_distance(genome: Any, model: Any) -> None:
    predictor = Predictor(model, synthetic_tracks())
    profile = predictor.profile(genome.codes("chr1")[:LENGTH])
    contacts = predictor.contact_map(profile)
    np.testing.assert_array_equal(contacts, contacts.swapaxes(0, 1))
    own = np.sqrt(np.einsum("iit->it", contacts).astype(np.float64))
    np.testing.assert_allclose(contacts[1, 5], own[1] * own[5] / 5, rtol=1e-5)
    np.testing.assert_array_equal(predictor.contact_map(profile, np.array([3])), contacts[:, :, [3]])


def test_junctions__are_used_as_much_as_their_lesser_end(pointed: Any) -> None:
    predictor, profile = pointed
    # The A lies at 8,191, within 32 bases of both ends of the first, of one end of the second, and on one strand only.
    used = predictor.junctions(profile, [(8_180, 8_200), (8_180, 9_000), (8_180, 8_200)], ["+", "+", "-"])
    assert used.shape == (3, len(predictor.tracks.by_output["SPLICE_JUNCTIONS"]))
    assert (used[0] > 0).all()
    assert not used[1:].any()
    assert predictor.junctions(profile, [], []).shape == (0, used.shape[1])
