from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.runs import RunFolder


def test_history__is_appended_and_a_line_cut_by_a_crash_is_left_out(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.note("started", digest="a")
    with run.history.open("a") as log:
        log.write('{"event": "fini')
    assert run.past() == [{"event": "started", "digest": "a"}]


def test_require__a_folder_without_a_lock_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a run folder"):
        RunFolder(tmp_path).require()


def test_write_json__refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        RunFolder(tmp_path).write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not (tmp_path / "x.json").exists()
