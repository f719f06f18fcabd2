"""The hooks that a repository can use: their entries are commands that work, with pre-commit and without."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from refalt.testing.toy_study import ToyStudy, write_toy_study

ROOT = Path(__file__).parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
SOUND = ["--assembly", "GRCh38"]


@pytest.fixture
def toy(tmp_path: Path) -> ToyStudy:
    """A table and a study file, in a folder of their own."""
    return write_toy_study(tmp_path, n=120)


def _entry(hook: str, *arguments: str) -> list[str]:
    words = shlex.split(HOOKS[hook]["entry"])
    return [sys.executable, "-m", *words, *arguments]


def _run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")} | more
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _with_p_as_effect(toy: ToyStudy) -> Path:
    path = toy.path.parent / "wrong.tsv"
    toy.table.with_columns(beta=toy.table["p"]).write_csv(path, separator="\t")
    return path


def test_hooks__match_tables_and_studies_and_no_other_file() -> None:
    matches = {name: re.compile(hook["files"]).search for name, hook in HOOKS.items()}
    assert all(matches["refalt-check"](name) for name in ("a.tsv", "b/c.csv", "d.parquet", "e.vcf.gz"))
    assert all(matches["refalt-check-study"](name) for name in ("study.toml", "a/study.toml", "studies/lcl.toml"))
    assert not any(matches["refalt-check-study"](name) for name in ("pyproject.toml", "understudy.toml", "a.tsv"))


def test_hooks__pass_a_sound_table_and_stop_at_a_wrong_one(toy: ToyStudy) -> None:
    wrong = _with_p_as_effect(toy)
    sound = _run(_entry("refalt-check", "toy.tsv", *SOUND), toy.path.parent)
    both = _run(_entry("refalt-check", "toy.tsv", wrong.name, *SOUND), toy.path.parent)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert both.returncode == 2
    assert "EF001" in both.stdout


def test_check__writes_one_sarif_log_for_several_files(toy: ToyStudy) -> None:
    from sarif_pydantic import Sarif

    wrong = _with_p_as_effect(toy)
    done = _run(_entry("refalt-check", "toy.tsv", wrong.name, *SOUND, "--format", "sarif"), toy.path.parent)
    log = json.loads(done.stdout)
    read = Sarif.model_validate(log)
    # What the model of SARIF 2.1.0 does not know would be missing from what it writes.
    assert json.loads(read.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)) == log
    files = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in log["runs"][0]["results"]}
    assert files == {"toy.tsv", "wrong.tsv"}


def test_check__writes_a_list_for_several_files_and_an_object_for_one(toy: ToyStudy) -> None:
    one, two = (
        json.loads(_run(_entry("refalt-check", *["toy.tsv"] * n, *SOUND, "--format", "json"), toy.path.parent).stdout)
        for n in (1, 2)
    )
    assert one["exit_code"] == 0
    assert [each["checked"] for each in two] == ["toy.tsv", "toy.tsv"]


@pytest.mark.slow
def test_hooks__work_with_pre_commit(toy: ToyStudy) -> None:
    folder = toy.path.parent
    hook = HOOKS["refalt-check"] | {"language": "system", "args": SOUND}
    hook["entry"] = shlex.join(_entry("refalt-check"))
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    home = {"PRE_COMMIT_HOME": str(folder / "home"), "GIT_CONFIG_GLOBAL": os.devnull}
    run = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    _run(["git", "init", "--quiet"], folder)
    _run(["git", "add", "toy.tsv", ".pre-commit-config.yaml"], folder)
    sound = _run(run, folder, **home)
    _with_p_as_effect(toy)
    _run(["git", "add", "wrong.tsv"], folder)
    wrong = _run(run, folder, **home)
    assert (sound.returncode, wrong.returncode) == (0, 1), sound.stdout + wrong.stdout
    assert "exit code: 2" in wrong.stdout
