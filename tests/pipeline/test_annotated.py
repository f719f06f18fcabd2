from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import polars as pl

from refalt.pipeline.annotated import write_h5ad
from refalt.pipeline.score import ScoredVariants
from refalt.tables import Tracks


def test_write_h5ad__raw_is_x_quantile_a_layer_and_a_row_without_score_is_nan(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {
            "chrom": ["chr1", "chr2"],
            "pos": [5, 6],
            "asked_id": ["chr1:5:A>C", None],
            "raw": [[0.5, -1.0], None],
            "quantile": [[0.9, 0.1], None],
        }
    )
    tracks = Tracks(pl.DataFrame({"score_name": ["s"] * 2, "track_index": [0, 1], "track_id": ["A|a|.", "A|b|."]}))
    write_h5ad(ScoredVariants(table, tracks, 2, 1, {}, {}), tmp_path / "s.h5ad", provenance={"model": "m"})
    found = anndata.read_h5ad(tmp_path / "s.h5ad")
    np.testing.assert_array_equal(found.X, np.array([[0.5, -1.0], [np.nan, np.nan]], dtype=np.float32))
    np.testing.assert_allclose(found.layers["quantile"][0], [0.9, 0.1], rtol=1e-6)
    assert found.obs["asked_id"].tolist() == ["chr1:5:A>C", ""]
    assert found.var_names.tolist() == ["A|a|.", "A|b|."]
    assert found.uns["model"] == "m"
    assert [path.name for path in tmp_path.iterdir()] == ["s.h5ad"]
