from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from refalt.cli.app import exit_status


def test_serve__says_where_it_listens_and_ends_when_interrupted(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGT" * 500 + "\n", encoding="ascii")
    command = [sys.executable, "-m", "refalt", "serve", "--genome", str(tmp_path / "g.fa")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        said = serving.stdout.readline()
        assert re.fullmatch(r"listening on 127\.0\.0\.1:[0-9]+; interrupt to stop\n", said)
        serving.send_signal(signal.SIGINT)
        _, err = serving.communicate(timeout=30)
    assert (serving.returncode, err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--genome", "none.fa"], "there is no such file"),
        ([], "Missing option '--genome'"),
        (["--genome", "g.fa", "--model", "motiv"], "there is no local model named 'motiv'"),
        (["--genome", "g.fa", "--port", "70000"], "--port"),
    ],
)
def test_serve__a_mistake_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.fa").write_text(">chr1\nACGT\n", encoding="ascii")
    assert exit_status(["serve", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
