"""Any object of the official `DnaModel` class as a backend: a stand-in for open weights, and the official client."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from refalt.errors import UserError
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.alphagenome.local import Local
from refalt.models.alphagenome.requests import Reduction, SequenceRequest, VariantRequest
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS, Scorer
from refalt.models.alphagenome.troubles import RefusedError
from refalt.models.base import Asked
from refalt.scoring.metered import Metering
from refalt.scoring.run import score_with
from refalt.sources.fasta import Genome
from refalt.studies.study import ScoreSection, TrackChoice

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import anndata
    from alphagenome.data import track_data
    from alphagenome.models.v1 import dna_model, dna_output

RequestAt = Callable[..., VariantRequest]
METADATA = pd.DataFrame(
    {
        "name": ["EFO:0002067 DNase-seq", "CL:0000624 DNase-seq"],
        "strand": [".", "."],
        "ontology_curie": ["EFO:0002067", "CL:0000624"],
    }
)


class StandIn(dna_model.DnaModel):
    """Not a model: gives numbers by which a test knows what it was asked."""

    def __init__(self) -> None:
        self.now = self.most_at_once = 0
        self.lock = threading.Lock()

    def output_metadata(self, organism: Any = dna_model.Organism.HOMO_SAPIENS) -> Any:
        return dna_output.OutputMetadata(dnase=METADATA)

    def score_variant(self, interval: Any, variant: Any, variant_scorers: Any = (), **given: Any) -> Any:
        with self.lock:
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
        answers = [
            anndata.AnnData(X=np.array([[variant.position, len(variant.alternate_bases)]], np.float32), var=METADATA)
            for _ in variant_scorers
        ]
        self.now -= 1
        if variant.position == 13:
            raise ValueError("an unlucky position")
        return answers

    def predict_sequence(self, sequence: str, *, requested_outputs: Any, ontology_terms: Any, **given: Any) -> Any:
        values = np.array([[letter == "A", letter == "C"] for letter in sequence], np.float32)
        return dna_output.Output(dnase=track_data.TrackData(values, METADATA))

    def predict_interval(self, *args: Any, **given: Any) -> Any:
        raise NotImplementedError

    predict_variant = score_interval = score_ism_variants = predict_interval


@pytest.fixture
def stand_in() -> StandIn:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return StandIn()


def score_of(**given: Any) -> ScoreSection:
    return ScoreSection(**({"name": "s", "model": "alphagenome", "scorer": "DNASE", "window": 16_384} | given))


@pytest.mark.filterwarnings("ignore:Transforming to str index:Warning")
def test_local__scores_rows_through_the_store_one_at_a_time(
    stand_in: StandIn, tmp_path: Path, rows: Callable[..., Any]
) -> None:
    model = AlphaGenome(AlphaGenomeSection(), dna_model=stand_in)
    asked = Asked(rows([(20, "A", "C"), (13, "A", "C"), (30, "A", "CTT")]))
    found = score_with(model, asked, score_of(), metering=Metering(store=tmp_path))
    assert found.predictions.frame.get_column("raw").to_list() == [[20.0, 1.0], [30.0, 3.0]]
    assert found.predictions.frame.get_column("quantile").to_list() == [None, None]
    assert found.failures.frame.get_column("error").to_list() == ["the model refused: an unlucky position"]
    assert stand_in.most_at_once == 1
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["alphagenome-open-weights-ALL_FOLDS.sqlite"]
    k562 = score_of(tracks=TrackChoice(ontology_curie="EFO:0002067"))
    again = score_with(model, asked, k562, metering=Metering(store=tmp_path))
    assert again.predictions.frame.get_column("raw").to_list() == [[20.0], [30.0]]


@pytest.mark.filterwarnings("ignore:Transforming to str index:Warning")
def test_local__predicts_sequences(stand_in: StandIn, tmp_path: Path, rows: Callable[..., Any], genome: Genome) -> None:
    model = AlphaGenome(AlphaGenomeSection(), dna_model=stand_in)
    letters = "".join("ACGTN"[code] for code in genome.codes("chr1"))
    pos = letters.index("A", 20_000) + 1
    score = score_of(method="sequence", scorer="Sequence(DNASE, 5, MEAN, DIFFERENCE)")
    found = score_with(model, Asked(rows([(pos, "A", "C")]), genome), score, metering=Metering(store=tmp_path))
    assert found.predictions.frame.item(0, "raw").to_list() == pytest.approx([-0.2, 0.2])


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("names", [("DNASE", "CHIP_TF_ACTIVE"), ("RNA_SEQ",), ("SPLICE_JUNCTIONS",), ("CONTACT_MAPS",)])
def test_local__over_the_official_client_gives_what_hosted_gives(
    hosted: Any, official: Any, request_at: RequestAt, names: tuple[str, ...]
) -> None:
    request = request_at(3_000, *(RECOMMENDED_SCORERS[name] for name in names))
    ours = hosted.answer(request, timeout_s=60)
    theirs = Local(official, organism="human").answer(request, timeout_s=60)
    for part, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(part.values, other.values)
        assert part.lines == other.lines
        assert part.table.frame.equals(other.table.frame)


@pytest.mark.filterwarnings("ignore::Warning")
def test_local__over_the_official_client_reduces_alike(hosted: Any, official: Any, genome: Genome) -> None:
    request = SequenceRequest(genome.codes("chr1")[:16_384], "CHIP_TF", (), Reduction(8_000, 8_500, 8_191))
    (ours,) = hosted.answer(request, timeout_s=60)
    (theirs,) = Local(official, organism="human").answer(request, timeout_s=60)
    np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-12)
    assert ours.table.frame.equals(theirs.table.frame)


def test_local__refuses_another_number_of_scores(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "score_variant", lambda **given: [])
    scorer: Scorer = RECOMMENDED_SCORERS["DNASE"]
    with pytest.raises(RefusedError, match="0 scores where 1"):
        Local(stand_in, organism="human").answer(VariantRequest("chr1", 0, 4, 1, "A", "C", (scorer,)), timeout_s=1)


def test_open_weights__that_are_not_installed_say_how_to_install_them(
    tmp_path: Path, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "alphagenome_research", None)
    model = AlphaGenome(AlphaGenomeSection(backend="local"))
    with pytest.raises(UserError, match=r"not installed.*alphagenome_research.*pip install") as caught:
        score_with(model, Asked(rows([(20, "A", "C")])), score_of(), metering=Metering(store=tmp_path))
    assert caught.value.exit_code == 1


def test_open_weights__are_loaded_by_their_revision(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    from refalt.models.alphagenome.local import open_weights

    asked: list[tuple[str, str]] = []
    fake = types.ModuleType("dna_model")
    for name in ("create_from_huggingface", "create_from_kaggle", "create"):
        setattr(fake, name, lambda which, name=name: asked.append((name, which)) or stand_in)
    package = types.ModuleType("alphagenome_research.model")
    package.dna_model = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "alphagenome_research", types.ModuleType("alphagenome_research"))
    monkeypatch.setitem(sys.modules, "alphagenome_research.model", package)
    for weights in ("huggingface", "kaggle", "/weights"):
        assert open_weights("FOLD_1", weights) is stand_in
    assert asked == [("create_from_huggingface", "FOLD_1"), ("create_from_kaggle", "FOLD_1"), ("create", "/weights")]
