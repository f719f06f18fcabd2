"""Recorded answers, for measuring clients: a server in its own process that waits a fixed time and works nothing out.

Answers are as large as the hosted service's: the synthetic track table is made up to its size, scored once for each
scorer, and kept as bytes. What is replayed names the variant that was asked for, so a client may check it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Final

from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2

from refalt.serve.methods import Answer, Call, Message, Method, encode_message, invalid
from refalt.serve.server import serve
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.encoding import TensorFormat
from refalt.serve.services.world import simulated_world
from refalt.serve.simulation.local_models import local_model
from refalt.serve.simulation.tracks import HOSTED_SIZES
from refalt.sources.fasta import genome_from_sequences

_LENGTH: Final = 16_384
#: Where the first simulated gene has an intron, so that scorers of genes have something to say.
_IN_A_GENE: Final = 5_000
#: Any sequence will do, as only the size of an answer matters.
_LETTERS: Final = "ACGTTGCAAGATAAGCCAGTAA"


@dataclass(frozen=True, eq=False)
class ReplayService:
    """A model service that answers `ScoreVariant` from a recording, and `GetMetadata` from the table it was made with.

    Attributes:
        recorded: Bytes of a scorer as requested -> bytes of the messages that answer it, without the variant.
        metadata: Answers `GetMetadata`.
        latency: Seconds before an answer begins.
    """

    recorded: Mapping[bytes, Sequence[bytes]]
    metadata: Method
    latency: float

    def methods(self) -> Iterable[Method]:
        """The two methods."""
        return (
            self.metadata,
            replace(
                self.metadata,
                name="ScoreVariant",
                request=dna_model_service_pb2.ScoreVariantRequest,
                answer=self._score_variant,
                streams_request=True,
                encode=bytes,
            ),
        )

    def _score_variant(self, call: Call) -> Iterator[bytes]:
        if call.wait(self.latency):
            return
        echo = encode_message(_naming(call.request.variant))
        for scorer in call.request.variant_scorers:
            messages = self.recorded.get(encode_message(scorer))
            if messages is None:
                raise invalid("There is no recorded answer for this scorer.")
            # Messages that follow each other in one field are merged, so this puts the variant into the announcement.
            yield messages[0] + echo
            yield from messages[1:]


@dataclass(frozen=True, eq=False)
class ReplayServer:
    """A replaying server in another process; also a context manager that stops it.

    Attributes:
        address: host:port.
    """

    address: str
    _process: Any
    _line: Connection

    def stop(self) -> None:
        """End the process."""
        self._line.close()
        self._process.join()

    def __enter__(self) -> ReplayServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def record(scorers: Sequence[Message], *, latency: float, sizes: Mapping[str, int] = HOSTED_SIZES) -> ReplayService:
    """Score one variant by each scorer, and keep the answers.

    Args:
        scorers: VariantScorer messages.
        latency: Seconds before an answer begins, when replayed.
        sizes: Output -> number of tracks.
    """
    genome = genome_from_sequences({"chr1": _LETTERS * 1_000}, "simulated")
    world = simulated_world(genome, local_model("motif"), sizes=sizes, tensors=TensorFormat())
    methods = {method.name: method for method in DnaModelService(world).methods()}
    answer = methods["ScoreVariant"].answer
    recorded = {encode_message(scorer): _answered(answer, scorer) for scorer in scorers}
    return ReplayService(recorded, methods["GetMetadata"], latency)


def start_replay(
    scorers: Sequence[Message], *, latency: float, places: int, sizes: Mapping[str, int] = HOSTED_SIZES
) -> ReplayServer:
    """Record answers and replay them in a process of their own.

    Args:
        scorers: VariantScorer messages that may be asked for.
        latency: Seconds before an answer begins.
        places: Requests that wait at the same time; more of them queue, so places / latency is the ideal rate.
        sizes: Output -> number of tracks.
    """
    here, there = multiprocessing.get_context("spawn").Pipe()
    encoded = [encode_message(scorer) for scorer in scorers]
    process = multiprocessing.get_context("spawn").Process(
        target=_replay, args=(there, encoded, latency, places, dict(sizes)), daemon=True
    )
    process.start()
    there.close()
    return ReplayServer(here.recv(), process, here)


def _replay(line: Connection, encoded: Sequence[bytes], latency: float, places: int, sizes: Mapping[str, int]) -> None:
    """What the process does: serve until the other end of the line is closed, or its process gone."""
    scorers = [dna_model_pb2.VariantScorer.FromString(content) for content in encoded]
    with serve(record(scorers, latency=latency, sizes=sizes), max_workers=places, queue=10_000) as server:
        line.send(server.address)
        try:
            line.recv()
        except EOFError:
            return


def _answered(answer: Answer, scorer: Message) -> list[bytes]:
    request = dna_model_service_pb2.ScoreVariantRequest(
        interval=dna_model_pb2.Interval(chromosome="chr1", start=0, end=_LENGTH),
        variant=dna_model_pb2.Variant(chromosome="chr1", position=_IN_A_GENE, reference_bases="A", alternate_bases="C"),
        organism=dna_model_pb2.ORGANISM_HOMO_SAPIENS,
        variant_scorers=[scorer],
        merge_stranded_gene_tracks=True,
    )
    messages = list(answer(Call("ScoreVariant", request, {}, lambda _: False)))
    messages[0].output.variant_data.metadata.ClearField("variant")
    return [encode_message(message) for message in messages]


def _naming(variant: Message) -> Message:
    """An announcement of scores that says nothing but the variant."""
    metadata = dna_model_pb2.VariantMetadata(variant=variant)
    output = dna_model_pb2.ScoreVariantOutput(variant_data=dna_model_pb2.VariantData(metadata=metadata))
    return dna_model_service_pb2.ScoreVariantResponse(output=output)
