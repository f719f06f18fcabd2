"""Messages read back by the official client's own code."""

from __future__ import annotations

import numpy as np
import pytest
from alphagenome import tensor_utils
from alphagenome.data import genome as official
from alphagenome.data import ontology
from alphagenome.models.v1 import junction_data_utils, track_data_utils
from alphagenome.protos.v1 import dna_model_pb2

from refalt.errors import UserError
from refalt.serve.services import encoding
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.simulation.gene_scores import GeneRow
from refalt.serve.simulation.genes import SimulatedGenes
from refalt.serve.simulation.scene import Variant, Window
from refalt.serve.simulation.tracks import SIMULATED, Track, synthetic_tracks

TABLE = synthetic_tracks("human")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("compression", ["none", "zstd"])
@pytest.mark.parametrize("chunk_bytes", [0, 1, 7, 64, 1 << 20])
def test_encode__is_unpacked_by_the_official_code(dtype: str, compression: str, chunk_bytes: int) -> None:
    array = np.random.default_rng(3).normal(size=(5, 3, 4)).astype(np.float32)
    tensor, chunks = TensorFormat(dtype, compression, chunk_bytes).encode(array)
    read = tensor_utils.upcast_floating(tensor_utils.unpack_proto(tensor, chunks))
    assert read.dtype == np.float32
    rounding = {"float32": 0.0, "float16": 2**-10, "bfloat16": 2**-7}[dtype]
    np.testing.assert_allclose(read, array, rtol=rounding, atol=rounding)
    wanted = {0: 0, 1: 60, 7: 60 if dtype == "float32" else 20, 1 << 20: 1}
    if chunk_bytes in wanted:
        assert len(chunks) == wanted[chunk_bytes]


@pytest.mark.parametrize("shape", [(0, 4), (2, 0, 4)])
@pytest.mark.parametrize("chunk_bytes", [0, 64])
def test_encode__an_empty_array_keeps_its_shape(shape: tuple[int, ...], chunk_bytes: int) -> None:
    tensor, chunks = TensorFormat(chunk_bytes=chunk_bytes).encode(np.zeros(shape, dtype=np.float32))
    assert tensor_utils.unpack_proto(tensor, chunks).shape == shape
    assert len(chunks) == (1 if chunk_bytes else 0)


def test_encode__equals_the_official_packing() -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 12)
    tensor, chunks = TensorFormat("float32", "none", 40).encode(array.T)
    official_tensor, official_chunks = tensor_utils.pack_tensor(array.T, bytes_per_chunk=40)
    assert (tensor, chunks) == (official_tensor, list(official_chunks))


def test_tensor_format__refuses_what_it_does_not_know() -> None:
    with pytest.raises(UserError, match="float16"):
        TensorFormat("float61")
    with pytest.raises(UserError, match="zstd"):
        TensorFormat(compression="zst")


@pytest.mark.parametrize("output", sorted(set(TABLE.by_output) - {"SPLICE_JUNCTIONS"}))
def test_track_message__says_what_the_track_says(output: str) -> None:
    tracks = TABLE.by_output[output]
    messages = dna_model_pb2.TracksMetadata(metadata=map(encoding.track_message, tracks))
    frame = track_data_utils.metadata_from_proto(messages)
    assert frame["name"].tolist() == [track.name for track in tracks]
    assert frame["strand"].tolist() == [track.strand for track in tracks]
    assert set(frame["data_source"]) == {SIMULATED}
    for column, said in (
        ("Assay title", [track.assay for track in tracks]),
        ("histone_mark", [track.mark for track in tracks]),
        ("transcription_factor", [track.factor for track in tracks]),
        ("ontology_curie", [track.biosample.curie if track.biosample else "" for track in tracks]),
        ("biosample_name", [track.biosample.name if track.biosample else "" for track in tracks]),
        ("biosample_type", [track.biosample.kind if track.biosample else "" for track in tracks]),
    ):
        assert frame[column].tolist() == said if any(said) else column not in frame
    # What the official code makes of its own frame is the same message again.
    assert track_data_utils.metadata_to_proto(frame) == messages


def test_track_message__a_track_that_is_not_gtexs_has_an_empty_tissue() -> None:
    by_name = {track.name: encoding.track_message(track) for track in TABLE.by_output["RNA_SEQ"]}
    total, gtex = by_name["UBERON:0002048 total RNA-seq"], by_name["UBERON:0002048 gtex Lung polyA plus RNA-seq"]
    assert total.HasField("gtex_tissue")
    assert (total.gtex_tissue, gtex.gtex_tissue) == ("", "Lung")


def test_junction_message__says_what_the_track_says() -> None:
    tracks = TABLE.by_output["SPLICE_JUNCTIONS"]
    messages = dna_model_pb2.JunctionsMetadata(metadata=map(encoding.junction_message, tracks))
    frame = junction_data_utils.metadata_from_proto(messages)
    assert frame["name"].tolist() == [track.name for track in tracks]
    assert frame["ontology_curie"].tolist() == [track.biosample.curie for track in tracks if track.biosample]


def test_track_message__leaves_out_what_is_not_there() -> None:
    message = encoding.track_message(Track("SPLICE_SITES", "donor", "+"))
    for name in ("ontology_term", "biosample", "assay", "gtex_tissue", "histone_mark_code"):
        assert not message.HasField(name)


def test_gene_message__names_gene_strand_and_junction() -> None:
    gene, other = SimulatedGenes(lambda _: 30_000).overlapping("chr1", 0, 20_000)
    message = encoding.gene_message(GeneRow(gene, (2_400, 3_500)))
    assert (message.gene_id, message.name, message.type) == (gene.gene_id, gene.name, "protein_coding")
    assert (message.junction_start, message.junction_end) == (2_400, 3_500)
    assert message.strand == dna_model_pb2.STRAND_POSITIVE
    whole = encoding.gene_message(GeneRow(other))
    assert not whole.HasField("junction_start")
    assert whole.strand == dna_model_pb2.STRAND_NEGATIVE


def test_places__are_read_back_by_the_official_code() -> None:
    assert official.Interval.from_proto(encoding.interval_message(Window("chr1", 5, 10), "-")) == official.Interval(
        "chr1", 5, 15, "-"
    )
    assert str(official.Variant.from_proto(encoding.variant_message(Variant("chr1", 7, "A", "GT")))) == "chr1:7:A>GT"
    assert ontology.from_proto(encoding.ontology_message("CLO:0003684")).ontology_curie == "CLO:0003684"
