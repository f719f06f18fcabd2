from __future__ import annotations

from alphagenome.protos import atlas_service_pb2
from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2, dna_model_service_pb2_grpc

from refalt.serve.methods import RefusedError, encode_message, invalid, methods_of


def test_methods_of__has_every_method_of_the_protocol_with_its_arity() -> None:
    descriptor = dna_model_service_pb2.DESCRIPTOR.services_by_name["DnaModelService"]
    methods = {m.name: m for m in methods_of(descriptor, dict.fromkeys((m.name for m in descriptor.methods), iter))}
    servicer = dna_model_service_pb2_grpc.DnaModelServiceServicer
    assert set(methods) == {name for name in vars(servicer) if name[0].isupper()}
    assert methods["ScoreVariant"].request is dna_model_service_pb2.ScoreVariantRequest
    assert [name for name, method in methods.items() if not method.streams_request] == ["GetMetadata"]
    assert all(method.streams_answer for method in methods.values())
    atlas = atlas_service_pb2.DESCRIPTOR.services_by_name["AtlasService"]
    unary = methods_of(atlas, dict.fromkeys((m.name for m in atlas.methods), iter))
    assert not any(method.streams_answer or method.streams_request for method in unary)


def test_encode_message__is_read_back_equal() -> None:
    interval = dna_model_pb2.Interval(chromosome="chr1", start=3, end=9)
    assert dna_model_pb2.Interval.FromString(encode_message(interval)) == interval


def test_invalid__says_code_and_reason() -> None:
    refusal = invalid("no such thing")
    assert isinstance(refusal, RefusedError)
    assert str(refusal) == "INVALID_ARGUMENT: no such thing"
