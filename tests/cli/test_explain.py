from __future__ import annotations

import pytest

from refalt.cli.app import exit_status


def test_explain__says_what_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["explain", "ef001"]) == 0
    assert "EF001" in capsys.readouterr().out


def test_explain__an_unknown_code_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["explain", "EF0O1"]) == 1
    assert "Did you mean 'EF001'?" in capsys.readouterr().err
