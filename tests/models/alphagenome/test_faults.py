"""Two hundred variants under each fault of a server: two hundred answers, the same as without faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from refalt.errors import StoppedByLimitError, UserError
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.alphagenome.hosted import scorer_message
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.base import Asked
from refalt.models.metered import Effort
from refalt.scoring.metered import Metering
from refalt.scoring.run import Scored, score_with
from refalt.serve.replay import ReplayService, record
from refalt.serve.server import serve
from refalt.studies.study import ScoreSection
from refalt.testing.faulty_server import (
    Fault,
    FaultyGate,
    any_of,
    at_rate,
    broken_off,
    first_attempts,
    hanging,
    refused,
    truncated,
    where,
)

N = 200
SCORE = ScoreSection(name="s", model="alphagenome", scorer="DNASE", window=16_384)
EFFORT = Effort(workers=32, attempt_s=1.0, budget_s=30.0)


@pytest.fixture(scope="module")
def replay() -> ReplayService:
    return record([scorer_message(RECOMMENDED_SCORERS["DNASE"])], latency=0.005, sizes={})


@pytest.fixture(scope="module")
def asked(rows: Callable[..., pl.DataFrame]) -> Asked:
    return Asked(rows([(1_000_000 + at, "A", "C") for at in range(N)]))


def run(replay: ReplayService, gate: FaultyGate, asked: Asked, store: Path, effort: Effort = EFFORT) -> Scored:
    with serve(replay, gate=gate, max_workers=48) as running:
        model = AlphaGenome(AlphaGenomeSection(address=running.address))
        return score_with(model, asked, SCORE, metering=Metering(store=store, effort=effort))


@pytest.fixture(scope="module")
def undisturbed(replay: ReplayService, asked: Asked, tmp_path_factory: Any) -> Scored:
    return run(replay, FaultyGate(), asked, tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize(
    "gate",
    [
        FaultyGate(plan=at_rate(refused("INTERNAL"), 0.01)),
        FaultyGate(plan=at_rate(refused("UNAVAILABLE"), 0.4)),
        FaultyGate(plan=at_rate(refused("DEADLINE_EXCEEDED"), 0.01)),
        FaultyGate(plan=at_rate(truncated(), 0.02)),
        FaultyGate(plan=at_rate(broken_off("UNKNOWN"), 0.05)),
        FaultyGate(plan=at_rate(hanging(), 0.005)),
        FaultyGate(places=8, refuse_when_full=True),
        FaultyGate(quota=100, quota_seconds=0.5),
        FaultyGate(
            plan=any_of(
                at_rate(refused("ABORTED"), 0.1, seed=1),
                at_rate(truncated(0), 0.05, seed=2),
                at_rate(broken_off("INTERNAL"), 0.1, seed=3),
            )
        ),
    ],
    ids=["INTERNAL", "UNAVAILABLE", "DEADLINE", "truncated", "mid-stream", "hang", "full", "quota", "all at once"],
)
def test_faults__cost_time_and_no_answer(
    replay: ReplayService, gate: FaultyGate, asked: Asked, undisturbed: Scored, tmp_path: Path
) -> None:
    found = run(replay, gate, asked, tmp_path)
    assert found.failures.frame.is_empty()
    assert found.predictions.frame.equals(undisturbed.predictions.frame)
    assert not gate.asked_twice
    assert len(gate.answered) == N
    assert found.tally is not None
    assert (found.tally.answered, found.tally.retries) == (N, sum(gate.asked.values()) - N)


def test_a_full_server__is_asked_about_as_much_as_it_takes(replay: ReplayService, asked: Asked, tmp_path: Path) -> None:
    gate = FaultyGate(latency=0.02, places=8, refuse_when_full=True)
    run(replay, gate, asked, tmp_path)
    # An asker that does not learn would be refused three times for each answer; this one is refused far less.
    assert sum(gate.asked.values()) < 2.5 * N
    assert gate.most_at_once == 8


def test_a_poisoned_variant__is_one_failure_after_its_budget(
    replay: ReplayService, asked: Asked, tmp_path: Path
) -> None:
    gate = FaultyGate(plan=where(refused("INTERNAL", "poison"), lambda request: request.variant.position == 1_000_007))
    found = run(replay, gate, asked, tmp_path, Effort(workers=32, attempt_s=1.0, budget_s=0.5))
    (failure,) = found.failures.frame.rows(named=True)
    assert failure["asked_id"] == "chr1:1000007:A>C"
    assert "INTERNAL: poison" in failure["error"]
    assert failure["attempts"] > 2
    assert found.predictions.frame.height == N - 1
    # When it has passed, the same command asks for it alone.
    healed = FaultyGate()
    assert run(replay, healed, asked, tmp_path).failures.frame.is_empty()
    assert sum(healed.asked.values()) == 1


def test_a_bad_variant__is_one_failure_at_once(replay: ReplayService, asked: Asked, tmp_path: Path) -> None:
    gate = FaultyGate(
        plan=where(refused("INVALID_ARGUMENT", "bad"), lambda request: request.variant.position == 1_000_007)
    )
    found = run(replay, gate, asked, tmp_path)
    assert found.failures.frame.get_column("attempts").to_list() == [1]
    assert found.failures.frame.get_column("error").to_list() == ["INVALID_ARGUMENT: bad"]


@pytest.mark.parametrize("fault", [refused("UNAUTHENTICATED"), refused("PERMISSION_DENIED")], ids=["who", "may not"])
def test_a_denied_key__stops_at_once_and_keeps_what_was_answered(
    replay: ReplayService, asked: Asked, tmp_path: Path, fault: Fault
) -> None:
    gate = FaultyGate(plan=where(fault, lambda request: request.variant.position >= 1_000_100))
    with pytest.raises(UserError, match="does not accept the API key"):
        run(replay, gate, asked, tmp_path)
    assert max(gate.asked.values()) == 1
    again = FaultyGate()
    run(replay, again, asked, tmp_path)
    assert sum(again.asked.values()) == N - len(gate.answered)


def test_a_server_that_goes_away__stops_the_run_with_a_sentence(
    replay: ReplayService, asked: Asked, tmp_path: Path
) -> None:
    gate = FaultyGate(plan=where(refused("UNAVAILABLE"), lambda request: request.variant.position >= 1_000_100))
    effort = Effort(workers=16, attempt_s=1.0, budget_s=0.3, patience=8)
    with pytest.raises(StoppedByLimitError, match="8 requests in a row had no answer.*run the same command again"):
        run(replay, gate, asked, tmp_path, effort)
    again = FaultyGate()
    assert run(replay, again, asked, tmp_path).failures.frame.is_empty()
    assert sum(again.asked.values()) == 100


def test_every_first_attempt_that_hangs__is_asked_again_after_its_deadline(
    replay: ReplayService, asked: Asked, tmp_path: Path
) -> None:
    few = Asked(asked.rows.head(10))
    found = run(replay, FaultyGate(plan=first_attempts(hanging())), few, tmp_path, Effort(attempt_s=0.3, budget_s=20))
    assert found.failures.frame.is_empty()


def test_an_unreachable_server__is_said_before_anything_is_asked(asked: Asked, tmp_path: Path) -> None:
    model = AlphaGenome(AlphaGenomeSection(address="127.0.0.1:9"))
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9 cannot be reached"):
        score_with(model, asked, SCORE, metering=Metering(store=tmp_path, effort=Effort(reach_s=0.3)))
