"""Tracks from a profile: each track is a fixed mixture of what the local model sees, chosen by the track's name.

The weight of a channel in a track is drawn from a digest of (model version, output, track name, channel), so it is the
same in every process; both strands of a track have the same weights. A ChIP track of a factor that is a channel follows
that channel. Outputs differ in how far a base reaches: RNA-seq responds over 8 kb, so a variant between genes counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from refalt.sequences import Codes
from refalt.serve.simulation.local_models import LocalModel
from refalt.serve.simulation.profile import Profile
from refalt.serve.simulation.tracks import RESOLUTIONS, Track, TrackTable

Values = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

#: Bases on either side of a bin that count with it; 0 for outputs not named.
_REACH: Final[Mapping[str, int]] = MappingProxyType(
    {"CHIP_HISTONE": 512, "CAGE": 64, "PROCAP": 64, "RNA_SEQ": 4096, "SPLICE_JUNCTIONS": 32}
)
#: Outputs that are shares, not amounts: x becomes x / (1 + x).
_SHARES: Final = frozenset({"SPLICE_SITES", "SPLICE_SITE_USAGE"})
#: Brings the sums of a few hundred bases to the size of read counts.
_SCALE: Final = 64.0
#: Weight of the channel that a ChIP track is of; the others are below 1 / 8.
_OWN: Final = 4.0


@dataclass(frozen=True, eq=False)
class Predictor:
    """A local model and the tracks it is made to predict.

    Attributes:
        model: What reads sequences.
        tracks: What is predicted.
        version: Model version; another one has other weights.
    """

    model: LocalModel
    tracks: TrackTable
    version: str = "ALL_FOLDS"
    _weights: dict[str, Values] = field(default_factory=dict, repr=False)

    def profile(self, codes: Codes) -> Profile:
        """What the model sees of uint8[length] codes."""
        return Profile.of(self.model, codes)

    def values(
        self, profile: Profile, output: str, *, bins: Indices | None = None, chosen: Indices | None = None
    ) -> Values:
        """Track values in bins of the output's resolution.

        Args:
            profile: Of the sequence.
            output: Not CONTACT_MAPS or SPLICE_JUNCTIONS.
            bins: int64[n], numbers of the bins; all of them where not given.
            chosen: Which tracks, all where not given.

        Returns:
            float32[n, tracks]; each value depends on its own bin and track alone, to the last bit.
        """
        tracks, weights = self._of(output, chosen)
        resolution, reach = RESOLUTIONS[output], _REACH.get(output, 0)
        bins = np.arange(profile.length // resolution) if bins is None else bins
        values = np.zeros((len(tracks), bins.size), dtype=np.float32)
        for strand in "+-.":
            rows = np.flatnonzero([track.strand == strand for track in tracks])
            if rows.size:
                values[rows] = _mixed(weights[rows], profile.at(strand, bins, resolution=resolution, reach=reach))
        return (values / (1 + values) if output in _SHARES else values).T

    def contact_map(self, profile: Profile, chosen: Indices | None = None) -> Values:
        """float32[bins, bins, tracks]: for two bins the product of their activities over 1 + their distance."""
        tracks, weights = self._of("CONTACT_MAPS", chosen)
        resolution = RESOLUTIONS["CONTACT_MAPS"]
        count = profile.length // resolution
        places = np.arange(count)
        activity = _mixed(weights / np.float32(resolution), profile.at(".", places, resolution=resolution)).T
        apart = np.abs(places[:, None] - places).astype(np.float32) + 1
        pairs: Values = activity[:, None] * activity / apart[:, :, None]
        return pairs.reshape(count, count, len(tracks))

    def junctions(
        self,
        profile: Profile,
        introns: Sequence[tuple[int, int]],
        strands: Sequence[str],
        chosen: Indices | None = None,
    ) -> Values:
        """float32[junctions, tracks], read counts of introns given by (start, end) in the sequence.

        An intron is used as much as the lesser of its two ends is active, on its own strand.
        """
        _, weights = self._of("SPLICE_JUNCTIONS", chosen)
        ends: Indices = np.array(introns, dtype=np.int64).reshape(-1, 2) - np.array([0, 1])
        used = np.zeros((len(introns), len(weights)), dtype=np.float32)
        for strand in "+-":
            rows = np.flatnonzero([one == strand for one in strands])
            if rows.size:
                signal = profile.at(strand, ends[rows].ravel(), resolution=1, reach=_REACH["SPLICE_JUNCTIONS"])
                used[rows] = _mixed(weights, signal).T.reshape(rows.size, 2, -1).min(axis=1)
        return used

    def _of(self, output: str, chosen: Indices | None) -> tuple[Sequence[Track], Values]:
        tracks = self.tracks.by_output[output]
        if output not in self._weights:
            rows = [_weights_of(self.version, track, self.model.channels) for track in tracks]
            self._weights[output] = np.array(rows, dtype=np.float32).reshape(len(tracks), -1)
        weights = self._weights[output]
        return (tracks, weights) if chosen is None else ([tracks[i] for i in chosen], weights[chosen])


def _weight(version: str, output: str, name: str, channel: str) -> float:
    """A number in [0, 1), the same in every process."""
    digest = hashlib.blake2b("\t".join((version, output, name, channel)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2.0**48


def _weights_of(version: str, track: Track, channels: Sequence[str]) -> list[float]:
    own = track.factor.upper()
    weights = [_weight(version, track.output, track.name, channel) ** 2 for channel in channels]
    if own in (channel.upper() for channel in channels):
        weights = [
            _OWN if channel.upper() == own else weight / 8 for weight, channel in zip(weights, channels, strict=True)
        ]
    return [_SCALE * weight for weight in weights]


def _mixed(weights: Values, signal: Values) -> Values:
    """weights[tracks, channels] @ signal[channels, n], channel after channel: a product whose last bit depends on
    nothing but its own row and column, which no matrix library promises."""
    mixed = np.zeros((len(weights), signal.shape[1]), dtype=np.float32)
    part = np.empty_like(mixed)
    for weight, channel in zip(weights.T, signal, strict=True):
        mixed += np.multiply(weight[:, None], channel, out=part)
    return mixed
