"""What the services answer from: a genome, a local model, genes and track tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from refalt.sequences import Codes
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.simulation.genes import Annotation, SimulatedGenes
from refalt.serve.simulation.local_models import LocalModel
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.scene import Scene, Variant, Window, allele_codes
from refalt.serve.simulation.tracks import TrackTable, synthetic_tracks
from refalt.sources.fasta import Genome


@dataclass(frozen=True, eq=False)
class World:
    """What the services answer from.

    Attributes:
        genome: Sequence of the intervals that are asked for, whatever the organism said.
        model: What reads sequences.
        annotation: Where genes lie.
        tables: Organism -> its track table.
        tensors: How arrays travel.
    """

    genome: Genome
    model: LocalModel
    annotation: Annotation
    tables: Mapping[str, TrackTable]
    tensors: TensorFormat = field(default_factory=TensorFormat)
    _predictors: dict[tuple[str, str], Predictor] = field(default_factory=dict, repr=False)

    def predictor(self, organism: str, version: str) -> Predictor:
        """What predicts the tracks of an organism under a model version."""
        key = (organism, version)
        if key not in self._predictors:
            self._predictors[key] = Predictor(self.model, self.tables[organism], version)
        return self._predictors[key]

    def alleles(self, window: Window, variant: Variant) -> tuple[Codes, Codes]:
        """REF and ALT sequences of a variant; see `scene.allele_codes`."""
        return allele_codes(self.genome, window, variant)

    def scene(self, predictor: Predictor, window: Window, variant: Variant) -> Scene:
        """A variant in a window, as the model sees it."""
        ref, alt = self.alleles(window, variant)
        return Scene(window, variant, predictor.profile(ref), predictor.profile(alt))


def simulated_world(
    genome: Genome,
    model: LocalModel,
    *,
    annotation: Annotation | None = None,
    sizes: Mapping[str, int] | None = None,
    tensors: TensorFormat | None = None,
) -> World:
    """A world with the synthetic track tables, and with simulated genes where none are given.

    Args:
        genome: Where intervals come from.
        model: What reads sequences.
        annotation: Where genes lie.
        sizes: As for `synthetic_tracks`.
        tensors: How arrays travel; compressed float32 where not given.
    """
    tables = {name: synthetic_tracks(name, sizes=sizes) for name in ("human", "mouse")}
    genes = annotation or SimulatedGenes(lambda contig: genome.codes(contig).size if genome.has(contig) else 0)
    return World(genome, model, genes, tables, tensors or TensorFormat())
