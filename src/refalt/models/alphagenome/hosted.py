"""The service itself: its messages out of plain requests, its answers into plain arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from alphagenome.protos.v1 import dna_model_pb2, dna_model_service_pb2

from refalt.errors import unknown_name
from refalt.models.alphagenome.answers import Part
from refalt.models.alphagenome.decoding import decode_scores, next_chunk
from refalt.models.alphagenome.described import Descriptions, unread_answer
from refalt.models.alphagenome.reducing import reduce_tensor
from refalt.models.alphagenome.requests import Request, SequenceRequest, VariantRequest
from refalt.models.alphagenome.scorers import Scorer
from refalt.models.alphagenome.tracks import TrackTable, TrackTables, ontology_term
from refalt.models.alphagenome.transport import Line
from refalt.models.alphagenome.troubles import RefusedError, TransientError

ORGANISMS: Final = {
    "human": dna_model_pb2.ORGANISM_HOMO_SAPIENS,
    "mouse": dna_model_pb2.ORGANISM_MUS_MUSCULUS,
}
_SERVICE: Final = dna_model_service_pb2.DESCRIPTOR.services_by_name["DnaModelService"].full_name
_METADATA_S: Final = 60.0


class Hosted:
    """AlphaGenome behind its own protocol: the hosted service, or a server on this machine."""

    most_workers: int | None = None

    def __init__(self, line: Line, *, organism: str, revision: str) -> None:
        """Take an open line, and what every request says."""
        self._line = line
        self._organism = ORGANISMS[organism]
        self._revision = revision
        self._descriptions = Descriptions()
        self._tables = TrackTables()
        self._offered: Mapping[str, TrackTable] = {}

    def offered(self) -> Mapping[str, TrackTable]:
        """Output -> its tracks, asked for once."""
        if not self._offered:
            request = dna_model_service_pb2.MetadataRequest(organism=self._organism)
            answer = dna_model_service_pb2.MetadataResponse
            self._offered = {
                dna_model_pb2.OutputType.Name(output.output_type).removeprefix("OUTPUT_TYPE_"): _table(output)
                for message in self._call("GetMetadata", request, answer, _METADATA_S)
                for output in message.output_metadata
            }
        return self._offered

    def use_offered(self, offered: Mapping[str, TrackTable]) -> None:
        """Take the tables from an earlier call."""
        self._offered = offered

    def answer(self, request: Request, *, timeout_s: float) -> tuple[Part, ...]:
        """Answer one request, checked."""
        if isinstance(request, VariantRequest):
            messages = self._call("ScoreVariant", self._score_variant(request), unread_answer(), timeout_s)
            return decode_scores(messages, request, self._descriptions, offered=self._offered)
        predicted = dna_model_service_pb2.PredictSequenceResponse
        messages = self._call("PredictSequence", self._predict(request), predicted, timeout_s)
        return (self._reduced(messages, request),)

    def inspect(self, payload: bytes) -> None:
        """Refuse an answer that holds the key."""
        self._line.refuse_echo(payload)

    def close(self) -> None:
        """Break off what is under way."""
        self._line.close()

    def _call(self, method: str, request: Any, answer: Any, timeout_s: float) -> Iterator[Any]:
        return self._line.call(f"/{_SERVICE}/{method}", request, answer, timeout_s=timeout_s)

    def _score_variant(self, request: VariantRequest) -> Any:
        return dna_model_service_pb2.ScoreVariantRequest(
            interval=dna_model_pb2.Interval(
                chromosome=request.chrom,
                start=request.start,
                end=request.end,
                strand=dna_model_pb2.STRAND_UNSTRANDED,
            ),
            variant=variant_message(request),
            organism=self._organism,
            variant_scorers=[scorer_message(scorer) for scorer in request.scorers],
            model_version=self._revision,
            merge_stranded_gene_tracks=True,
        )

    def _predict(self, request: SequenceRequest) -> Any:
        return dna_model_service_pb2.PredictSequenceRequest(
            sequence=request.letters,
            organism=self._organism,
            ontology_terms=[ontology_term(curie) for curie in request.ontology],
            requested_outputs=[output_type(request.output)],
            model_version=self._revision,
        )

    def _reduced(self, messages: Iterator[Any], request: SequenceRequest) -> Part:
        message = next(messages, None)
        if message is None:
            raise TransientError("the answer was cut short: nothing came")
        if message.WhichOneof("payload") != "output" or message.output.WhichOneof("payload") != "track_data":
            raise RefusedError("the answer is not one of predicted tracks")
        if message.output.output_type != output_type(request.output):
            raise RefusedError(f"asked for {request.output}, the answer is for another output")
        tracks = message.output.track_data
        table = self._tables.of(tracks.metadata)
        if tuple(tracks.values.shape[1:]) != (len(table),):
            raise RefusedError(f"the answer has {tuple(tracks.values.shape)} values and {len(table)} tracks")
        kept = reduce_tensor(tracks.values, lambda: next_chunk(messages), request.reduction, window=request.codes.size)
        if next(messages, None) is not None:
            raise RefusedError("the answer has more outputs than were asked for")
        return Part(kept, table)


def _table(output: dna_model_pb2.OutputMetadata) -> TrackTable:
    if output.WhichOneof("payload") == "tracks":
        return TrackTable(output.tracks.SerializeToString())
    junctions = [
        dna_model_pb2.TrackMetadata(
            name=junction.name,
            strand=dna_model_pb2.STRAND_UNSTRANDED,
            ontology_term=junction.ontology_term if junction.HasField("ontology_term") else None,
            biosample=junction.biosample if junction.HasField("biosample") else None,
            assay=junction.assay if junction.HasField("assay") else None,
        )
        for junction in output.junctions.metadata
    ]
    return TrackTable(dna_model_pb2.TracksMetadata(metadata=junctions).SerializeToString())


def variant_message(request: VariantRequest) -> dna_model_pb2.Variant:
    """The message for a variant."""
    return dna_model_pb2.Variant(
        chromosome=request.chrom,
        position=request.pos,
        reference_bases=request.ref,
        alternate_bases=request.alt,
    )


def output_type(output: str) -> int:
    """The number of an output.

    Raises:
        UserError: there is no such output.
    """
    names = {name.removeprefix("OUTPUT_TYPE_"): number for name, number in dna_model_pb2.OutputType.items() if number}
    if output not in names:
        raise unknown_name("output", output, names)
    return int(names[output])


def scorer_message(scorer: Scorer) -> dna_model_pb2.VariantScorer:
    """The message for a scorer."""
    output = output_type(scorer.output)
    match scorer.kind:
        case "CenterMask":
            aggregation = dna_model_pb2.AggregationType.Value(f"AGGREGATION_TYPE_{scorer.aggregation}")
            mask = dna_model_pb2.CenterMaskScorer(
                width=scorer.width, aggregation_type=aggregation, requested_output=output
            )
            return dna_model_pb2.VariantScorer(center_mask=mask)
        case "GeneMaskLFC":
            lfc = dna_model_pb2.GeneMaskLFCScorer(requested_output=output)
            return dna_model_pb2.VariantScorer(gene_mask=lfc)
        case "GeneMaskActive":
            active = dna_model_pb2.GeneMaskActiveScorer(requested_output=output)
            return dna_model_pb2.VariantScorer(gene_mask_active=active)
        case "GeneMaskSplicing":
            splicing = dna_model_pb2.GeneMaskSplicingScorer(width=scorer.width, requested_output=output)
            return dna_model_pb2.VariantScorer(gene_mask_splicing=splicing)
        case "Polyadenylation":
            return dna_model_pb2.VariantScorer(pa_qtl=dna_model_pb2.PolyadenylationScorer())
        case "SpliceJunction":
            return dna_model_pb2.VariantScorer(splice_junction=dna_model_pb2.SpliceJunctionScorer())
        case _:
            return dna_model_pb2.VariantScorer(contact_map=dna_model_pb2.ContactMapScorer())
