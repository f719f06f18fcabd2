"""How a metered model is asked, by the command line: where answers are kept, how many at once, what is said of it."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from refalt.pipeline.rsids import LookUp
    from refalt.scoring.metered import Cost, Metering
    from refalt.scoring.tally import Tally

StoreFolder = Annotated[
    Path | None, typer.Option("--store", help="Where a metered model's answers are kept.", metavar="DIR")
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Most requests to a metered model at once.")]
Rescore = Annotated[bool, typer.Option("--rescore", help="Ask a metered model again; old answers are kept.")]
#: Between two lines about how far the asking has come.
SECONDS_BETWEEN_LINES = 2.0


def metering_of(store: Path | None, workers: int | None, *, rescore: bool = False) -> Metering:
    """What a metered model is asked with; progress goes to standard error."""
    import dataclasses

    from refalt.models.metered import Effort
    from refalt.scoring.metered import Metering

    effort = Effort() if workers is None else dataclasses.replace(Effort(), workers=workers)
    return Metering(store=store, effort=effort, progress=Lines(), rescore=rescore)


class Lines:
    """Says how far the asking has come, at most every other second, and how it ended."""

    def __init__(self) -> None:
        """Begin in silence: what is answered from the store needs no line."""
        self._last = time.monotonic()

    def __call__(self, tally: Tally, /) -> None:
        """Take the latest tally."""
        done = tally.answered + tally.failed == tally.to_ask
        if not done and time.monotonic() - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = time.monotonic()
        typer.echo(f"    {tally_line(tally)}", err=True)


def tally_line(tally: Tally) -> str:
    """How far the asking has come, in one line."""
    rate = "" if math.isnan(tally.rate) else f", {tally.rate:.1f}/s, {tally.left_s:.0f} s left"
    return (
        f"{tally.answered:,} of {tally.to_ask:,} answered, {tally.failed:,} failed, "
        f"{tally.from_store:,} from the store, {tally.in_flight:,} in flight, {tally.retries:,} retries{rate}"
    )


def cost_line(score_name: str, cost: Cost) -> str:
    """What a score would ask and cost, in one line."""
    disk = "unknown" if math.isnan(cost.disk) else f"{cost.disk / 1e6:,.1f} MB"
    expected = "unknown" if math.isnan(cost.expected_s) else f"{cost.expected_s:,.0f} s"
    return (
        f"{score_name}: {cost.requests:,} requests, {cost.in_store:,} of them in the store, {cost.to_ask:,} to ask; "
        f"{cost.bases:,} bases, disk {disk}, time {expected}; {cost.unaskable:,} rows cannot be asked"
    )


def look_up_line(name: str, look_up: LookUp) -> str:
    """What would be asked of a service of rsIDs, in one line."""
    known = look_up.n_rsids - look_up.to_ask
    after = "; what scores cost is known after that" if look_up.to_ask else ""
    return f"{name}: {look_up.to_ask:,} to look up at {look_up.host} with --download, {known:,} are known{after}"
