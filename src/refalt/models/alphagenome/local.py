"""AlphaGenome on this machine: any object of the official `DnaModel` class, such as the open weights.

The open weights are not on PyPI. To install them, with JAX for the GPU at hand:

    git clone https://github.com/google-deepmind/alphagenome_research
    pip install ./alphagenome_research

and accept their terms at Hugging Face or Kaggle; both are for non-commercial use. They give no quantiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from refalt.errors import UserError
from refalt.models.alphagenome.answers import GeneLine, Part
from refalt.models.alphagenome.decoding import check_part
from refalt.models.alphagenome.reducing import Reducer, bins_of
from refalt.models.alphagenome.requests import Request, SequenceRequest, VariantRequest
from refalt.models.alphagenome.scorers import OUTPUTS, Scorer
from refalt.models.alphagenome.tracks import TrackTable, TrackTables
from refalt.models.alphagenome.troubles import RefusedError

_INSTALL: Final = (
    "git clone https://github.com/google-deepmind/alphagenome_research && pip install ./alphagenome_research; "
    "its weights need accepted terms and a GPU"
)
_CLASSES: Final = {
    "CenterMask": "CenterMaskScorer",
    "ContactMap": "ContactMapScorer",
    "GeneMaskLFC": "GeneMaskLFCScorer",
    "GeneMaskActive": "GeneMaskActiveScorer",
    "GeneMaskSplicing": "GeneMaskSplicingScorer",
    "Polyadenylation": "PolyadenylationScorer",
    "SpliceJunction": "SpliceJunctionScorer",
}


def open_weights(revision: str, weights: str) -> Any:
    """Load the open weights.

    Args:
        revision: ALL_FOLDS or FOLD_0 to FOLD_3.
        weights: "huggingface" or "kaggle", to download them from; else the folder they lie in.

    Raises:
        UserError: the package that holds them is not installed.
    """
    try:
        from alphagenome_research.model import dna_model  # type: ignore[import-not-found]
    except ImportError as error:
        raise UserError(
            "the open weights of AlphaGenome need a package that is not installed",
            where='[models.alphagenome] backend = "local"',
            expected="alphagenome_research",
            got=str(error),
            remedy=f"install it: {_INSTALL}",
        ) from error
    if weights == "huggingface":
        return dna_model.create_from_huggingface(revision)
    if weights == "kaggle":
        return dna_model.create_from_kaggle(revision)
    return dna_model.create(weights)


class Local:
    """A `DnaModel` object as a backend. One request at a time: the device is one."""

    most_workers: int | None = 1

    def __init__(self, model: Any, *, organism: str) -> None:
        """Take a `DnaModel` and the organism."""
        from alphagenome.models.v1 import dna_model

        self._model = model
        self._organism = dna_model.Organism[{"human": "HOMO_SAPIENS", "mouse": "MUS_MUSCULUS"}[organism]]
        self._tables = TrackTables()
        self._offered: Mapping[str, TrackTable] = {}

    def offered(self) -> Mapping[str, TrackTable]:
        """Output -> its tracks."""
        if not self._offered:
            described = self._model.output_metadata(self._organism)
            frames = {output: getattr(described, output.lower()) for output in OUTPUTS}
            self._offered = {output: self._table(frame) for output, frame in frames.items() if frame is not None}
        return self._offered

    def answer(self, request: Request, *, timeout_s: float) -> tuple[Part, ...]:  # noqa: ARG002  (it cannot hang up)
        """Answer one request, checked."""
        return tuple(self._scores(request) if isinstance(request, VariantRequest) else self._tracks(request))

    def inspect(self, payload: bytes) -> None:
        """Nothing to hide: no key is involved."""

    def close(self) -> None:
        """Nothing to close."""

    def _scores(self, request: VariantRequest) -> Iterator[Part]:
        from alphagenome.data import genome

        answers = _told(
            self._model.score_variant,
            interval=genome.Interval(request.chrom, request.start, request.end),
            variant=genome.Variant(request.chrom, request.pos, request.ref, request.alt),
            variant_scorers=[official_scorer(scorer) for scorer in request.scorers],
            organism=self._organism,
        )
        if len(answers) != len(request.scorers):
            raise RefusedError(f"the model gave {len(answers)} scores where {len(request.scorers)} were asked for")
        for answer, scorer in zip(answers, request.scorers, strict=True):
            planes = [answer.X, answer.layers["quantiles"]] if "quantiles" in answer.layers else [answer.X]
            lines = tuple(map(_gene_line, answer.obs.to_dict("records"))) if scorer.by_gene else ()
            values = np.stack([np.asarray(plane, dtype=np.float32) for plane in planes])
            part = Part(values, self._table(answer.var), lines)
            check_part(part, scorer, self.offered().get(scorer.output))
            yield part

    def _tracks(self, request: SequenceRequest) -> Iterator[Part]:
        from alphagenome.models.v1 import dna_output

        answer = _told(
            self._model.predict_sequence,
            sequence=request.letters,
            organism=self._organism,
            requested_outputs=[dna_output.OutputType[request.output]],
            ontology_terms=list(request.ontology) or None,
        )
        tracks = answer.get(dna_output.OutputType[request.output])
        values = np.asarray(tracks.values)
        bins = bins_of(request.reduction, window=request.codes.size, n_bins=len(values))
        reducer = Reducer(bins, values.shape[1])
        reducer.take(values)
        yield Part(reducer.kept(), self._table(tracks.metadata))

    def _table(self, frame: Any) -> TrackTable:
        from alphagenome.models.v1 import track_data_utils

        described = frame if "strand" in frame else frame.assign(strand=".")
        return self._tables.of_bytes(track_data_utils.metadata_to_proto(described).SerializeToString())


def _told(ask: Callable[..., Any], **given: Any) -> Any:
    """Ask the model; what it says against this request is the answer to this request alone."""
    try:
        return ask(**given)
    except ValueError as error:
        raise RefusedError(f"the model refused: {error}") from error


def official_scorer(scorer: Scorer) -> Any:
    """The official client's object for a scorer."""
    from alphagenome.models.v1 import dna_output, variant_scorers

    output = dna_output.OutputType[scorer.output]
    aggregation = variant_scorers.AggregationType[scorer.aggregation] if scorer.aggregation else None
    given = {"requested_output": output, "width": scorer.width, "aggregation_type": aggregation}
    made = getattr(variant_scorers, _CLASSES[scorer.kind])
    return made(**{name: given[name] for name in made.__dataclass_fields__})


def _gene_line(row: Mapping[str, Any]) -> GeneLine:
    def known(name: str) -> Any:
        value = row.get(name)
        return None if value is None or value != value else value  # NaN is not itself

    start, end = known("junction_Start"), known("junction_End")
    return GeneLine(
        row["gene_id"],
        known("gene_name"),
        known("strand"),
        known("gene_type"),
        None if start is None else int(start),
        None if end is None else int(end),
    )
