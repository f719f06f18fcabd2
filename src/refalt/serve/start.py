"""Serving a local model by name: what `refalt serve` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from refalt.serve.methods import Service
from refalt.serve.server import LOOPBACK, serve
from refalt.serve.services.atlas_service import AtlasService
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.services.world import simulated_world
from refalt.serve.simulation.local_models import local_model
from refalt.sources.fasta import Genome, open_genome


def local_services(genome: Genome, model_name: str = "motif", *, tensors: TensorFormat | None = None) -> list[Service]:
    """The services of a local model.

    Args:
        genome: Where intervals come from.
        model_name: A name in `local_models.LOCAL_MODELS`.
        tensors: How arrays travel; compressed float32 where not given.

    Raises:
        UserError: there is no such model.
    """
    world = simulated_world(genome, local_model(model_name), tensors=tensors)
    return [DnaModelService(world), AtlasService(world)]


def serve_forever(
    model_name: str,
    genome_path: Path,
    *,
    port: int = 0,
    host: str = LOOPBACK,
    max_workers: int = 4,
    api_key: str | None = None,
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve a local model until the process is interrupted.

    Args:
        model_name: A name in `local_models.LOCAL_MODELS`.
        genome_path: FASTA file, plain or compressed, that intervals come from.
        port: Port to listen on; 0 lets the system choose.
        host: Address to listen on; traffic is not encrypted, so think before it is another than the loopback one.
        max_workers: Requests answered at the same time; one of a 1,048,576-base window takes half a gigabyte.
        api_key: What clients must send as their key; None asks for none.
        announce: Called once with host:port when the server is listening.

    Raises:
        UserError: no such model or file, or the address cannot be listened on.
    """
    services = local_services(open_genome(genome_path, "as given"), model_name)
    with serve(*services, host=host, port=port, max_workers=max_workers, api_key=api_key) as server:
        announce(server.address)
        server.wait()
