"""The shape of a suite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.studies.study import Study
from refalt.studies.suite import at_window, is_suite, read_suite

SUITE = '[suite]\nname = "s"\nstudies = ["a.toml"]\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "suite.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_read_suite__reads_studies_in_order(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path, '[suite]\nname = "s"\nstudies = ["b.toml", "a.toml"]\n'))
    assert suite.suite.studies == ("b.toml", "a.toml")
    assert suite.sweep is None


def test_read_suite__sorts_the_windows_of_a_sweep(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path, SUITE + "[sweep]\nwindow = [512, 128]\n"))
    assert suite.sweep is not None
    assert suite.sweep.window == (128, 512)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SUITE + "[sweep]\nwindow = [128]\n", "sweep.window"),
        (SUITE + "[sweep]\nwindow = [128, 128]\n", "each window once"),
        (SUITE + "[sweep]\nwindows = [128, 256]\n", "Did you mean 'window'"),
        (SUITE.replace('["a.toml"]', '["a.toml", "a.toml"]'), "each study once"),
        (SUITE.replace('["a.toml"]', "[]"), "suite.studies"),
        (SUITE.replace('["a.toml"]', '["a.toml", "b.toml"]') + "[sweep]\nwindow = [1, 2]\n", "takes one study"),
    ],
)
def test_read_suite__says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_suite(written(tmp_path, text))


def test_is_suite__tells_a_suite_from_a_study(tmp_path: Path) -> None:
    assert is_suite(written(tmp_path, SUITE))
    assert not is_suite(written(tmp_path, '[study]\nname = "suite"\n# [suite]\n'))
    assert not is_suite(tmp_path / "absent.toml")


def test_at_window__changes_the_window_and_the_name_and_keeps_the_sample() -> None:
    study = Study.model_validate(
        {
            "study": {"name": "s", "question": "q"},
            "dataset": {"name": "table"},
            "filter": {"sample": {"n": 10, "seed": 42}},
            "models": {"motif": {}, "other": {}},
            "score": [{"name": "m", "model": "motif"}, {"name": "o", "model": "other"}],
        }
    )
    found = at_window(study, "m", 512)
    assert found.study.name == "s-w512"
    assert [(score.name, score.window) for score in found.score] == [("m", 512)]
    assert set(found.models) == {"motif"}
    assert found.filter == study.filter
