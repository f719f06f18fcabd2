"""Precomputed scores, against the official client of Atlas; what is not there is one failure."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.errors import UserError
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.base import Asked
from refalt.scoring.metered import Metering
from refalt.scoring.run import score_with
from refalt.serve.server import RunningServer
from refalt.studies.study import ScoreSection, TrackChoice

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import grpc
    from alphagenome.atlas import atlas
    from alphagenome.data import genome as official_genome
    from alphagenome.protos import atlas_service_pb2_grpc

KEY = "a-key-for-tests-4711"
Snvs = Callable[..., Asked]


@pytest.fixture
def atlas_model(server: RunningServer) -> AlphaGenome:
    return AlphaGenome(AlphaGenomeSection(address=server.address, backend="atlas"))


def score_of(scorer: str, **given: Any) -> ScoreSection:
    return ScoreSection(**({"name": "s", "model": "alphagenome", "scorer": scorer} | given))


@pytest.mark.parametrize("name", ["DNASE", "CHIP_HISTONE"])
def test_atlas__gives_what_its_official_client_gives(
    atlas_model: AlphaGenome, server: RunningServer, snvs: Snvs, tmp_path: Path, name: str
) -> None:
    asked = snvs([20_000, 20_010])
    found = score_with(atlas_model, asked, score_of(name), metering=Metering(store=tmp_path))
    with grpc.insecure_channel(server.address) as channel:
        client = atlas.AtlasClient(atlas_service_pb2_grpc.AtlasServiceStub(channel), [("x-goog-api-key", KEY)])
        for (pos, ref, alt), raw, quantile in zip(
            asked.rows.select("pos", "ref", "alt").iter_rows(),
            found.predictions.frame.get_column("raw"),
            found.predictions.frame.get_column("quantile"),
            strict=True,
        ):
            official = client.query_variant(official_genome.Variant("chr1", pos, ref, alt), requested_scorers=[name])
            np.testing.assert_array_equal(raw.to_list(), official[name].X[0].astype(float))
            np.testing.assert_array_equal(quantile.to_list(), official[name].layers["quantiles"][0].astype(float))
    assert found.tracks.frame.height == official[name].shape[1]


def test_atlas__has_lines_by_gene_and_choices_of_tracks(atlas_model: AlphaGenome, snvs: Snvs, tmp_path: Path) -> None:
    score = score_of("RNA_SEQ", tracks=TrackChoice(ontology_curie="EFO:0002067"))
    found = score_with(atlas_model, snvs([20_000]), score, metering=Metering(store=tmp_path))
    assert found.predictions.frame.get_column("target_id").null_count() == 0
    assert found.predictions.frame.height >= 1
    assert set(found.tracks.frame.get_column("ontology_curie")) == {"EFO:0002067"}


def test_atlas__makes_one_failure_of_a_variant_it_lacks(
    atlas_model: AlphaGenome, snvs: Snvs, tmp_path: Path, rows: Callable[..., pl.DataFrame]
) -> None:
    there = snvs([20_000]).rows
    elsewhere = rows([(59_999_999, "A", "C"), (20_000, "AC", "A")])
    asked = Asked(pl.concat([elsewhere, there.select(elsewhere.columns)]))
    found = score_with(atlas_model, asked, score_of("DNASE"), metering=Metering(store=tmp_path))
    assert found.predictions.frame.height == 1
    errors = dict(found.failures.frame.select("asked_id", "error").iter_rows())
    assert "NOT_FOUND" in errors["chr1:59999999:A>C"] or "INVALID_ARGUMENT" in errors["chr1:59999999:A>C"]
    assert errors["chr1:20000:AC>A"] == "Atlas holds single-base changes only; got AC>A"


def test_atlas__says_which_scorers_it_holds(atlas_model: AlphaGenome) -> None:
    with pytest.raises(UserError, match=r"Atlas does not hold CenterMask\(DNASE, 2001, DIFF_MEAN\).*hosted"):
        atlas_model.check(score_of("CenterMask(DNASE, 2001, DIFF_MEAN)"))
    with pytest.raises(UserError, match="variant scores only"):
        atlas_model.check(score_of("Element(DNASE, MEAN)", method="element"))


def test_atlas__keeps_its_answers_apart_from_the_models(atlas_model: AlphaGenome, snvs: Snvs, tmp_path: Path) -> None:
    score_with(atlas_model, snvs([20_000]), score_of("DNASE"), metering=Metering(store=tmp_path))
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["alphagenome-atlas-ALL_FOLDS@loopback.sqlite"]
