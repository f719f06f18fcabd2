"""Scores of different runs brought onto the rows that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from refalt.audits.base import withheld_metrics
from refalt.evaluation.held import Terms
from refalt.evaluation.join import RECORDED, Joined
from refalt.provenance import digest_of
from refalt.report.evidence import Evidence, score_names
from refalt.report.together.evidence import Member
from refalt.studies.read import validate_section
from refalt.studies.study import EvaluationSection, ScoreSection
from refalt.tables import Attrition, Comparison

#: Columns that name a row across runs of different tables.
_KEY: Final = ("asked_id", "target_id", "context_id")
_MEASURED: Final = ("effect", "label", "matched_label")


@dataclass(frozen=True)
class Entry:
    """One score of one run.

    Attributes:
        member: The run.
        section: Its score, renamed `<run>: <score>`.
        rows: Its Comparison rows.
    """

    member: Member
    section: ScoreSection
    rows: pl.DataFrame

    @property
    def evidence(self) -> Evidence:
        """What the run holds."""
        assert self.member.evidence is not None  # made of present members only
        return self.member.evidence


def entries(member: Member, *, only_primary: bool = False) -> list[Entry]:
    """The scores of a run, controls left out."""
    evidence = member.evidence
    if evidence is None or evidence.primary is None:
        return []
    names = [evidence.primary["score_name"]] if only_primary else score_names(evidence)
    frame = evidence.comparison.frame
    found = [Entry(member, score_section(evidence, name), frame.filter(score_name=name)) for name in names]
    return [replace(one, section=replace_name(one.section, f"{member.label}: {one.section.name}")) for one in found]


def score_section(evidence: Evidence, name: str) -> ScoreSection:
    """How a score was made, from the resolved study; a score that the dataset carries is made from its section."""
    for section in evidence.lock.get("score", []):
        if section["name"] == name:
            return validate_section(ScoreSection, section, where=evidence.run.lock, prefix="score")
    recorded = evidence.lock.get("dataset", {}).get("recorded", {}).get(name, {})
    first = evidence.estimate(score_name=name)
    model = str(first["model"]) if first else "recorded"
    return ScoreSection(name=name, model=model, method="recorded", signed=recorded.get("signed", True))


def shared(found: Sequence[Entry]) -> tuple[Joined, str | None]:
    """The rows that all these scores have, as one table; or why rows that they share cannot be compared.

    What was measured, and everything else but the score, is taken from the first; the clusters are those of the run
    that has fewest of them on these rows.
    """
    keys = ["source_row", "asked_id"] if _same_source(found) else list(_KEY)
    tables = [_unambiguous(one.rows, keys) for one in found]
    common = tables[0].select(keys)
    for table in tables[1:]:
        common = common.join(table.select(keys), on=keys, how="semi", nulls_equal=True)
    aligned = [common.join(table, on=keys, how="left", nulls_equal=True, maintain_order="left") for table in tables]
    why = _measured_apart(aligned) if common.height else None
    coarsest = min(aligned, key=lambda table: table.get_column("cluster_id").n_unique())
    base = aligned[0].with_columns(coarsest.get_column("cluster_id"), source_row=pl.int_range(1, pl.len() + 1))
    parts = [
        base.with_columns(table.get_column("score"), table.get_column("input_id"), score_name=pl.lit(one.section.name))
        for one, table in zip(found, aligned, strict=True)
    ]
    comparison = Comparison(pl.concat(parts).select(found[0].rows.columns))
    removed = comparison.frame.clear().with_columns(reason=pl.lit(None, pl.String))
    return Joined(comparison, removed, Attrition.empty()), why


def terms_of(found: Sequence[Entry]) -> Terms:
    """What fixes the numbers: the first run's settings, of labels the primary one only, and no strata.

    What any of the runs withholds is withheld.
    """
    evidence = found[0].evidence
    settings = validate_section(
        EvaluationSection, evidence.lock.get("evaluation", {}), where=evidence.run.lock, prefix="evaluation"
    )
    label = evidence.primary["label_name"] if evidence.primary else ""
    whole: dict[str, Any] = {
        "strata": (),
        "family": ("all",),
        "mean_over": None,
        "permute_within": None,
        "primary": None,
    }
    whole |= {"labels": tuple(name for name in settings.labels if name == label)}
    withheld: dict[str, str] = {}
    for one in found:
        withheld = {**withheld_metrics(one.evidence.findings), **withheld}
    seed, alpha = int(evidence.study.get("seed", 1)), float(evidence.study.get("alpha", 0.05))
    name = evidence.primary["dataset"] if evidence.primary else str(evidence.study["name"])
    return Terms(name, settings.model_copy(update=whole), seed, alpha, withheld, evidence.quantity)


def _same_source(found: Sequence[Entry]) -> bool:
    """Whether all runs read the same table in the same way, so that a row has one number in all."""
    return len({digest_of(_source(one.evidence.lock)) for one in found}) == 1


def _source(lock: Mapping[str, Any]) -> list[Any]:
    """What fixes which row has which number: the dataset's section, and the digests of its files."""
    files = sorted(item["sha256"] for item in lock.get("inputs", []) if item["role"] not in ("genome", "chain"))
    return [lock.get("dataset", {}), files]


def _unambiguous(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    return rows.filter(pl.struct(keys).is_unique())


def _measured_apart(aligned: Sequence[pl.DataFrame]) -> str | None:
    """What of the measured values differs between the runs on the rows they share, or None."""
    first = aligned[0]
    for name in _MEASURED:
        for other in aligned[1:]:
            if name not in first.columns or name not in other.columns:
                continue
            one, two = first.get_column(name).cast(pl.Float64), other.get_column(name).cast(pl.Float64)
            apart = ~((one - two).abs() <= 1e-9 * (1 + one.abs())).fill_null(False) & ~(one.is_null() & two.is_null())
            if apart.any():
                return (
                    f"the {name.replace('_', ' ')} differs on {int(apart.sum()):,} of the {len(one):,} rows they share"
                )
    return None


def same_score(first: Entry, second: Entry) -> bool:
    """Whether two runs made one score in one way: such a pair never differs."""
    if first.section.model == RECORDED and not _same_source([first, second]):
        return False
    plain = [replace_name(one.section, one.section.name.rpartition(": ")[2]) for one in (first, second)]
    models = [one.evidence.lock.get("models", {}).get(one.section.model) for one in (first, second)]
    return plain[0] == plain[1] and models[0] == models[1]


def replace_name(section: ScoreSection, name: str) -> ScoreSection:
    """The score under another name, which need not be one that a study file could give."""
    return section.model_copy(update={"name": name})
