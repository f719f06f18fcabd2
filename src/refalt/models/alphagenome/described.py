"""Score answers read with their descriptions left as bytes, because a description is nearly always the last one again.

An answer to one variant describes every track anew, and reading that costs ten times what the scores do. On the wire a
message within a message is a field of bytes, so a message type that declares it as bytes reads the same answer and
leaves it unread. The stretch of bytes that describes the tracks is then recognised as a whole.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, Final

from alphagenome.protos import tensor_pb2
from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # type: ignore[import-untyped]

from refalt.models.alphagenome.tracks import TrackTable

_PACKAGE: Final = tensor_pb2.DESCRIPTOR.package
#: First byte of a field on the wire: its number, times eight, plus two for a field of bytes.
_VARIANT_FOLLOWS: Final = b"\x0a"
_TRACK_FOLLOWS: Final = b"\x12"


@functools.cache
def unread_answer() -> Any:
    """The class that reads ScoreVariantResponse and leaves `output.variant_data.metadata` as bytes."""
    file = descriptor_pb2.FileDescriptorProto(name="refalt/unread.proto", package="refalt.unread", syntax="proto3")
    file.dependency.append(tensor_pb2.DESCRIPTOR.name)
    read = dna_model_service_pb2.ScoreVariantResponse.DESCRIPTOR
    scored = read.fields_by_name["output"].message_type
    _add(file, "Scored", _field(scored.fields_by_name["variant_data"].message_type, "values", "Tensor"))
    _add(file, "Scored", _field(scored.fields_by_name["variant_data"].message_type, "metadata", None))
    _add(file, "Output", _field(scored, "variant_data", ".refalt.unread.Scored"))
    answer = _add(file, "Answer", _field(read, "output", ".refalt.unread.Output"))
    _add(file, "Answer", _field(read, "tensor_chunk", "TensorChunk"))
    answer.oneof_decl.add(name="payload")
    for field in answer.field:
        field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(tensor_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("refalt.unread.Answer"))


def _field(read: Any, name: str, kind: str | None) -> descriptor_pb2.FieldDescriptorProto:
    """A field with the number it has in the service's own message; as bytes where no kind is named."""
    types = descriptor_pb2.FieldDescriptorProto
    field = types(name=name, number=read.fields_by_name[name].number)
    # A message may come in several pieces, which are one message when they are joined.
    field.label = types.LABEL_REPEATED if kind is None else types.LABEL_OPTIONAL
    field.type = types.TYPE_BYTES if kind is None else types.TYPE_MESSAGE
    if kind is not None:
        field.type_name = kind if kind.startswith(".") else f".{_PACKAGE}.{kind}"
    return field


def _add(file: Any, name: str, field: descriptor_pb2.FieldDescriptorProto) -> Any:
    found = next((kind for kind in file.message_type if kind.name == name), None)
    kind = file.message_type.add(name=name) if found is None else found
    kind.field.append(field)
    return kind


class Descriptions:
    """Reads VariantMetadata messages, each table of tracks once.

    Threads may share it: two that meet one table at once both read it.
    """

    def __init__(self) -> None:
        """Begin without any table."""
        self._known: dict[bytes, TrackTable] = {}

    def read(self, pieces: Iterable[bytes]) -> tuple[dna_model_pb2.Variant, TrackTable, Any]:
        """The variant, the tracks and the genes (messages) of a VariantMetadata, serialised in one or more pieces."""
        content = b"".join(pieces)
        begin = _end_of_variant(content)
        for block, table in tuple(self._known.items()):
            end = begin + len(block)
            if content.startswith(block, begin) and not content.startswith(_TRACK_FOLLOWS, end):
                rest = dna_model_pb2.VariantMetadata.FromString(content[:begin] + content[end:])
                if not rest.track_metadata:
                    return rest.variant, table, rest.gene_metadata
        return self._read_whole(content, begin)

    def _read_whole(self, content: bytes, begin: int) -> tuple[dna_model_pb2.Variant, TrackTable, Any]:
        whole = dna_model_pb2.VariantMetadata.FromString(content)
        table = TrackTable(dna_model_pb2.TracksMetadata(metadata=whole.track_metadata).SerializeToString())
        block = dna_model_pb2.VariantMetadata(track_metadata=whole.track_metadata).SerializeToString()
        if block and content.startswith(block, begin):
            self._known[block] = table
        return whole.variant, table, whole.gene_metadata


def _end_of_variant(content: bytes) -> int:
    """Where the bytes of the variant end when it comes first, as it does; else 0."""
    if not content.startswith(_VARIANT_FOLLOWS):
        return 0
    length = shift = 0
    for at, byte in enumerate(content[1:6], start=2):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return at + length
    return 0
