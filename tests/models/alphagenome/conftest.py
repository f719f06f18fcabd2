"""A small genome behind a loopback server, the official client to compare with, and rows to ask about."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc
import numpy as np
import polars as pl
import pytest

from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.alphagenome.address import parse_address
from refalt.models.alphagenome.hosted import Hosted
from refalt.models.alphagenome.requests import VariantRequest
from refalt.models.alphagenome.scorers import Scorer
from refalt.models.alphagenome.transport import Line
from refalt.models.base import Asked
from refalt.serve.server import RunningServer, serve
from refalt.serve.services.atlas_service import AtlasService
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World, simulated_world
from refalt.serve.simulation.local_models import local_model
from refalt.sources.fasta import Genome, genome_from_sequences

with warnings.catch_warnings():
    # The official client's own imports warn; what it does here must not.
    warnings.simplefilter("ignore")
    from alphagenome.models.v1 import dna_client

KEY = "a-key-for-tests-4711"
WINDOW = 16_384
DNASE = "CenterMask(DNASE, 501, DIFF_LOG2_SUM)"


@pytest.fixture(autouse=True, scope="session")
def api_key() -> Iterator[str]:
    """The key that this process has."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ALPHA_GENOME_API_KEY", KEY)
        yield KEY


@pytest.fixture(scope="session")
def genome() -> Genome:
    letters = "".join(np.random.default_rng(7).choice(list("ACGT"), 60_000))
    return genome_from_sequences({"chr1": letters}, "simulated")


@pytest.fixture(scope="session")
def world(genome: Genome) -> World:
    return simulated_world(genome, local_model("motif"))


@pytest.fixture(scope="session")
def server(world: World) -> Iterator[RunningServer]:
    with serve(DnaModelService(world), AtlasService(world), max_workers=8, api_key=KEY) as running:
        yield running


@pytest.fixture(scope="session")
def official(server: RunningServer) -> Iterator[dna_client.DnaClient]:
    """The official client, as it comes."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.address, options=options) as channel:
        yield dna_client.DnaClient(channel=channel, metadata=[("x-goog-api-key", KEY)])


@pytest.fixture
def line(server: RunningServer) -> Iterator[Line]:
    opened = Line(parse_address(server.address), key=KEY)
    yield opened
    opened.close()


@pytest.fixture
def hosted(line: Line) -> Hosted:
    return Hosted(line, organism="human", revision="ALL_FOLDS")


@pytest.fixture
def model(server: RunningServer) -> AlphaGenome:
    return AlphaGenome(AlphaGenomeSection(address=server.address))


@pytest.fixture(scope="session")
def request_at(genome: Genome) -> Callable[..., VariantRequest]:
    """The request for a substitution at a 1-based position of chr1."""

    def make(pos: int, *scorers: Scorer) -> VariantRequest:
        ref = str(genome.bases_at(["chr1"], [pos], 1)[0])
        start = pos - WINDOW // 2
        return VariantRequest("chr1", start, start + WINDOW, pos, ref, "G" if ref != "G" else "T", scorers)

    return make


@pytest.fixture(scope="session")
def snvs(genome: Genome) -> Callable[..., Asked]:
    """Substitutions at 1-based positions of chr1, with the genome to check them against unless told otherwise."""

    def make(positions: Sequence[int], *, with_genome: bool = True) -> Asked:
        refs = genome.bases_at(["chr1"] * len(positions), list(positions), 1).to_list()
        other = {"A": "G", "C": "T", "G": "A", "T": "C"}
        changes = [(pos, ref, other[ref]) for pos, ref in zip(positions, refs, strict=True)]
        return Asked(asked_rows(changes), genome if with_genome else None)

    return make


@pytest.fixture(scope="session")
def rows() -> Callable[..., pl.DataFrame]:
    """Rows as the plan makes them, for (pos, ref, alt) on one contig."""
    return asked_rows


def asked_rows(changes: Sequence[tuple[int | None, str | None, str | None]], chrom: str = "chr1") -> pl.DataFrame:
    """Rows as the plan makes them, for (pos, ref, alt) on one contig."""
    names = [f"{chrom}:{pos}:{ref}>{alt}" for pos, ref, alt in changes]
    schema: dict[str, Any] = {"pos": pl.Int64, "ref": pl.String, "alt": pl.String}
    columns = dict(zip(schema, zip(*changes, strict=True), strict=True)) if changes else {name: [] for name in schema}
    nothing = pl.lit(None, pl.String)
    return pl.DataFrame({**columns, "asked_id": names}, schema_overrides=schema).with_columns(
        chrom=pl.lit(chrom), made_for="asked_id", input_id="asked_id", target_id=nothing, context_id=nothing
    )
