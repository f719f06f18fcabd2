"""The key of a failing run, at a server that sends it back: in no file, no output, no exception, no process list."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from refalt.errors import UserError
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.base import Asked
from refalt.models.metered import Effort
from refalt.scoring.metered import Metering
from refalt.scoring.run import score_with
from refalt.serve.methods import Answer, Call, Message
from refalt.serve.server import serve
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World
from refalt.studies.study import ScoreSection
from refalt.testing.faulty_server import FaultyGate, any_of, refused, where

KEY = "a-key-for-tests-4711"
SECRET = "AIzaSy-nobody-may-read-this-0815"
SCORE = ScoreSection(name="s", model="alphagenome", scorer="DNASE", window=16_384)
EFFORT = Effort(workers=4, attempt_s=2.0, budget_s=0.3)

#: What a user's process does: log everything, run, write its tables, and die of what is wrong with the key.
RUN = """
import logging, sys
from pathlib import Path
import polars as pl
logging.basicConfig(level=logging.DEBUG, filename=sys.argv[2] + "/run.log")
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.base import Asked
from refalt.models.metered import Effort
from refalt.scoring.metered import Metering
from refalt.scoring.run import score_with
from refalt.studies.study import ScoreSection

folder = Path(sys.argv[2])
listed = Path("/proc/self/cmdline")
print("as others see it:", listed.read_bytes() if listed.exists() else sys.argv, flush=True)
model = AlphaGenome(AlphaGenomeSection(address=sys.argv[1]))
score = ScoreSection(name="s", model="alphagenome", scorer="DNASE", window=16384)
rows = pl.read_parquet(sys.argv[3])
effort = Effort(workers=4, attempt_s=2.0, budget_s=0.3)
metering = Metering(store=folder, effort=effort, progress=lambda tally: print(tally))
for part in (rows.head(8), rows):
    scored = score_with(model, Asked(part), score, metering=metering)
    scored.predictions.write(folder / "predictions.parquet")
    scored.failures.write(folder / "failures.parquet")
    print(scored.failures.frame.rows(), flush=True)
"""


def telling() -> FaultyGate:
    """Answers some, refuses some, and denies the key at last, always naming it."""
    told = "your key {key} is in this message"
    return FaultyGate(
        plan=any_of(
            where(refused("INVALID_ARGUMENT", told), lambda request: request.variant.position % 4 == 1),
            where(refused("INTERNAL", told), lambda request: request.variant.position % 4 == 2),
            where(refused("UNAUTHENTICATED", told), lambda request: request.variant.position >= 20_010),
        )
    )


@pytest.fixture
def asked(rows: Callable[..., pl.DataFrame]) -> Asked:
    return Asked(rows([(20_000 + at, "A", "C") for at in range(12)]))


def test_secret__of_a_failing_process_is_nowhere(world: World, asked: Asked, tmp_path: Path) -> None:
    asked.rows.write_parquet(tmp_path / "rows.parquet")
    script = tmp_path / "run.py"
    script.write_text(RUN)
    with serve(DnaModelService(world), gate=telling(), api_key=SECRET) as running:
        found = subprocess.run(
            [sys.executable, str(script), running.address, str(tmp_path), str(tmp_path / "rows.parquet")],
            env={**os.environ, "ALPHA_GENOME_API_KEY": SECRET},
            capture_output=True,
            timeout=120,
            check=False,
        )
    assert found.returncode == 1
    assert b"does not accept the API key" in found.stderr
    assert b"[API key removed]" in found.stderr
    assert b"as others see it" in found.stdout
    assert SECRET.encode() not in found.stdout + found.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".sqlite", ".parquet", ".log", ".lock"}
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == []
    failures = pl.read_parquet(tmp_path / "failures.parquet").get_column("error").to_list()
    assert len(failures) == 4
    assert all("[API key removed]" in error for error in failures)


def test_secret__is_in_no_exception_whichever_way_it_is_told(
    world: World, asked: Asked, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(DnaModelService(world), gate=telling(), api_key=KEY) as running:
        model = AlphaGenome(AlphaGenomeSection(address=running.address))
        with pytest.raises(UserError) as caught:
            score_with(model, asked, SCORE, metering=Metering(store=tmp_path, effort=EFFORT))
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    for text in (told, repr(caught.value), str(caught.value.args), repr(vars(caught.value)), caplog.text):
        assert KEY not in text
    error: BaseException | None = caught.value
    while error is not None:
        assert KEY not in str(error)
        error = error.__cause__ or error.__context__


def test_secret__in_an_answer_is_not_kept(world: World, asked: Asked, tmp_path: Path) -> None:
    def gate(call: Call, answer: Answer) -> list[Message]:
        messages = list(answer(call))
        if call.method == "ScoreVariant":
            described = messages[0].output.variant_data.metadata
            described.track_metadata[0].data_source = call.metadata["x-goog-api-key"]
        return messages

    with serve(DnaModelService(world), gate=gate, api_key=KEY) as running:  # type: ignore[arg-type]
        model = AlphaGenome(AlphaGenomeSection(address=running.address))
        few = Asked(asked.rows.head(3))
        found = score_with(model, few, SCORE, metering=Metering(store=tmp_path, effort=EFFORT))
    assert found.predictions.frame.is_empty()
    errors = found.failures.frame.get_column("error").to_list()
    assert errors == ["the service sent the API key back in its answer; the answer is not kept"] * 3
    assert [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []
