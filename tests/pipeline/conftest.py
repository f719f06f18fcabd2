from __future__ import annotations

from pathlib import Path

import pytest

from refalt.pipeline import run
from refalt.pipeline.prepare import prepare
from refalt.pipeline.run import run_study
from refalt.testing.toy_study import ToyStudy, write_toy_study


@pytest.fixture
def toy(tmp_path: Path) -> ToyStudy:
    """A fresh small study in a folder of its own."""
    folder = tmp_path / "study"
    folder.mkdir()
    return write_toy_study(folder)


QUICK = "resamples = 200\npermutations = 0\nclusters = 'input'"


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`both`: two scores; `few`: the score `noise` on half the rows of the same table; `else`: another table."""
    root = tmp_path_factory.mktemp("compare")
    found = {}
    quiet = pytest.MonkeyPatch()
    quiet.setattr(run, "draw_all", lambda *_, **__: [])
    for name, seed in (("both", 7), ("few", 7), ("else", 9)):
        folder = root / name
        folder.mkdir()
        study = write_toy_study(folder, n=120, seed=seed)
        study.edit('name     = "toy"', f'name     = "{name}"')
        study.edit("resamples = 200", QUICK)
        if name == "few":
            study.edit('good = { column = "good", of = "alt" }, ', "")
            study.rewrite(study.table.gather_every(2).reverse())
        ended = run_study(prepare(study.path), out=root / "runs")
        found[name] = ended.run.root
    quiet.undo()
    return found
