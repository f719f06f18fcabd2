"""AlphaGenome's adapter beside the official client, on a server that replays recorded answers in its own process.

Run: python benchmarks/alphagenome.py [decode] [share] [memory]   (all three when none is named)

decode: answers decoded and put in order on one core, from messages in memory. Reference: the official client's
    decoding and `tidy_scores`, as its users call them.
share: answers per second as a share of the ideal, places of the server / its latency. refalt commits every answer to
    its store and checks it; the official client keeps answers in memory.
memory: largest size of the process while up to 100,000 variants are scored by DNASE (305 tracks, raw and quantile, of
    which the table that comes out holds 490 MB), at a server without latency.
Ratios and shares are medians of repeats that take turns.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

# The folder of this script comes first on the path, where its name would hide the official client's package.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]
# ruff: noqa: E402

import polars as pl

from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.alphagenome.answers import pack
from refalt.models.alphagenome.decoding import decode_scores
from refalt.models.alphagenome.described import Descriptions, unread_answer
from refalt.models.alphagenome.hosted import scorer_message
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS, Scorer
from refalt.models.base import Asked
from refalt.scoring.metered import Metering
from refalt.scoring.run import score_with
from refalt.serve.replay import record, start_replay
from refalt.studies.study import ScoreSection

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import grpc
    from alphagenome.data import genome
    from alphagenome.models.v1 import dna_client, variant_scorers
    from alphagenome.protos.v1 import dna_model_service_pb2

WINDOW, REPEATS = 2**20, 5
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
SETS = {
    "DNASE": ("DNASE",),
    "CHIP_HISTONE": ("CHIP_HISTONE",),
    "ATAC + DNASE + CHIP_HISTONE": ("ATAC", "DNASE", "CHIP_HISTONE"),
    "all 19": tuple(RECOMMENDED_SCORERS),
}


def chosen(names: Sequence[str]) -> tuple[Scorer, ...]:
    return tuple(RECOMMENDED_SCORERS[name] for name in names)


def seconds_of(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


def cpu_of_process() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def decode() -> None:
    """Answers per second on one core."""
    print("decode and order, one core")
    for name in ("DNASE", "CHIP_HISTONE", "all 19"):
        scorers = chosen(SETS[name])
        service = record([scorer_message(scorer) for scorer in scorers], latency=0.0)
        request = VariantRequest("chr1", 0, WINDOW, 500_000, "A", "C", scorers)
        messages = _as_sent(service, request)
        descriptions = Descriptions()
        times = max(1, int(2000 / len(messages[0])) // len(scorers)) if len(scorers) > 1 else 20

        def ours(messages: Any = messages, request: Any = request, kept: Any = descriptions) -> None:
            pack(decode_scores(map(unread_answer().FromString, messages), request, kept, offered={}))

        def theirs(messages: Any = messages, scorers: Any = scorers) -> None:
            interval = genome.Interval("chr1", 0, WINDOW)
            scores = dna_client._make_score_variant_output(map(_parsed, messages), interval)
            for score, scorer in zip(scores, official(scorers), strict=True):
                score.uns["variant_scorer"] = scorer
            variant_scorers.tidy_scores([scores])

        ours()
        theirs()
        pairs = [(_mean_of(ours, 10 * times), _mean_of(theirs, times)) for _ in range(REPEATS)]
        mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"  {name:<28} refalt {1 / mine:8.0f}/s   official {1 / other:7.1f}/s   ratio {ratio:6.1f}")


def _mean_of(task: Callable[[], object], times: int) -> float:
    return seconds_of(lambda: [task() for _ in range(times)]) / times


def _parsed(content: bytes) -> Any:
    return dna_model_service_pb2.ScoreVariantResponse.FromString(content)


def _as_sent(service: Any, request: VariantRequest) -> list[bytes]:
    """The bytes of one whole answer."""
    from refalt.serve.methods import Call

    asked = dna_model_service_pb2.ScoreVariantRequest(
        variant=genome.Variant(request.chrom, request.pos, request.ref, request.alt).to_proto(),
        variant_scorers=[scorer_message(scorer) for scorer in request.scorers],
    )
    methods = {method.name: method for method in service.methods()}
    return list(methods["ScoreVariant"].answer(Call("ScoreVariant", asked, {}, lambda _: False)))


def official(scorers: Sequence[Scorer]) -> list[Any]:
    names = {scorer: name for name, scorer in RECOMMENDED_SCORERS.items()}
    return [variant_scorers.RECOMMENDED_VARIANT_SCORERS[names[scorer]] for scorer in scorers]


def share() -> None:
    """Throughput as a share of the ideal."""
    print("share of the ideal, 100 ms x 32")
    for name, n in (("DNASE", 1500), ("ATAC + DNASE + CHIP_HISTONE", 1000)):
        scorers = chosen(SETS[name])
        messages = [scorer_message(scorer) for scorer in scorers]
        with start_replay(messages, latency=0.1, places=32) as server:
            rounds = {
                "refalt": lambda n=n, server=server, name=name: _refalt(server.address, SETS[name], n),
                "official, batch of 32": lambda n=n, server=server, s=scorers: _official(server.address, s, n // 2, 32),
                "official, batch of 5": lambda server=server, s=scorers: _official(server.address, s, 100, 5),
                "official, one by one": lambda server=server, s=scorers: _official(server.address, s, 20, 1),
            }
            found: dict[str, list[tuple[float, float]]] = {way: [] for way in rounds}
            for _ in range(REPEATS):
                for way, task in rounds.items():
                    found[way].append(task())
        print(f"  {name}")
        for way, measured in found.items():
            rate, cpu = (statistics.median(side) for side in zip(*measured, strict=True))
            print(f"    {way:<24} {rate:6.1f}/s   share {rate / 320:.3f}   client CPU {1e3 * cpu:6.2f} ms an answer")


def rows(n: int) -> pl.DataFrame:
    """n variants that nobody has measured, for a server that looks at none of them."""
    pos = pl.int_range(1_000_000, 1_000_000 + n, eager=True).cast(pl.Int64)
    names = pl.select(pl.format("chr1:{}:A>C", pos)).to_series()
    nothing = pl.lit(None, pl.String)
    return pl.DataFrame({"asked_id": names, "made_for": names, "input_id": names, "pos": pos}).with_columns(
        chrom=pl.lit("chr1"), ref=pl.lit("A"), alt=pl.lit("C"), target_id=nothing, context_id=nothing
    )


def _refalt(address: str, names: Sequence[str], n: int) -> tuple[float, float]:
    model = AlphaGenome(AlphaGenomeSection(address=address))
    score = ScoreSection(name="s", model="alphagenome", scorer=" + ".join(names), window=WINDOW)
    with tempfile.TemporaryDirectory() as folder:
        began, cpu = time.perf_counter(), cpu_of_process()
        scored = score_with(model, Asked(rows(n)), score, metering=Metering(store=Path(folder)))
        assert scored.predictions.frame.height == n
        return n / (time.perf_counter() - began), (cpu_of_process() - cpu) / n


def _official(address: str, scorers: Sequence[Scorer], n: int, workers: int) -> tuple[float, float]:
    with grpc.insecure_channel(address, options=UNLIMITED) as channel:
        client = dna_client.DnaClient(channel=channel)
        variants = list(_variants(n))
        began, cpu = time.perf_counter(), cpu_of_process()
        client.score_variants(
            [variant.reference_interval.resize(WINDOW) for variant in variants],
            variants,
            official(scorers),
            max_workers=workers,
            progress_bar=False,
        )
        return n / (time.perf_counter() - began), (cpu_of_process() - cpu) / n


def _variants(n: int) -> Iterator[Any]:
    for pos in range(1_000_000, 1_000_000 + n):
        yield genome.Variant("chr1", pos, "A", "C")


def memory() -> None:
    """Largest resident size; run alone, because the largest of a process never goes down."""
    print("memory, DNASE")
    with start_replay([scorer_message(RECOMMENDED_SCORERS["DNASE"])], latency=0.0, places=32) as server:
        for n in (1_000, 10_000, 100_000):
            rate, _ = _refalt(server.address, SETS["DNASE"], n)
            largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"  {n:>7} variants   {rate:6.0f}/s   largest size so far {largest:6.0f} MB")


if __name__ == "__main__":
    os.environ.setdefault("ALPHA_GENOME_API_KEY", "not-a-key-the-server-here-asks-for-none")
    warnings.simplefilter("ignore")
    parts = {"decode": decode, "share": share, "memory": memory}
    for part in sys.argv[1:] or parts:
        parts[part]()
