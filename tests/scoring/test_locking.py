"""One process at a time, and its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.scoring.locking import held

HOLD = """
import sys, time
from pathlib import Path
from refalt.scoring.locking import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_held__names_the_process_that_has_it(tmp_path: Path) -> None:
    lock = tmp_path / "x.sqlite.lock"
    with held(lock), pytest.raises(UserError, match=f"in use by process {os.getpid()} on ") as caught, held(lock):
        pass
    assert str(tmp_path / "x.sqlite") in str(caught.value)
    with held(lock):
        pass


def test_held__waits_as_long_as_it_is_told_to(tmp_path: Path) -> None:
    lock, waits = tmp_path / "lock", []
    with held(lock), pytest.raises(UserError), held(lock, wait_s=1.0, sleep=waits.append):
        pass
    assert sum(waits) == pytest.approx(1.0)


def test_held__gets_it_when_the_holder_ends_while_it_waits(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    first = held(lock)
    first.__enter__()
    with held(lock, wait_s=5, sleep=lambda _: first.__exit__(None, None, None) and None):
        pass


def test_held__is_free_again_when_its_holder_was_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"process {holder.pid} on"), held(lock):
            pass
        holder.kill()
        holder.wait()
    with held(lock):
        pass
