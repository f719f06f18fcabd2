from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from refalt.datasets.gtex_release import ARCHIVE, FINE_MAPPED, TISSUES, tissue_named


def test_tissues__are_49_in_order_and_known_by_their_names_elsewhere(real_input: Callable[[str], Path]) -> None:
    assert len(set(TISSUES)) == 49
    assert sorted(TISSUES) == list(TISSUES)
    tracks = pl.read_parquet(real_input("alphagenome/track_metadata_human.parquet"))
    assert set(TISSUES) <= set(tracks.get_column("gtex_tissue"))


def test_tissue_named__says_the_nearest() -> None:
    assert tissue_named("Lung") == "Lung"
    with pytest.raises(ValueError, match="did you mean 'Brain_Cerebellum'"):
        tissue_named("brain cerebelum")


def test_published__archives_lie_in_the_portal_s_bucket_and_keep_their_names() -> None:
    files = [ARCHIVE, *(each.archive for each in FINE_MAPPED.values())]
    assert all(file.url.startswith("https://storage.googleapis.com/adult-gtex/bulk-qtl/v8/") for file in files)
    assert ARCHIVE.file_name == "GTEx_Analysis_v8_eQTL.tar"
    assert all(set(each.spelled) <= set(TISSUES) for each in FINE_MAPPED.values())
