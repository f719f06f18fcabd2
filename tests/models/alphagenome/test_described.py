"""Descriptions left unread: whatever way they are written, they say what the service's own message says."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refalt.models.alphagenome.described import Descriptions, unread_answer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2

NAMES = st.lists(st.text(max_size=200), max_size=4)
ALLELES = st.text("ACGT", min_size=1, max_size=400)


def metadata(names: list[str], genes: list[str], ref: str = "A", alt: str = "C") -> Any:
    return dna_model_pb2.VariantMetadata(
        variant=dna_model_pb2.Variant(chromosome="chr1", position=7, reference_bases=ref, alternate_bases=alt),
        track_metadata=[dna_model_pb2.TrackMetadata(name=name) for name in names],
        gene_metadata=[dna_model_pb2.GeneScorerMetadata(gene_id=gene) for gene in genes],
    )


def found(descriptions: Descriptions, content: bytes) -> tuple[Any, list[str], list[str]]:
    variant, table, genes = descriptions.read([content])
    return variant, table.frame.get_column("name").to_list(), [gene.gene_id for gene in genes]


@given(tables=st.lists(NAMES, min_size=1, max_size=5), genes=NAMES, ref=ALLELES, alt=ALLELES)
def test_read__says_what_the_message_says_also_when_tables_come_again(
    tables: list[list[str]], genes: list[str], ref: str, alt: str
) -> None:
    descriptions = Descriptions()
    for names in (*tables, *tables):
        message = metadata(names, genes, ref, alt)
        variant, read_names, read_genes = found(descriptions, message.SerializeToString())
        assert (variant, read_names, read_genes) == (message.variant, names, genes)


@pytest.mark.parametrize("order", [("a", "a b"), ("a b", "a")])
def test_read__tells_a_table_from_one_that_begins_like_it(order: tuple[str, str]) -> None:
    descriptions = Descriptions()
    for names in (*order, *order):
        assert found(descriptions, metadata(names.split(), []).SerializeToString())[1] == names.split()


def test_read__takes_the_variant_after_the_tracks_and_in_a_piece_of_its_own() -> None:
    whole = metadata(["a", "b"], ["g"])
    tracks = dna_model_pb2.VariantMetadata(track_metadata=whole.track_metadata).SerializeToString()
    rest = dna_model_pb2.VariantMetadata(variant=whole.variant, gene_metadata=whole.gene_metadata).SerializeToString()
    descriptions = Descriptions()
    for pieces in ([tracks, rest], [rest, tracks], [tracks + rest], [whole.SerializeToString()]) * 2:
        variant, table, genes = descriptions.read(pieces)
        assert (variant, len(table), [gene.gene_id for gene in genes]) == (whole.variant, 2, ["g"])


def test_unread_answer__has_the_fields_of_the_services_own_answer() -> None:
    message = dna_model_service_pb2.ScoreVariantResponse()
    message.output.variant_data.values.shape[:] = [2, 1, 3]
    message.output.variant_data.metadata.CopyFrom(metadata(["a"], []))
    read = unread_answer().FromString(message.SerializeToString())
    assert read.WhichOneof("payload") == "output"
    assert list(read.output.variant_data.values.shape) == [2, 1, 3]
    assert list(read.output.variant_data.metadata) == [metadata(["a"], []).SerializeToString()]
    chunk = dna_model_service_pb2.ScoreVariantResponse(tensor_chunk={"data": b"xyz", "compression_type": 1})
    read = unread_answer().FromString(chunk.SerializeToString())
    assert (read.WhichOneof("payload"), read.tensor_chunk.data, read.tensor_chunk.compression_type) == (
        "tensor_chunk",
        b"xyz",
        1,
    )
