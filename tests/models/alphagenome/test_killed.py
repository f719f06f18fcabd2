"""A command that is killed or interrupted, and given again: nothing lost, nothing asked twice, the same bytes."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from refalt.models.alphagenome.hosted import scorer_message
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.serve.replay import record
from refalt.serve.server import serve
from refalt.testing.faulty_server import FaultyGate

N = 150
#: The command that is killed: the same each time.
COMMAND = """
import sys
from pathlib import Path
import polars as pl
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.base import Asked
from refalt.models.metered import Effort
from refalt.scoring.metered import Metering
from refalt.scoring.run import score_with
from refalt.studies.study import ScoreSection

address, folder, rows = sys.argv[1:]
score = ScoreSection(name="s", model="alphagenome", scorer="DNASE", window=16384)
model = AlphaGenome(AlphaGenomeSection(address=address))
metering = Metering(store=Path(folder), effort=Effort(workers=6))
scored = score_with(model, Asked(pl.read_parquet(rows)), score, metering=metering)
scored.predictions.write(Path(folder) / "predictions.parquet")
"""
WORKERS = 6


class Observed(FaultyGate):
    """Counts variants by position, and how often each was answered."""

    def __init__(self) -> None:
        super().__init__(plan=self._note, latency=0.01)
        self.positions: list[int] = []

    def _note(self, asked: object) -> None:
        self.positions.append(asked.call.request.variant.position)  # type: ignore[attr-defined]


def committed(folder: Path) -> set[int]:
    """Positions whose answers are in the store."""
    path = folder / "alphagenome-ALL_FOLDS@loopback.sqlite"
    if not path.exists():
        return set()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            found = connection.execute("select request from answers").fetchall()
        except sqlite3.OperationalError:
            return set()
    return {json.loads(request)["variant"][0] for (request,) in found}


@contextlib.contextmanager
def observed_server(folder: Path) -> Iterator[tuple[Observed, Callable[[Path], subprocess.Popen[bytes]]]]:
    """A server that counts, and what starts the command on it with a store of one's choice."""
    names = [f"chr1:{1_000_000 + at}:A>C" for at in range(N)]
    rows = pl.DataFrame({"asked_id": names, "made_for": names, "input_id": names}).with_columns(
        chrom=pl.lit("chr1"),
        pos=1_000_000 + pl.int_range(N, dtype=pl.Int64),
        ref=pl.lit("A"),
        alt=pl.lit("C"),
        target_id=pl.lit(None, pl.String),
        context_id=pl.lit(None, pl.String),
    )
    rows.write_parquet(folder / "rows.parquet")
    replay = record([scorer_message(RECOMMENDED_SCORERS["DNASE"])], latency=0.0, sizes={})
    gate = Observed()
    with serve(replay, gate=gate, max_workers=8) as running:

        def start(store: Path) -> subprocess.Popen[bytes]:
            store.mkdir(exist_ok=True)
            return subprocess.Popen(
                [sys.executable, "-c", COMMAND, running.address, str(store), str(folder / "rows.parquet")],
                env={**os.environ, "ALPHA_GENOME_API_KEY": "none"},
                stderr=subprocess.PIPE,
            )

        yield gate, start


def killed_again_and_again(folder: Path, moments: list[float]) -> None:
    """Kill the command at each moment (share of all answers), let it end at last, and look at all it did."""
    with observed_server(folder) as (gate, start):
        kills = 0
        for moment in sorted(moments):
            before = committed(folder / "killed")
            gate.positions.clear()
            with start(folder / "killed") as command:
                while len(before) + len(gate.positions) < moment * N and command.poll() is None:
                    time.sleep(0.001)
                command.kill()
            kills += command.returncode == -9
            after = committed(folder / "killed")
            # Nothing that was committed is lost or asked for again, and at most what was in flight was asked in vain.
            assert before <= after
            assert not before & set(gate.positions)
            assert len(gate.positions) - len(after - before) <= WORKERS
        assert kills == len(moments)
        before = committed(folder / "killed")
        gate.positions.clear()
        with start(folder / "killed") as command:
            assert command.wait(timeout=120) == 0
        assert sorted(gate.positions) == sorted({1_000_000 + at for at in range(N)} - before)
        with start(folder / "whole") as command:
            assert command.wait(timeout=120) == 0
    tables = [(folder / name / "predictions.parquet").read_bytes() for name in ("killed", "whole")]
    assert tables[0] == tables[1]
    assert pl.read_parquet(folder / "whole" / "predictions.parquet").height == N


def test_a_killed_command__goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    chance = random.Random(11)
    killed_again_and_again(tmp_path, [0.0, *(chance.uniform(0.02, 0.9) for _ in range(3))])


def test_an_interrupted_command__keeps_all_that_was_in_flight(tmp_path: Path) -> None:
    with observed_server(tmp_path) as (gate, start), start(tmp_path / "store") as command:
        while len(gate.positions) < N // 3:
            time.sleep(0.001)
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=60)
        assert b"KeyboardInterrupt" in said
        assert WORKERS < len(gate.positions) < N
        assert committed(tmp_path / "store") == set(gate.positions)


@pytest.mark.slow
def test_a_command_killed_twenty_times__goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    chance = random.Random(12)
    killed_again_and_again(tmp_path, [chance.uniform(0.0, 0.95) for _ in range(20)])
