"""Serving a local model by name: what `refalt serve` does."""

from __future__ import annotations

from refalt.serve.atlas_service import AtlasService
from refalt.serve.dna_service import DnaModelService
from refalt.serve.encoding import TensorFormat
from refalt.serve.local_models import local_model
from refalt.serve.methods import Service
from refalt.serve.world import simulated_world
from refalt.sources.fasta import Genome


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
