"""Which groups of rows belong together through others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int64]


def dense(values: pl.Series) -> Codes:
    """Each value as a number from 0, equal values having equal numbers: int64[n]."""
    codes: Codes = values.rank("dense").cast(pl.Int64).to_numpy() - 1
    return codes


def joined_by(group: Codes, link: Codes) -> Codes:
    """The groups of rows, those that share a value of `link` made one, directly or through others.

    Args:
        group: int64[n], codes from 0.
        link: int64[n], codes from 0.

    Returns:
        int64[n], the code of the joined group of each row.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not group.size:
        return group
    n_groups = int(group.max()) + 1
    size = n_groups + int(link.max()) + 1
    edges = coo_array((np.ones(group.size), (group, link + n_groups)), shape=(size, size))
    component: Codes = connected_components(edges, directed=False)[1][:n_groups].astype(np.int64)
    return component[group]
