"""Scores as AnnData: one row an allele, one column a track, raw values in X and quantiles in a layer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.files import replacing
from refalt.pipeline.score import COLUMN_MEANINGS, ScoredVariants

if TYPE_CHECKING:
    import pandas as pd

_PER_TRACK = ("raw", "quantile")


def write_h5ad(scored: ScoredVariants, path: Path, *, provenance: Mapping[str, str]) -> None:
    """Write an .h5ad file, atomically.

    `X` is float32[rows, tracks], NaN where a row has no score; `layers["quantile"]` likewise, where the model gives
    quantiles. `obs` has the columns of the other formats, `var` the tracks, `uns` what the columns mean and where
    the numbers are from.
    """
    import anndata

    table, tracks = scored.table, scored.tracks.frame
    layers = {"quantile": _matrix(table, "quantile", tracks.height)} if "quantile" in table.columns else {}
    obs = table.drop([name for name in _PER_TRACK if name in table.columns])
    said = {name: text for name, text in COLUMN_MEANINGS.items() if name in obs.columns}
    content = anndata.AnnData(
        X=_matrix(table, "raw", tracks.height),
        obs=_named(obs, [str(row) for row in range(obs.height)]),
        var=_named(tracks.drop("score_name"), tracks.get_column("track_id").to_list()),
        layers=layers,
        uns={"columns": said, **provenance},
    )
    with replacing(path) as partial:
        content.write_h5ad(partial)


def _matrix(table: pl.DataFrame, name: str, n_tracks: int) -> npt.NDArray[np.float32]:
    values = np.full((table.height, n_tracks), np.nan, dtype=np.float32)
    held = table.get_column(name).is_not_null().to_numpy()
    if held.any():
        values[held] = np.array(table.get_column(name).drop_nulls().to_list(), dtype=np.float32)
    return values


def _named(frame: pl.DataFrame, names: list[str]) -> pd.DataFrame:
    """A pandas frame with text where a column has gaps: HDF5 has no missing integers or words."""
    filled = frame.with_columns(
        pl.col(name).cast(pl.String).fill_null("")
        for name in frame.columns
        if not frame[name].dtype.is_float() and (frame[name].null_count() or frame[name].dtype == pl.String)
    )
    columns = {name: filled.get_column(name).to_list() for name in filled.columns}
    import pandas as pd

    return pd.DataFrame(columns, index=pd.Index(names, dtype=object))
