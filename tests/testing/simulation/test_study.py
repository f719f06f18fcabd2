from __future__ import annotations

import json
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.studies.read import read_study
from refalt.testing.simulation.breaks import MISTAKES
from refalt.testing.simulation.study import write_simulated_study


def test_write_simulated_study__equal_seeds_give_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_simulated_study(tmp_path / name, seed=5)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.parametrize("mistake", [None, *MISTAKES])
def test_write_simulated_study__the_study_file_is_one(mistake: str | None, tmp_path: Path) -> None:
    study = read_study(write_simulated_study(tmp_path, mistake=mistake))
    assert study.dataset["simulated"] is True


def test_write_simulated_study__the_truth_lies_beside_it_only(tmp_path: Path) -> None:
    study = write_simulated_study(tmp_path)
    assert json.loads((tmp_path / "truth.json").read_text())["planted"]["pearson_r"] == 0.5
    assert "0.5" not in study.read_text().replace("0.05", "")


def test_write_simulated_study__an_unknown_mistake_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean 'flipped-sign'"):
        write_simulated_study(tmp_path, mistake="flipped-signs")
