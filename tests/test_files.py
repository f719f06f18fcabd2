from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.files import append_line, replacing, sha256_of, write_text


def test_replacing__leaves_the_old_content_when_the_writer_fails(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def write_half() -> None:
        with replacing(target) as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_write_text__makes_the_folders_on_the_way(tmp_path: Path) -> None:
    write_text(tmp_path / "b" / "c" / "a.txt", "x")
    assert (tmp_path / "b" / "c" / "a.txt").read_text() == "x"


def test_write_text__says_that_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a file")
    with pytest.raises(UserError, match="cannot write a.txt"):
        write_text(tmp_path / "b" / "a.txt", "x")


def test_append_line__keeps_what_was_there(tmp_path: Path) -> None:
    append_line(tmp_path / "log", "one\n")
    append_line(tmp_path / "log", "two")
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_sha256_of__equals_hashlib(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ACGT" * 1_000_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"ACGT" * 1_000_000).hexdigest()


def test_write_text__on_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    # A file-size limit makes the kernel refuse the write as a full disk would.
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from refalt.errors import UserError\n"
        "from refalt.files import write_text\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_text(Path(sys.argv[1]) / 'a.txt', 'x' * 100000)\n"
        "except UserError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "cannot write a.txt" in done.stdout
    assert "nothing was left half-written" in done.stdout
    assert list(tmp_path.iterdir()) == []
