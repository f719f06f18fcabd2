from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from refalt.evaluation.clusters import Clusters
from refalt.evaluation.join import Joined, join
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection
from refalt.tables import AlleleChecks, Failures, Measurements, Predictions
from refalt.testing.builders import build_checks, build_clusters, build_measurements


def _declared(**changes: object) -> DatasetSection:
    effect = {"column": "b", "of": "alt", "source": "test"} | changes.pop("effect", {})  # type: ignore[operator]
    recorded = {"x": {"column": "x", "of": changes.pop("score_of", "alt"), "signed": changes.pop("signed", True)}}
    return DatasetSection.model_validate({"name": "t", "assembly": "GRCh38", "effect": effect, "recorded": recorded})


def _joined(
    rows: list[dict[str, object]], declared: DatasetSection, score: str = "x", model: str = "recorded"
) -> Joined:
    """One row a variant: beta, value of the score, sign of its orientation, and what else a test needs."""
    n = len(rows)
    ids = [f"chr1:{i + 1}:A>C" for i in range(n)]
    asked = [f"asked{i}" for i in range(n)]
    measured = {
        "source_row": list(range(1, n + 1)), "kind": ["variant"] * n, "variant_id": ids,
        "ref": ["A"] * n, "alt": ["C"] * n,
        "beta": [row.get("beta") for row in rows], "effect_allele": [row.get("allele") for row in rows],
        "reason": [row.get("reason") for row in rows], "flags": [[] for _ in rows],
    }  # fmt: skip
    types = {column.name: column.dtype for column in Measurements.declared}
    measurements = Measurements(pl.DataFrame(measured, schema={name: types[name] for name in measured}))
    checks = AlleleChecks(
        pl.DataFrame(
            {
                "variant_id": ids, "asked_id": asked, "orientation": ["as_given"] * n,
                "sign": [row.get("sign", 1) for row in rows], "reason": [row.get("allele_reason") for row in rows],
                "flags": [[] for _ in rows],
            },
            schema_overrides={"sign": pl.Int8, "reason": pl.String, "flags": pl.List(pl.String)},
        )
    )  # fmt: skip
    values = [(i, row["score"]) for i, row in enumerate(rows) if row.get("score") is not None]
    predictions = Predictions(
        pl.DataFrame(
            {
                "asked_id": [asked[i] for i, _ in values],
                "made_for": [ids[i] if model == "recorded" else asked[i] for i, _ in values],
                "input_id": [asked[i] for i, _ in values],
                "raw": [[value] for _, value in values],
            },
            schema_overrides={
                "asked_id": pl.String,
                "made_for": pl.String,
                "input_id": pl.String,
                "raw": pl.List(pl.Float64),
            },
        )
    )
    clusters = Clusters(pl.DataFrame({"source_row": range(1, n + 1), "cluster_id": ["c"] * n}), "window_1mb", "")
    section = ScoreSection.model_validate({"name": score, "model": model})
    return join(
        measurements,
        checks,
        {score: predictions},
        scores=[section],
        declared=declared,
        clusters=clusters,
        failures=Failures(
            pl.DataFrame(
                [
                    {"score_name": score, "asked_id": asked[i], "error": "e", "attempts": 1}
                    for i, r in enumerate(rows)
                    if r.get("failed")
                ],
                schema={column.name: column.dtype for column in Failures.declared},
            )
        ),
    )


def _values(joined: Joined, name: str) -> list[float]:
    return joined.comparison.frame.get_column(name).to_list()


def test_join__a_swapped_row_turns_effect_and_recorded_score() -> None:
    found = _joined([{"beta": 2.0, "score": 3.0, "sign": -1}, {"beta": 2.0, "score": 3.0}], _declared())
    assert _values(found, "effect") == [-2.0, 2.0]
    assert _values(found, "score") == [-3.0, 3.0]


def test_join__a_swapped_row_turns_no_score_of_a_model() -> None:
    found = _joined([{"beta": 2.0, "score": 3.0, "sign": -1}], _declared(), model="motif")
    assert (_values(found, "effect"), _values(found, "score")) == ([-2.0], [3.0])


def test_join__an_unsigned_recorded_score_is_never_turned() -> None:
    found = _joined([{"beta": 2.0, "score": 3.0, "sign": -1}], _declared(signed=False))
    assert _values(found, "score") == [3.0]


def test_join__an_effect_of_the_reference_allele_is_turned_once() -> None:
    found = _joined(
        [{"beta": 2.0, "score": 3.0}, {"beta": 2.0, "score": 3.0, "sign": -1}], _declared(effect={"of": "ref"})
    )
    assert _values(found, "effect") == [-2.0, 2.0]
    assert _values(found, "score") == [3.0, -3.0]


def test_join__a_recorded_score_of_the_reference_allele_is_turned_once() -> None:
    found = _joined([{"beta": 2.0, "score": 3.0}], _declared(score_of="ref"))
    assert _values(found, "score") == [-3.0]


@pytest.mark.parametrize(
    ("allele", "effect"), [("C", 2.0), ("A", -2.0), ("ALT", 2.0), ("REF", -2.0), ("G", None), (None, None)]
)
def test_join__the_effect_allele_of_a_row_decides_its_sign(allele: str | None, effect: float | None) -> None:
    declared = _declared(effect={"of": {"column": "ea"}})
    assert _values(_joined([{"beta": 2.0, "score": 1.0, "allele": allele}], declared), "effect") == [effect]


def test_join__the_null_is_taken_off_before_the_sign() -> None:
    declared = _declared(effect={"null": 0.5, "scale": "allelic_ratio"})
    found = _joined([{"beta": 0.75, "score": 1.0, "sign": -1}, {"beta": 0.5, "score": 1.0, "sign": -1}], declared)
    np.testing.assert_array_equal(_values(found, "effect"), [-0.25, 0.0])


def test_join__every_row_is_kept_or_has_its_reason_and_the_counts_add_up() -> None:
    rows: list[dict[str, object]] = [
        {"beta": 1.0, "score": 1.0},
        {"beta": 1.0},
        {"beta": 1.0, "failed": True},
        {"beta": 1.0, "score": 1.0, "reason": "bad_allele"},
        {"beta": 1.0, "score": 1.0, "reason": "not_lifted"},
        {"beta": 1.0, "score": 1.0, "allele_reason": "ref_mismatch"},
    ]
    recorded = _joined(rows, _declared())
    assert recorded.comparison.frame.get_column("source_row").to_list() == [1, 5, 6]
    assert recorded.removed.select("source_row", "reason").rows() == [
        *((2, "no_score"), (3, "prediction_failed"), (4, "bad_allele"))
    ]
    model = _joined(rows, _declared(), model="motif")
    assert model.comparison.frame.get_column("source_row").to_list() == [1, 5, 6]
    for joined in (recorded, model):
        counts = joined.attrition.frame.group_by("stage").agg(pl.col("n_rows").sum())
        assert set(counts.get_column("n_rows")) == {len(rows)}


def test_join__a_row_without_place_or_score_leaves_for_the_place() -> None:
    found = _joined(
        [{"beta": 1.0, "reason": "not_lifted"}, {"beta": 1.0, "allele_reason": "ref_mismatch"}], _declared()
    )
    assert found.removed.get_column("reason").to_list() == ["not_lifted", "ref_mismatch"]


def test_join__a_gene_meets_its_score_whatever_its_version_and_one_outside_the_window_leaves_for_that() -> None:
    measured = pl.DataFrame(
        {
            "source_row": [1, 2],
            "kind": ["variant"] * 2,
            "variant_id": ["chr1:5:A>C"] * 2,
            "target_id": ["ENSG00000000001.5", "ENSG00000000002.7"],
            "beta": [1.0, 2.0],
            "flags": [[], []],
        },
        schema_overrides={"flags": pl.List(pl.String)},
    )
    checks = pl.DataFrame(
        {
            "variant_id": ["chr1:5:A>C"],
            "asked_id": ["chr1:5:A>C"],
            "orientation": ["as_given"],
            "sign": [1],
            "flags": [[]],
        },
        schema_overrides={"sign": pl.Int8, "flags": pl.List(pl.String)},
    )
    answers = pl.DataFrame(
        {
            "asked_id": ["chr1:5:A>C"] * 2,
            "made_for": ["chr1:5:A>C"] * 2,
            "target_id": ["ENSG00000000001", "ENSG00000000009"],
            "input_id": ["w"] * 2,
            "raw": [[0.5], [0.7]],
        }
    )
    found = join(
        Measurements(measured),
        AlleleChecks(checks),
        {"m": Predictions(answers)},
        scores=[ScoreSection.model_validate({"name": "m", "model": "alphagenome"})],
        declared=_declared(),
        clusters=Clusters(pl.DataFrame({"source_row": [1, 2], "cluster_id": ["c", "c"]}), "gene", ""),
        failures=Failures.empty(),
    )
    assert found.comparison.frame.select("source_row", "score").rows() == [(1, 0.5)]
    assert found.removed.select("source_row", "reason").rows() == [(2, "gene_outside_window")]


def _largest(aggregate: str, *, value: str = "raw", genes: bool = False) -> list[float]:
    """Scores of two variants with three tracks each; with genes, of the first variant in two genes."""
    rows = {
        "asked_id": ["one", "one", "two"] if genes else ["one", "two"],
        "made_for": ["one", "one", "two"] if genes else ["one", "two"],
        "input_id": ["i", "i", "j"] if genes else ["i", "j"],
        "target_id": ["g1", "g2", "g1"] if genes else [None, None],
        "raw": [[0.1, -0.5, 0.3], [0.2, 0.4, -0.9], [1.0, 2.0, 3.0]] if genes else [[0.1, -0.5, 0.3], [1.0, 2.0, 3.0]],
    }
    rows["quantile"] = [[each / 10 for each in row] for row in rows["raw"]]
    names = dict.fromkeys(("target_id", "context_id"), pl.String)
    predictions = Predictions(pl.DataFrame(rows | {"context_id": [None] * len(rows["raw"])}, schema_overrides=names))
    measurements = build_measurements(2, rsid=["one", "two"], chrom=None, pos=None, ref=None, alt=None, target_id="g1")
    checks = build_checks(measurements).frame.with_columns(pl.col("variant_id").alias("asked_id"))
    found = join(
        measurements, AlleleChecks(checks), {"x": predictions},
        scores=[ScoreSection(name="x", model="m", aggregate=aggregate, value=value)],  # type: ignore[arg-type]
        declared=_declared(), clusters=build_clusters(measurements), failures=Failures.empty(),
    )  # fmt: skip
    return found.comparison.frame.get_column("score").to_list()


def test_join__tracks_become_one_score_as_the_study_says() -> None:
    assert _largest("mean") == pytest.approx([-0.1 / 3, 2.0])
    assert _largest("max") == [0.3, 3.0]
    assert _largest("max_abs") == [-0.5, 3.0]
    assert _largest("max_abs", value="quantile") == [-0.05, 0.3]


def test_join__a_largest_value_is_over_all_genes_whatever_the_measured_one() -> None:
    assert _largest("mean", genes=True) == pytest.approx([-0.1 / 3, 2.0])
    assert _largest("max", genes=True) == [0.4, 3.0]
    assert _largest("max_abs", genes=True) == [-0.9, 3.0]
