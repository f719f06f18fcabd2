from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.readout import (
    ReadoutAnswersTheQuestion,
    ScoreIsNotDiluted,
    TracksAreTheDeclaredCell,
    readout_of,
)
from refalt.evaluation.join import Joined
from refalt.tables import Comparison, Tracks
from refalt.testing.builders import as_table, build_declared, build_joined, build_measurements, build_study

K562 = "EFO:0002067"


def model_study(*scores: dict[str, Any], **models: dict[str, Any]) -> Any:
    usual = {"name": "ag", "model": "alphagenome", "method": "variant"}
    return build_study(score=[usual | score for score in scores], models={"alphagenome": {}} | models)


def asked(biosample: str = K562, **tracks: Any) -> Finding:
    scores = model_study({"tracks": tracks}).score
    (found,) = TracksAreTheDeclaredCell().check(declared=build_declared(biosample=biosample), scores=scores)
    return found


def test_md001__clear_of_the_declared_cell() -> None:
    assert asked(output="DNASE", ontology_curie=K562).outcome is Outcome.CLEAR
    assert asked("k562", output="DNASE", biosample_name="K562").outcome is Outcome.CLEAR
    assert asked("", output="DNASE").outcome is Outcome.CLEAR


@pytest.mark.parametrize("tracks", [{"output": "DNASE"}, {"output": "DNASE", "ontology_curie": "EFO:0002784"}])
def test_md001__finds_all_cells_or_another(tracks: dict[str, str]) -> None:
    found = asked(**tracks)
    assert (found.outcome, found.severity, found.subject) == (Outcome.FOUND, Severity.FATAL, "ag")


def test_md001__finds_all_histone_marks() -> None:
    assert "all histone marks" in asked(output="CHIP_HISTONE", ontology_curie=K562).message
    assert asked(output="CHIP_HISTONE", ontology_curie=K562, histone_mark="H3K27ac").outcome is Outcome.CLEAR


def taken(n: int, biosample: str = K562, **columns: Any) -> list[Finding]:
    filled = {
        "score_name": ["ag"] * n,
        "track_index": list(range(n)),
        "track_id": [f"DNASE|{i}|." for i in range(n)],
        "assay": ["DNase-seq"] * n,
        "ontology_curie": [K562] * n,
    } | columns
    scores = model_study({}).score
    tracks = Tracks(as_table(Tracks, filled))
    return list(
        TracksAreTheDeclaredCell().check(declared=build_declared(biosample=biosample), scores=scores, tracks=tracks)
    )


def test_md001__clear_of_replicate_tracks_of_one_cell() -> None:
    (found,) = taken(3)
    assert found.outcome is Outcome.CLEAR


def test_md001__finds_tracks_of_other_cells_marks_and_assays() -> None:
    curies = [K562, *(f"UBERON:{i:07}" for i in range(304))]
    (found,) = taken(305, ontology_curie=curies)
    assert "304 of its cells are not the dataset's" in found.message
    assert taken(2, "", ontology_curie=curies[:2])[0].outcome is Outcome.FOUND
    assert "2 histone marks" in taken(2, histone_mark=["H3K27ac", "H3K9me3"])[0].message
    assert "2 assays" in taken(2, assay=["DNase-seq", "ATAC-seq"])[0].message


def test_md001__skips_scores_without_tracks() -> None:
    found = TracksAreTheDeclaredCell().check(declared=build_declared(), scores=build_study().score)
    assert [finding.outcome for finding in found] == [Outcome.SKIPPED]


@pytest.mark.parametrize(
    ("assay", "readout"),
    [("DNase-seq", "accessibility"), ("ATAC", "accessibility"), ("RNA-seq", "expression"), ("eQTL", "expression"),
     ("ChIP-seq H3K27ac", "histone marks"), ("MPRA", "reporter activity"), ("weight", None)],
)  # fmt: skip
def test_readout_of__reads_assays_in_words(assay: str, readout: str | None) -> None:
    assert readout_of(assay) == readout


def question(assay: str, **score: Any) -> Finding:
    (found,) = ReadoutAnswersTheQuestion().check(declared=build_declared(assay=assay), scores=model_study(score).score)
    return found


def test_md002__clear_of_one_kind_of_readout() -> None:
    assert question("ATAC", tracks={"output": "DNASE"}).outcome is Outcome.CLEAR
    assert question("eQTL", scorer="GeneMaskLFC(RNA_SEQ)").outcome is Outcome.CLEAR
    assert question("", tracks={"output": "DNASE"}).outcome is Outcome.SKIPPED


@pytest.mark.parametrize("assay", ["eQTL", "MPRA", "CHIP_HISTONE"])
def test_md002__finds_two_kinds_of_readout(assay: str) -> None:
    found = question(assay, tracks={"output": "DNASE"})
    assert (found.outcome, found.severity, found.subject) == (Outcome.FOUND, Severity.SERIOUS, "ag")


def sequence_score(scorer: str) -> Finding:
    (found,) = ScoreIsNotDiluted().check(scores=model_study({"method": "sequence", "scorer": scorer}).score)
    return found


def test_md004__clear_of_masks_and_widths() -> None:
    assert sequence_score("Sequence(DNASE, 501, MEAN, LOG2_RATIO)").outcome is Outcome.CLEAR
    assert sequence_score("CenterMask(DNASE, 501, DIFF_LOG2_SUM)").outcome is Outcome.CLEAR


def test_md004__finds_means_over_the_whole_window() -> None:
    found = sequence_score("Sequence(DNASE, None, MEAN, DIFFERENCE)")
    assert (found.outcome, found.severity) == (Outcome.FOUND, Severity.SERIOUS)


WINDOWS = (2_048, 16_384, 131_072)


def swept(power: float, windows: tuple[int, ...] = WINDOWS, *, seed: int = 0) -> list[Finding]:
    scores = model_study(*({"name": f"w{w}", "window": w} for w in windows)).score
    rows = build_measurements(200)
    change = np.random.default_rng(seed).normal(size=200)
    parts = [build_joined(rows, score_name=f"w{w}", score=change * w**power).comparison.frame for w in windows]
    joined = Joined(Comparison(pl.concat(parts)), parts[0].clear(), build_joined(rows).attrition)
    return list(ScoreIsNotDiluted().check(scores=scores, joined=joined))


@pytest.mark.parametrize("power", [0.0, -0.3, 0.4])
def test_md004__clear_where_spread_does_not_fall_with_the_window(power: float) -> None:
    (found,) = swept(power)
    assert (found.outcome, found.statistic) == (Outcome.CLEAR, pytest.approx(power, abs=1e-6))


@pytest.mark.parametrize("power", [-1.0, -0.884])
def test_md004__finds_dilution_across_windows(power: float) -> None:
    (found,) = swept(power)
    assert (found.outcome, found.statistic) == (Outcome.FOUND, pytest.approx(power, abs=1e-6))
    assert swept(power, WINDOWS[:2]) == []
