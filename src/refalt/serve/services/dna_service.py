"""DnaModelService: the seven methods of AlphaGenome's model service, over a local model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alphagenome.protos.v1 import dna_model_service_pb2

from refalt.sequences import LETTERS, Codes
from refalt.serve.methods import Call, Message, Method, methods_of
from refalt.serve.services import answers, requests
from refalt.serve.services.scorer_requests import interval_scorers, variant_scorers
from refalt.serve.services.world import World
from refalt.serve.simulation.predictor import Predictor
from refalt.serve.simulation.scene import Scene, Window, reference_codes, single_base_changes
from refalt.serve.simulation.scorers import Scorer
from refalt.serve.simulation.scores import score_interval, score_variant
from refalt.serve.simulation.tracks import RESOLUTIONS

_SERVICE = dna_model_service_pb2.DESCRIPTOR.services_by_name["DnaModelService"]


@dataclass(frozen=True, eq=False)
class DnaModelService:
    """The model service of a world."""

    world: World

    def methods(self) -> Iterable[Method]:
        """Its remote methods."""
        return methods_of(
            _SERVICE,
            {
                "PredictSequence": self._predict_sequence,
                "PredictInterval": self._predict_interval,
                "PredictVariant": self._predict_variant,
                "ScoreInterval": self._score_interval,
                "ScoreVariant": self._score_variant,
                "ScoreIsmVariant": self._score_ism,
                "GetMetadata": self._metadata,
            },
        )

    def _predict_sequence(self, call: Call) -> Iterator[Message]:
        codes = requests.sequence(call.request.sequence)
        return self._predictions(call, {"output": codes}, None)

    def _predict_interval(self, call: Call) -> Iterator[Message]:
        window = requests.window(call.request.interval)
        return self._predictions(call, {"output": reference_codes(self.world.genome, window)}, window)

    def _predict_variant(self, call: Call) -> Iterator[Message]:
        window = requests.window(call.request.interval)
        ref, alt = self.world.alleles(window, requests.variant(call.request.variant, window))
        return self._predictions(call, {"reference_output": ref, "alternate_output": alt}, window)

    def _predictions(self, call: Call, sequences: Mapping[str, Codes], window: Window | None) -> Iterator[Message]:
        """Every output asked for, of each sequence; a sequence's output is announced in the field it is named by."""
        kind = getattr(dna_model_service_pb2, f"{call.method}Response")
        predictor = self._predictor(call.request)
        tensors = self.world.tensors
        wanted = requests.outputs(call.request.requested_outputs, call.request.ontology_terms, predictor.tracks)
        profiles = {part: predictor.profile(codes) for part, codes in sequences.items()}
        for one in wanted:
            for part, profile in profiles.items():
                if one.output == "SPLICE_JUNCTIONS":
                    announced = answers.junction_prediction(
                        one, profile, predictor, window=window, annotation=self.world.annotation, tensors=tensors
                    )
                else:
                    announced = answers.prediction(one, profile, predictor, window=window, tensors=tensors)
                yield from answers.stream(kind, part, announced)

    def _score_interval(self, call: Call) -> Iterator[Message]:
        request = call.request
        window = requests.window(request.interval)
        scorers = interval_scorers(request.interval_scorers, window.length)
        predictor = self._predictor(request)
        profile = predictor.profile(reference_codes(self.world.genome, window))
        for scorer in scorers:
            scores = score_interval(
                scorer,
                window,
                profile,
                predictor=predictor,
                annotation=self.world.annotation,
                merge_strands=request.merge_stranded_gene_tracks,
            )
            announced = answers.interval_scores(scores, window, self.world.tensors)
            yield from answers.stream(dna_model_service_pb2.ScoreIntervalResponse, "output", announced)

    def _score_variant(self, call: Call) -> Iterator[Message]:
        request = call.request
        window = requests.window(request.interval)
        variant = requests.variant(request.variant, window)
        scorers = variant_scorers(request.variant_scorers, requests.organism(request.organism))
        predictor = self._predictor(request)
        scene = self.world.scene(predictor, window, variant)
        yield from self._scored(call, scene, scorers, predictor)

    def _score_ism(self, call: Call) -> Iterator[Message]:
        """Every single-base change in the ISM interval, in order of place and letter; a base N is passed over."""
        request = call.request
        window = requests.window(request.interval)
        stretch = requests.mutated(request.ism_interval, window)
        scorers = variant_scorers(request.variant_scorers, requests.organism(request.organism))
        predictor = self._predictor(request)
        codes = self._background(request, window)
        profile = predictor.profile(codes)
        for variant in single_base_changes(codes[stretch.start - window.start :], stretch):
            changed = codes.copy()
            changed[variant.start - window.start] = LETTERS.index(variant.alt.encode())
            scene = Scene(window, variant, profile, predictor.profile(changed))
            yield from self._scored(call, scene, scorers, predictor)

    def _metadata(self, call: Call) -> Iterator[Message]:
        predictor = self.world.predictor(requests.organism(call.request.organism), requests.version(""))
        for output in RESOLUTIONS:
            metadata = answers.output_metadata(output, predictor)
            yield dna_model_service_pb2.MetadataResponse(output_metadata=[metadata])

    def _scored(self, call: Call, scene: Scene, scorers: tuple[Scorer, ...], predictor: Predictor) -> Iterator[Message]:
        kind = getattr(dna_model_service_pb2, f"{call.method}Response")
        for scorer in scorers:
            scores = score_variant(
                scorer,
                scene,
                predictor,
                annotation=self.world.annotation,
                merge_strands=call.request.merge_stranded_gene_tracks,
            )
            announced = answers.variant_scores(scores, scene.variant, self.world.tensors)
            yield from answers.stream(kind, "output", announced)

    def _background(self, request: Message, window: Window) -> Codes:
        """The sequence that is mutated: the genome's, or that with the interval variant's ALT."""
        if not request.HasField("interval_variant"):
            return reference_codes(self.world.genome, window)
        return self.world.alleles(window, requests.variant(request.interval_variant, window))[1]

    def _predictor(self, request: Any) -> Predictor:
        return self.world.predictor(requests.organism(request.organism), requests.version(request.model_version))
