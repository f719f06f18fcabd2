from __future__ import annotations

from pathlib import Path

import pytest

import refalt.pipeline.prepare
from refalt import __version__
from refalt.cli.app import exit_status
from refalt.errors import API_KEY_VARIABLE, StoppedByLimitError
from refalt.testing.toy_study import write_toy_study


def test_version__is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "x.toml", "--limt", "3"], ["rnu"], ["run", "x.toml", "--limit", "0"]]
)
def test_exit_status__a_wrong_command_line_is_the_users_mistake(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(arguments) == 1
    assert capsys.readouterr().err.startswith("refalt: ")


def test_exit_status__a_users_mistake_is_one_sentence_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["run", "none.toml"]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "there is no study file none.toml" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), 130), (StoppedByLimitError("the quota is used up"), 75)]
)
def test_exit_status__interrupts_and_quotas_have_their_own(
    error: BaseException,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    study = write_toy_study(tmp_path, n=50).path

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(refalt.pipeline.prepare, "prepare", fail)
    assert exit_status(["run", str(study)]) == status
    assert capsys.readouterr().err.count("\n") == 1


def test_exit_status__a_bug_leaves_a_redacted_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "secret-123")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    study = write_toy_study(tmp_path, n=50).path

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("echoed secret-123")

    monkeypatch.setattr(refalt.pipeline.prepare, "prepare", fail)
    assert exit_status(["run", str(study)]) == 70
    assert "secret-123" not in capsys.readouterr().err
    (kept,) = tmp_path.glob("refalt-bug-*.txt")
    assert "RuntimeError: echoed [API key removed]" in kept.read_text()
