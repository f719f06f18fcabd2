from __future__ import annotations

from typing import Any

import numpy as np

from refalt.serve.services.world import simulated_world
from refalt.serve.simulation.scene import Variant, Window


def test_simulated_world__has_genes_on_contigs_of_the_genome_only(genome: Any, model: Any) -> None:
    world = simulated_world(genome, model)
    assert world.annotation.overlapping("chr1", 0, 10_000)
    assert not world.annotation.overlapping("chr9", 0, 10_000)
    # chr2 has 5,000 bases, too few for a gene.
    assert not world.annotation.overlapping("chr2", 0, 10_000)


def test_predictor__is_one_for_each_organism_and_version(genome: Any, model: Any) -> None:
    world = simulated_world(genome, model, sizes={"DNASE": 12})
    human = world.predictor("human", "ALL_FOLDS")
    assert human is world.predictor("human", "ALL_FOLDS")
    assert human is not world.predictor("human", "FOLD_0")
    assert len(human.tracks.by_output["DNASE"]) == 12


def test_scene__shows_the_model_both_alleles(genome: Any, model: Any) -> None:
    world = simulated_world(genome, model)
    window, variant = Window("chr1", 0, 16_384), Variant("chr1", 8_000, "A", "CCC")
    scene = world.scene(world.predictor("human", "ALL_FOLDS"), window, variant)
    ref, alt = world.alleles(window, variant)
    np.testing.assert_array_equal(np.diff(scene.ref.forward, axis=0) > 0, model.activity(ref) > 2**-25)
    np.testing.assert_array_equal(np.diff(scene.alt.forward, axis=0) > 0, model.activity(alt) > 2**-25)
    assert scene.offset == 7_999
