"""A simulated study, and the evidence that audits get of it: made by the product's own stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from audit_studies.world import ASSEMBLY, OLD, World
from refalt.audits.base import Finding, Phase, withheld_metrics
from refalt.audits.runner import run_audits
from refalt.datasets.placement import measurements, place
from refalt.evaluation.beside.significance import adjusted
from refalt.evaluation.clusters import assign_clusters
from refalt.evaluation.controls import run_controls
from refalt.evaluation.evaluate import Terms, evaluate
from refalt.evaluation.join import join
from refalt.models.base import Answers, Asked, Model, ModelSection
from refalt.pipeline import stages
from refalt.scoring.plan import plan
from refalt.scoring.run import score_with
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection, Study
from refalt.tables import Estimates, Failures, Inputs, Tracks

Floats = npt.NDArray[np.float64]
Evidence = dict[str, Any]
SAID, MODELLED = "said", "modelled"
#: Controls shuffle 200 times and tests permute: beyond this many rows they are left out, and so are labels made of
#: the effects.
CONTROLLED_ROWS = 2_000
#: The text columns that the measurements of every design have, if only as nulls.
_TEXT = ("element_id", "target_id", "context_id", "ref", "alt", "rsid", "effect_allele", "wild_type_id", "reason")
_TRACK = {"output": "DNASE", "ontology_curie": "EFO:0002784"}
SCORES: Sequence[Mapping[str, Any]] = (
    {"name": SAID, "model": "recorded", "method": "recorded"},
    {"name": MODELLED, "model": "alphagenome", "scorer": "CenterMask(DNASE, 501, DIFF_LOG2_SUM)", "tracks": _TRACK},
)


@dataclass(frozen=True)
class Simulated:
    """Published rows and what the study file says of them.

    Attributes:
        design: Its name.
        rows: As a dataset publishes them, with `recorded.said`.
        modelled: float64[n], what the model says of ALT over REF as published.
        dataset: Of `[dataset]`.
        sections: Other sections of the study file.
        waive: What the study file accepts, with the reason.
        sequences: Carried ones: source_row, ref_sequence, alt_sequence, offset.
        beside: Which of genome, genes and lifts are given.
        spoiled: Changes the evidence of a phase before the audits see it.
    """

    design: str
    rows: pl.DataFrame
    modelled: Floats
    dataset: Mapping[str, Any]
    world: World
    sections: Mapping[str, Any] = field(default_factory=dict)
    waive: Mapping[str, str] = field(default_factory=dict)
    sequences: pl.DataFrame | None = None
    beside: frozenset[str] = frozenset({"genome"})
    spoiled: Callable[[Evidence], Evidence] | None = None

    def but(self, **changes: Any) -> Simulated:
        """The same with other rows or declarations."""
        return replace(self, **changes)

    def with_rows(self, **columns: Any) -> Simulated:
        """The same with other columns, in the types that the columns have."""
        kept = [
            pl.Series(name, values, self.rows.schema.get(name), strict=False)
            if isinstance(values, np.ndarray | list)
            else values.alias(name)
            for name, values in columns.items()
        ]
        return replace(self, rows=self.rows.with_columns(kept))


class _Planted(Model):
    """Answers from a table of asked variants."""

    readout = "simulated"

    def __init__(self, answers: pl.DataFrame, tracks: Mapping[str, str]) -> None:
        super().__init__(ModelSection())
        self._answers, self._tracks = answers, tracks

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        return pl.DataFrame({"track_index": [0], "track_id": [f"DNASE|{score.name}|."], **self._tracks})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:  # noqa: ARG002
        known = asked.rows.select("asked_id").join(self._answers, on="asked_id", how="left", maintain_order="left")
        values = known.get_column("value").to_numpy()
        row = np.flatnonzero(np.isfinite(values))
        yield Answers(row, values[row, None])


def audited(study: Simulated, *, wanted: str = "", resamples: int = 100) -> list[Finding]:
    """Findings of both phases; those before predictions alone, once the code that is wanted is among them."""
    evidence = _preflight(study)
    spoil = study.spoiled or (lambda found: found)
    before = run_audits(Phase.PREFLIGHT, spoil(dict(evidence)), waivers=study.waive)
    if any(finding.code == wanted and finding.is_open for finding in before):
        return before
    after = spoil(_post(study, evidence, withheld_metrics(before), resamples))
    return before + run_audits(Phase.POST, after, waivers=study.waive)


def _preflight(study: Simulated) -> Evidence:
    world, declared = study.world, DatasetSection.model_validate({"assembly": ASSEMBLY, **study.dataset})
    genome = world.genome if "genome" in study.beside else None
    lifted = declared.assembly != ASSEMBLY
    absent = [pl.lit(None, pl.String).alias(name) for name in _TEXT if name not in study.rows.columns]
    numbers = ("beta", "standard_error", "p_value", "maf", "pip", "recorded.said")
    absent += [pl.lit(None, pl.Float64).alias(name) for name in numbers if name not in study.rows.columns]
    rows = study.rows.with_columns(*absent, flags=pl.lit([], pl.List(pl.String)))
    placed = place(
        rows, source_assembly=declared.assembly, lift=world.lift if lifted else None, same_assembly=not lifted
    )
    table = measurements(placed)
    inputs = Inputs.empty()
    if study.sequences is not None:
        names = table.frame.select("source_row", "variant_id", "element_id")
        inputs = Inputs(study.sequences.join(names, on="source_row", maintain_order="left"))
    filled = Study.model_validate(
        {
            "study": {"name": "simulated", "question": "Is it so?"},
            "dataset": {"name": declared.name},
            "models": {"alphagenome": {"revision": "FOLD_0"}},
            "score": SCORES,
            "genome": {"assembly": ASSEMBLY},
        }
        | study.sections
    )
    kind = filled.evaluation.clusters
    return {
        "measurements": table,
        "declared": declared,
        "study": filled,
        "scores": filled.score,
        "files": [world.source],
        "checks": stages.check_variants(stages.Read(table, inputs, None, ()), genome),
        "clusters": assign_clusters(table, kind, source_assembly=declared.assembly, blocks=None),
        "inputs": inputs if len(inputs) else None,
        "genome": genome,
        "genes": world.genes if "genes" in study.beside else None,
        "folds": world.held_out,
        "lifts": {(OLD, ASSEMBLY): world.lift} if lifted or "lifts" in study.beside else None,
        "past_events": (),
    }


def _post(study: Simulated, evidence: Evidence, withheld: Mapping[str, str], resamples: int) -> Evidence:
    scored = _scored(study, evidence)
    failures = Failures(pl.concat([each.failures.frame for each in scored.values()]))
    joined = join(
        evidence["measurements"],
        evidence["checks"],
        {name: each.predictions for name, each in scored.items()},
        scores=evidence["scores"],
        declared=evidence["declared"],
        clusters=evidence["clusters"],
        failures=failures,
    )
    small = study.rows.height <= CONTROLLED_ROWS
    cheap = {"resamples": resamples, "permutations": 19 if small else 0} | ({} if small else {"labels": ()})
    settings = evidence["study"].evaluation.model_copy(update=cheap)
    terms = Terms(study.design, settings, 1, 0.05, withheld, evidence["declared"].quantity)
    estimates = Estimates(adjusted(evaluate(joined, evidence["scores"], terms)))
    return evidence | {
        "predictions": {name: each.predictions for name, each in scored.items()},
        "tracks": Tracks(pl.concat([each.tracks.frame for each in scored.values()])),
        "failures": failures,
        "joined": joined,
        "estimates": estimates,
        "controls": run_controls(joined, evidence["scores"], terms) if small else None,
        "table_digests": {"measurements.parquet": "0" * 64},
    }


def _scored(study: Simulated, evidence: Evidence) -> dict[str, Any]:
    """Predictions of every score: the recorded one as published, the model's for the asked variants."""
    named = evidence["measurements"].frame.select("source_row", pl.coalesce("variant_id", "element_id").alias("name"))
    value = study.rows.select("source_row").with_columns(value=pl.Series(study.modelled))
    sign = evidence["checks"].frame.select(pl.col("variant_id").alias("name"), "asked_id", "sign")
    answers = (
        named.join(value, on="source_row", maintain_order="left")
        .join(sign, on="name", how="left", maintain_order="left")
        .select(pl.coalesce("asked_id", "name").alias("asked_id"), pl.col("value") * pl.col("sign").fill_null(1))
        .unique("asked_id", keep="first", maintain_order=True)
    )
    scored = {}
    for score in evidence["scores"]:
        recorded = score.model == "recorded"
        names = {"assay": "DNASE", "ontology_curie": _TRACK["ontology_curie"], "biosample_name": "LCL"}
        model = _recorded() if recorded else _Planted(answers, names)
        asked = plan(
            score, evidence["measurements"], evidence["checks"],
            inputs=evidence["inputs"] or Inputs.empty(), genome=evidence["genome"],
        )  # fmt: skip
        scored[score.name] = score_with(model, asked, score)
    return scored


def _recorded() -> Model:
    """The model that passes published scores on."""
    from refalt.models.recorded import Recorded

    return Recorded(ModelSection())
