from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from refalt.cli.app import exit_status


def test_new_study__is_toml_with_its_name_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["new", "study", "my-study", "--out", str(tmp_path)]) == 0
    assert tomllib.loads((tmp_path / "my-study.toml").read_text())["study"]["name"] == "my-study"


@pytest.mark.parametrize(("kind", "base"), [("dataset", "Dataset"), ("model", "Model")])
def test_new_plugin__is_a_class_of_its_kind(kind: str, base: str, tmp_path: Path) -> None:
    assert exit_status(["new", kind, "lab_atac", "--out", str(tmp_path)]) == 0
    tree = ast.parse((tmp_path / "lab_atac.py").read_text())
    classes = {
        node.name: [getattr(b, "id", "") for b in node.bases] for node in tree.body if isinstance(node, ast.ClassDef)
    }
    assert classes["LabAtac"] == [base]


@pytest.mark.parametrize("name", ["../x", "Upper", "", "a b"])
def test_new__a_name_that_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    assert exit_status(["new", "study", name, "--out", str(tmp_path)]) == 1
    assert list(tmp_path.iterdir()) == []


def test_new__never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for status in (0, 1):
        assert exit_status(["new", "study", "s", "--out", str(tmp_path)]) == status
    assert "exists" in capsys.readouterr().err
