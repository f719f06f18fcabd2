from __future__ import annotations

import tomllib
from pathlib import Path
from shutil import copyfile

from refalt.sources.fetch import FoundFile
from refalt.studies.resolve import ResolvedStudy
from refalt.studies.study import Study


def _resolved(path: Path, name: str, *, seed: int = 1) -> ResolvedStudy:
    study = Study.model_validate({"study": {"name": "s", "question": "q", "seed": seed}, "dataset": {"name": "table"}})
    return ResolvedStudy(study, {"name": "table", "file": name}, {}, [FoundFile("dataset", name, path)])


def test_digest__a_renamed_file_keeps_it_and_a_changed_one_does_not(tmp_path: Path) -> None:
    first, second = tmp_path / "a.tsv", tmp_path / "b.tsv"
    first.write_text("x\n")
    copyfile(first, second)
    digest = _resolved(first, "a.tsv").digest
    assert _resolved(second, "b.tsv").digest == digest
    second.write_text("y\n")
    assert _resolved(second, "b.tsv").digest != digest


def test_digest__changes_with_anything_that_may_change_a_number(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("x\n")
    assert _resolved(path, "a.tsv", seed=2).digest != _resolved(path, "a.tsv").digest


def test_lock_text__is_toml_that_names_inputs_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("x\n")
    resolved = _resolved(path, "a.tsv")
    lock = tomllib.loads(resolved.lock_text())
    assert lock["digest"] == resolved.digest
    assert lock["inputs"][0]["bytes"] == 2
    assert resolved.run_name == f"s-{resolved.digest[:8]}"
