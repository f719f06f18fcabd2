"""A small genome behind a loopback server, and AlphaGenome's own clients to ask it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest

from refalt.serve.server import RunningServer, serve
from refalt.serve.services.atlas_service import AtlasService
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World, simulated_world
from refalt.serve.simulation.local_models import MotifModel, local_model
from refalt.sources.fasta import Genome, genome_from_sequences

with warnings.catch_warnings():
    # The official client's own imports warn; what it does here must not.
    warnings.simplefilter("ignore")
    from alphagenome.atlas import atlas
    from alphagenome.data import genome as official
    from alphagenome.models.v1 import dna_client
    from alphagenome.protos import atlas_service_pb2_grpc

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
LENGTH = 16_384


def random_genome(size: int = 60_000) -> Genome:
    """chr1 of random bases, chr2 of N and then bases."""
    letters = "".join(np.random.default_rng(7).choice(list("ACGT"), size))
    return genome_from_sequences({"chr1": letters, "chr2": "N" * 500 + letters[:4_500]}, "simulated")


@pytest.fixture(scope="session")
def genome() -> Genome:
    return random_genome()


@pytest.fixture(scope="session")
def model() -> MotifModel:
    made = local_model("motif")
    assert isinstance(made, MotifModel)
    return made


@pytest.fixture(scope="session")
def world(genome: Genome, model: MotifModel) -> World:
    return simulated_world(genome, model)


@pytest.fixture(scope="session")
def server(world: World) -> Iterator[RunningServer]:
    with serve(DnaModelService(world), AtlasService(world), max_workers=4) as running:
        yield running


@pytest.fixture(scope="session")
def channel(server: RunningServer) -> Iterator[Any]:
    with grpc.insecure_channel(server.address, options=UNLIMITED) as opened:
        yield opened


@pytest.fixture(scope="session")
def client(channel: Any) -> dna_client.DnaClient:
    """The official client, as it comes."""
    return dna_client.DnaClient(channel=channel)


@pytest.fixture(scope="session")
def atlas_client(channel: Any) -> atlas.AtlasClient:
    """The official client of the atlas, as it comes."""
    return atlas.AtlasClient(atlas_service_pb2_grpc.AtlasServiceStub(channel))


@pytest.fixture(scope="session")
def variant_at(genome: Genome) -> Callable[..., Any]:
    """An official Variant at a 1-based position of chr1: its REF has `bases` bases; a substitution where no ALT is."""

    def make(pos: int, alt: str | None = None, *, bases: int = 1) -> Any:
        ref = str(genome.bases_at(["chr1"], [pos], bases)[0])
        return official.Variant("chr1", pos, ref, alt or {"A": "G", "C": "T", "G": "A", "T": "C"}[ref])

    return make
