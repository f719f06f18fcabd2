"""The official atlas client, unmodified, against the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
import pytest
from alphagenome.data import genome as official
from alphagenome.models.v1 import variant_scorers
from alphagenome.protos import atlas_service_pb2, atlas_service_pb2_grpc

VariantMaker = Callable[..., Any]


def test_query_variant__gives_what_the_model_service_gives_in_the_same_window(
    client: Any, atlas_client: Any, variant_at: VariantMaker
) -> None:
    variant = variant_at(33_490)
    names = ["DNASE", "RNA_SEQ", "SPLICE_SITE_USAGE", "SPLICE_JUNCTIONS", "POLYADENYLATION", "CONTACT_MAPS_"]
    found = atlas_client.query_variant(variant, requested_scorers=names)
    assert set(found) == set(names[:-1])
    interval = variant.reference_interval.resize(16_384)
    scorers = [variant_scorers.RECOMMENDED_VARIANT_SCORERS[name] for name in names[:-1]]
    for name, wanted in zip(names, client.score_variant(interval, variant, scorers), strict=False):
        np.testing.assert_array_equal(found[name].X, wanted.X)
        np.testing.assert_array_equal(found[name].layers["quantiles"], wanted.layers["quantiles"])
        assert found[name].var["name"].tolist() == wanted.var["name"].tolist()
        assert set(map(str, found[name].obs["variant"])) == {str(variant)}


def test_query_variant__filters_by_term_and_gene(atlas_client: Any, variant_at: VariantMaker) -> None:
    variant = variant_at(33_490)
    by_term = atlas_client.query_variant(
        variant, requested_scorers=["DNASE", "SPLICE_SITES"], ontology_terms=["EFO:0002067", "CL:0000236"]
    )
    assert by_term["DNASE"].var["ontology_curie"].tolist() == ["EFO:0002067", "CL:0000236"]
    # A scorer whose tracks have no terms passes every choice of terms.
    assert by_term["SPLICE_SITES"].n_vars == 2
    genes = atlas_client.query_variant(variant, requested_scorers=["DNASE", "RNA_SEQ"], gene_ids=["SIMG-chr1-000003"])
    assert set(genes) == {"RNA_SEQ"}
    assert genes["RNA_SEQ"].obs["gene_name"].tolist() == ["SIM3-chr1"]
    assert not atlas_client.query_variant(variant, requested_scorers=["RNA_SEQ"], gene_names=["APOL1"])


def test_query_variants__joins_tracks_from_the_metadata(atlas_client: Any, variant_at: VariantMaker) -> None:
    variants = [variant_at(pos) for pos in (33_490, 33_491, 33_492)]
    found = atlas_client.query_variants(
        variants, requested_scorers=["DNASE", "RNA_SEQ"], ontology_terms=["EFO:0002067"], progress_bar=False
    )
    assert sorted(map(str, found["DNASE"].obs["variant"])) == sorted(map(str, variants))
    assert found["DNASE"].shape == (3, 1)
    assert found["RNA_SEQ"].shape == (3, 2)
    assert found["RNA_SEQ"].layers["quantiles"].shape == (3, 2)


def test_query_interval__has_every_change_of_every_base(atlas_client: Any, variant_at: VariantMaker) -> None:
    interval = official.Interval("chr1", 33_490, 33_507)
    found = atlas_client.query_interval(
        interval, requested_scorers=["DNASE"], ontology_terms=["EFO:0002067"], progress_bar=False
    )["DNASE"]
    # 17 bases have 51 changes, more than a page of 48.
    assert found.shape == (51, 1)
    rows = {str(variant): row for variant, row in zip(found.obs["variant"], found.X, strict=True)}
    variant = variant_at(33_507)
    alone = atlas_client.query_variant(variant, requested_scorers=["DNASE"], ontology_terms=["EFO:0002067"])
    np.testing.assert_array_equal(rows[str(variant)], alone["DNASE"].X[0])


def test_scorer_metadata__is_the_recommended_set(atlas_client: Any) -> None:
    metadata = atlas_client.scorer_metadata()
    official_set = variant_scorers.RECOMMENDED_VARIANT_SCORERS
    assert set(metadata) == set(official_set)
    assert {name: one.is_signed for name, one in metadata.items()} == {
        name: scorer.is_signed for name, scorer in official_set.items()
    }
    assert set(metadata["RNA_SEQ"].track_metadata["strand"]) == {"."}


def test_query_variant__what_the_atlas_does_not_hold_is_not_found(
    channel: Any, variant_at: VariantMaker, atlas_client: Any
) -> None:
    known = variant_at(33_490)
    mistaken = official.Variant("chr1", 33_490, known.alternate_bases, known.reference_bases)
    for variant in (
        mistaken,
        variant_at(33_490, "A", bases=2),
        official.Variant("chr9", 5, "A", "C"),
        official.Variant("chr1", 10**9, "A", "C"),
        official.Variant("chr2", 5, "N", "C"),
    ):
        request = atlas_service_pb2.GetDenseVariantScoresRequest(variant=variant.to_proto(), organism=9606)
        with pytest.raises(grpc.RpcError) as caught:
            atlas_service_pb2_grpc.AtlasServiceStub(channel).GetDenseVariantScores(request)
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    with pytest.raises(ValueError, match=f"no scores of {mistaken}"):
        atlas_client.query_variant(mistaken, requested_scorers=["DNASE"])


def test_list__goes_by_pages_clips_to_the_contig_and_refuses_what_lies_outside(channel: Any, genome: Any) -> None:
    stub = atlas_service_pb2_grpc.AtlasServiceStub(channel)
    size = genome.lengths["chr1"]

    def ask(**keywords: Any) -> Any:
        return stub.ListDenseVariantScores(
            atlas_service_pb2.ListDenseVariantScoresRequest(
                organism=9606, filter='scores.variant_scorer.name = "DNASE"', **keywords
            )
        )

    end = ask(interval={"chromosome": "chr1", "start": size - 1, "end": size + 30})
    assert (end.interval.start, end.interval.end, len(end.variant_scores)) == (size - 1, size, 3)
    two_bases = {"interval": {"chromosome": "chr1", "start": 0, "end": 2}, "page_size": 3}
    first = ask(**two_bases)
    last = ask(**two_bases, page_token=first.next_page_token)
    changes = [str(one.variant.position) for page in (first, last) for one in page.variant_scores]
    assert ("".join(changes), last.next_page_token) == ("111222", "")
    outside = {"chromosome": "chr1", "start": size, "end": size + 30}
    for keywords, code in (
        ({"interval": outside}, "OUT_OF_RANGE"),
        ({"interval": {"chromosome": "chr9", "start": 0, "end": 5}}, "INVALID_ARGUMENT"),
        ({"interval": {"chromosome": "chr1", "start": 0, "end": 5}, "page_token": "99"}, "INVALID_ARGUMENT"),
        ({"interval": {"chromosome": "chr1", "start": 0, "end": 5}, "page_token": "x"}, "INVALID_ARGUMENT"),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            ask(**keywords)
        assert caught.value.code().name == code


def test_atlas__is_of_human_variants(channel: Any) -> None:
    stub = atlas_service_pb2_grpc.AtlasServiceStub(channel)
    with pytest.raises(grpc.RpcError, match="human"):
        stub.ListVariantScoresMetadata(atlas_service_pb2.ListVariantScoresMetadataRequest(organism=10090))
