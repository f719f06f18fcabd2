"""A supervised baseline: ridge regression of effects on gapped k-mers, each chromosome predicted by all others.

It has seen measured effects, which no model here has; what it reaches is what the table itself teaches of sequence.
A gapped k-mer is `INFORMATIVE` bases at chosen places of a word of `WORD` (Ghandi et al. 2014,
doi:10.1371/journal.pcbi.1003711); a feature is how often it occurs around ALT minus around REF, on either strand.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from refalt.evaluation.blocks import dense
from refalt.evaluation.labels import Floats
from refalt.provenance import seed_from
from refalt.sequences import N_CODE, encode_many

WORD: Final = 8
INFORMATIVE: Final = 6
#: Ridge penalty, in units of the mean squared length of a row of features.
PENALTY: Final = 10.0
#: Rows learnt from at most: their products with one another are held in memory (8,000 squared is half a gigabyte).
MOST_LEARNT: Final = 8_000
#: Longer alleles are not asked for: a deletion of a kilobase is no change of a few words.
LONGEST: Final = 50
#: Under this many rows a regression on 114,688 features has learnt nothing.
FEWEST_LEARNT: Final = 50
_PLACES: Final = tuple(itertools.combinations(range(WORD), INFORMATIVE))


def predict_by_kmers(rows: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Predictions for every row, made by ridge regression on the rows of all other chromosomes.

    Args:
        rows: source_row, chrom, effect (float64, null where none was measured), left, ref, alt, right: bases, `left`
            and `right` being at least `WORD` - 1 long where they can be.
        seed: Of the study; decides which rows are learnt from where there are more than `MOST_LEARNT`.

    Returns:
        source_row, score: float64; null where a row has no chromosome or sequence, or there is too little to learn.
    """
    short = (pl.col(name).str.len_bytes() <= LONGEST for name in ("ref", "alt"))
    known = rows.filter(*(pl.col(name).is_not_null() for name in ("chrom", "left", "right")), *short)
    effect = known.get_column("effect").cast(pl.Float64).fill_null(np.nan).to_numpy()
    chrom = dense(known.get_column("chrom"))
    learnt = np.flatnonzero(np.isfinite(effect))
    if learnt.size > MOST_LEARNT:
        rng = np.random.default_rng(seed_from(seed, "kmers"))
        learnt = np.sort(rng.choice(learnt, MOST_LEARNT, replace=False))
    if learnt.size < FEWEST_LEARNT or np.unique(chrom[learnt]).size < 2:
        return known.head(0).select("source_row", pl.lit(0.0).alias("score"))
    score = leave_one_group_out(gapped_kmers(known), effect, chrom, learnt)
    return known.select("source_row", pl.Series("score", score))


def leave_one_group_out(
    features: sparse.csr_array, target: Floats, group: npt.NDArray[np.int64], learnt: npt.NDArray[np.int64]
) -> Floats:
    """Ridge predictions of every row from the learnt rows of other groups: float64[n].

    With A = (K + penalty)^-1 over the learnt rows and a = A y, the coefficients without group g are
    a - A[:, g] A[g, g]^-1 a[g] (block inversion), so that one inverse serves all groups.

    Args:
        features: float64[n, f].
        target: float64[n], finite in the learnt rows.
        group: int64[n].
        learnt: Rows to learn from.
    """
    from scipy.linalg import inv, solve

    own = features[learnt]
    kernel = (own @ own.T).toarray()
    penalty = PENALTY * max(float(np.trace(kernel)) / learnt.size, np.finfo(float).tiny)
    inverse = inv(kernel + penalty * np.eye(learnt.size), overwrite_a=True, check_finite=False)
    whole = inverse @ target[learnt]
    predicted = np.empty(target.size)
    for number in np.unique(group):
        inside = np.flatnonzero(group[learnt] == number)
        coefficients = whole
        if inside.size:
            block = solve(inverse[np.ix_(inside, inside)], whole[inside], assume_a="pos")
            coefficients = whole - inverse[:, inside] @ block
            coefficients[inside] = 0
        asked = np.flatnonzero(group == number)
        predicted[asked] = features[asked] @ (own.T @ coefficients)
    return predicted


def gapped_kmers(rows: pl.DataFrame) -> sparse.csr_array:
    """Counts around ALT minus counts around REF: float64[n, places * 4^INFORMATIVE], strands taken together.

    Args:
        rows: left, ref, alt, right.
    """
    around = [pl.col("left").str.tail(WORD - 1), pl.col("right").str.head(WORD - 1)]
    alt, ref = (_counted(rows.select(pl.concat_str(around[0], name, around[1])).to_series()) for name in ("alt", "ref"))
    return alt - ref


def _counted(sequences: pl.Series) -> sparse.csr_array:
    longest = max(int(sequences.str.len_bytes().max() or 0), WORD)  # type: ignore[arg-type]
    padded = sequences.str.to_uppercase().str.pad_end(longest, "N")
    codes = encode_many(padded).reshape(sequences.len(), longest).astype(np.int64)
    words = np.lib.stride_tricks.sliding_window_view(codes, WORD, axis=1)
    unknown = (words == N_CODE).any(axis=2)
    columns = np.concatenate([np.where(unknown, -1, _feature(words, places)) for places in _PLACES], axis=1)
    row = np.repeat(np.arange(sequences.len()), columns.shape[1])
    kept = columns.ravel() >= 0
    entries = np.ones(int(kept.sum()))
    shape = (sequences.len(), len(_PLACES) * 4**INFORMATIVE)
    return sparse.csr_array((entries, (row[kept], columns.ravel()[kept])), shape=shape)


def _feature(words: npt.NDArray[np.int64], places: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Number of the gapped k-mer of each word or of its reverse complement, whichever is less."""
    powers = 4 ** np.arange(INFORMATIVE)[::-1]
    bases = words[:, :, list(places)]
    mirrored = tuple(WORD - 1 - place for place in reversed(places))
    forward = _PLACES.index(places) * 4**INFORMATIVE + bases @ powers
    reverse = _PLACES.index(mirrored) * 4**INFORMATIVE + (3 - bases[:, :, ::-1]) @ powers
    feature: npt.NDArray[np.int64] = np.minimum(forward, reverse)
    return feature
