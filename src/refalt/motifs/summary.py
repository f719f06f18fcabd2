"""One signed number per variant from the changes of many redundant motifs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
import numpy.typing as npt

from refalt.errors import unknown_name
from refalt.motifs.changes import FLOOR_BITS, MotifChanges, ScannedVariants, require_floor
from refalt.motifs.log_odds import Changes, Codes
from refalt.motifs.motif_set import MotifSet

Measure = Literal["occupancy", "best_hit"]
WithinFamily = Literal["strongest", "mean", "sum"]


@dataclass(frozen=True)
class MotifScore:
    """The settings of a summary; `str()` of it belongs beside every number made with it.

    The matrices of a family see one event many times, so a family speaks once: with its change of largest size
    (`strongest`; two opposite ones of that size cancel) or with its `mean`. `sum` lets every matrix speak. The summary
    adds up the families; above 0, ALT gains binding.

    Attributes:
        measure: `occupancy` or `best_hit`, see `changes`.
        floor_bits: log-odds below which a site counts as unbound.
        within_family: `strongest`, `mean` or `sum`.
    """

    is_signed: ClassVar[bool] = True

    measure: Measure = "occupancy"
    floor_bits: float = FLOOR_BITS
    within_family: WithinFamily = "strongest"

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing.

        Raises:
            UserError: an unknown word, or a floor beyond 126 bits.
        """
        require_floor(self.floor_bits)
        for kind, word, known in (
            ("motif measure", self.measure, get_args(Measure)),
            ("way to join the motifs of a family", self.within_family, get_args(WithinFamily)),
        ):
            if word not in known:
                raise unknown_name(kind, word, known)


def motif_summaries(
    ref_codes: Codes,
    alt_codes: Codes,
    *,
    variant_start: npt.ArrayLike,
    ref_len: npt.ArrayLike,
    alt_len: npt.ArrayLike,
    motifs: MotifSet,
    score: MotifScore | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.float64]:
    """Summary of each variant, float64[n] in bits, NaN where no motif could be scored (`changes.UNSCORED`).

    Block by block, so memory does not grow with the number of motifs times variants. The arguments are those of
    `motif_changes`; `score` defaults to `MotifScore()`.

    Raises:
        UserError: a floor beyond 126 bits.
        ValueError: codes that are not uint8[n, length], a negative length.
    """
    settings = score or MotifScore()
    variants = ScannedVariants.of(
        ref_codes,
        alt_codes,
        variant_start=variant_start,
        ref_len=ref_len,
        alt_len=alt_len,
        motifs=motifs,
        floor_bits=settings.floor_bits,
    )
    summaries = np.empty(len(ref_codes))

    def write(rows: slice, changes: MotifChanges) -> None:
        measured = changes.occupancy if settings.measure == "occupancy" else changes.best_hit
        summaries[rows] = summarise(measured, motifs, within_family=settings.within_family)

    variants.each_block(write, threads=threads)
    return summaries


def summarise(
    changes: Changes, motifs: MotifSet, *, within_family: WithinFamily = "strongest"
) -> npt.NDArray[np.float64]:
    """Sum over families, float64[n], of changes float32[n, m]; a motif that is NaN is left out of its family."""
    order, begins = motifs.by_family
    ordered = changes[:, order]
    measured = ~np.isnan(ordered)
    known = np.where(measured, ordered, 0)
    if within_family == "strongest":
        families = _strongest(known, begins)
    else:
        families = np.add.reduceat(known, begins, axis=1, dtype=np.float64)
    if within_family == "mean":
        families /= np.maximum(np.add.reduceat(measured, begins, axis=1, dtype=np.float64), 1)
    return np.where(measured.any(axis=1), families.sum(axis=1, dtype=np.float64), np.nan)


def _strongest(known: Changes, begins: npt.NDArray[np.int64]) -> Changes:
    """The change of largest size in each family, float32[n, families]; 0 where gain and loss are equal."""
    gain = np.maximum.reduceat(known, begins, axis=1)
    loss = np.minimum.reduceat(known, begins, axis=1)
    both = gain + loss
    return np.where(both > 0, gain, np.where(both < 0, loss, 0))
