from __future__ import annotations

from pathlib import Path

import pytest

from refalt.testing.toy_study import write_toy_study


def test_write_toy_study__ref_stands_in_its_genome(tmp_path: Path) -> None:
    toy = write_toy_study(tmp_path, n=50)
    contigs = dict(zip(*[iter((tmp_path / "toy.fa").read_text().split())] * 2, strict=True))
    for chrom, pos, ref in toy.table.select("chrom", "pos", "ref").iter_rows():
        assert contigs[f">{chrom}"][pos - 1] == ref


def test_edit__refuses_to_change_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not in the study file"):
        write_toy_study(tmp_path, n=50).edit("nothing like this", "")
