"""MD: does a score do what it says when the answer is known beforehand?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Phase, Severity
from refalt.audits.rows import floats
from refalt.models.base import SHIFT, Probe
from refalt.studies.study import ScoreSection
from refalt.tables import Probes

#: Of a typical score. Exchanged alleles are the same two sequences, so only rounding in half precision may differ; a
#: score without its sign is off by two.
ALLELE_TOLERANCE: Final = 0.05
#: Of a typical score. No network reads both strands or two windows quite alike; where half of a typical score comes
#: from the strand or from a few bases of window, the variant is not what is scored.
PLACE_TOLERANCE: Final = 0.5
#: A model whose answers cost is not asked for the rest when more than this share of probes fails.
MOST_BROKEN: Final = 0.5
_TOLERANCES: Final = {
    Probe.SWAPPED: ALLELE_TOLERANCE,
    Probe.SAME: ALLELE_TOLERANCE,
    Probe.STRAND: PLACE_TOLERANCE,
    Probe.SHIFTED: PLACE_TOLERANCE,
}
_WORDS: Final = {
    Probe.SWAPPED: "alleles exchanged",
    Probe.SAME: "REF against itself",
    Probe.STRAND: "other strand",
    Probe.SHIFTED: f"window {SHIFT} bases further on",
}


class AnswersKnownBeforehand(Audit):
    """MD008.

    Answers to exchanged alleles are not the negative of the answers, or those to REF against itself are not 0,
    by more than the tolerance. Where most exchanges fail, a model that is paid for is not asked on.
    """

    code = "MD008"
    phase = Phase.PROBE
    severity = Severity.SERIOUS
    affirms = "A signed score turns its sign when REF and ALT change places, and is 0 for REF against itself."
    why = (
        "A score that does not turn with its alleles has no sign to compare, whatever its correlation; one that is "
        "not 0 for no change measures something besides the variant. Both are seen in a few questions, before all "
        "the others are asked."
    )
    example = "chr1:1000:A>G scores 0.8, and with the alleles exchanged 0.7 instead of -0.8."
    remedy = (
        "Look at how the model takes the difference of its alleles; declare a score without direction with "
        "signed = false; a waiver of MD008 goes on all the same."
    )

    def check(self, *, probes: Probes, scores: Sequence[ScoreSection]) -> Iterator[Finding]:
        """Hold each probe's answer against what it must be, score by score."""
        if not scores:
            yield self.skipped("there is no score")
        for score in scores:
            yield self._one(score.name, probes.frame.filter(pl.col("score_name") == score.name))

    def _one(self, name: str, rows: pl.DataFrame) -> Finding:
        tested = rows.filter(pl.col("expected").is_finite() & pl.col("probe_score").is_finite())
        untested = _untested(rows)
        if tested.is_empty():
            return self.skipped("; ".join(untested) or "nothing was probed", subject=name)
        once = tested.unique(["asked_id", "target_id"])
        typical = _root_mean_square(np.concatenate([floats(once, "score"), floats(tested, "probe_score")]))
        if typical == 0:
            return self.skipped("every variant that was probed with scores 0", subject=name)
        tested = tested.with_columns(off=(pl.col("probe_score") - pl.col("expected")).abs() / typical)
        told, beyond, worst = [], [], 0.0
        for probe, tolerance in _TOLERANCES.items():
            part = tested.filter(pl.col("probe") == probe.value)
            if part.is_empty():
                continue
            off = _off(probe, part)
            told.append(f"{_WORDS[probe]} in {part.height} ({off:.2g} of {tolerance:g} allowed)")
            worst = max(worst, off / tolerance)
            beyond += [part.filter(pl.col("off") > tolerance)] if off > tolerance else []
        said = f"{name}, off by how much of a typical score of {typical:.3g}: {', '.join([*told, *untested])}"
        numbers: dict[str, Any] = {"subject": name, "n_examined": tested.height, "statistic": worst, "threshold": 1.0}
        if not beyond:
            return self.clear(f"{said}.", **numbers)
        broken = pl.concat(beyond).sort("off", descending=True)
        return self.found(
            f"{said}.",
            n_affected=broken.height,
            examples=tuple(map(_example, broken.iter_rows(named=True))),
            severity=self._severity(tested, broken),
            **numbers,
        )

    def _severity(self, tested: pl.DataFrame, broken: pl.DataFrame) -> Severity:
        """Fatal where most exchanges fail and every further answer costs: the study stops before it spends."""
        swapped = pl.col("probe") == Probe.SWAPPED.value
        n_broken, n_swapped = broken.filter(swapped).height, tested.filter(swapped).height
        costly = n_broken > MOST_BROKEN * n_swapped and bool(tested.get_column("paid").all())
        return Severity.FATAL if costly else self.severity


def _off(probe: Probe, part: pl.DataFrame) -> float:
    """The worst for what must hold each time, a typical one for what holds on the whole."""
    off = floats(part, "off")
    return float(off.max()) if _TOLERANCES[probe] == ALLELE_TOLERANCE else _root_mean_square(off)


def _root_mean_square(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _untested(rows: pl.DataFrame) -> list[str]:
    """Probes without an answer, by their commonest reason."""
    told: dict[str, list[str]] = {}
    for probe in Probe:
        lost = rows.filter((pl.col("probe") == probe.value) & pl.col("reason").is_not_null())
        if lost.height:
            why = str(lost.get_column("reason").value_counts(sort=True).item(0, "reason"))
            asked = lost.get_column("asked_id").is_not_null().any()
            told.setdefault(why, []).append(f"{_WORDS[probe]} in {lost.height}" if asked else _WORDS[probe])
    return [f"not tested: {' and '.join(probes)}, because {why}" for why, probes in told.items()]


def _example(row: dict[str, Any]) -> str:
    target = f" ({row['target_id']})" if row["target_id"] else ""
    return (
        f"{row['asked_id']}{target}: {_WORDS[Probe(row['probe'])]} scores {row['probe_score']:.4g}, "
        f"must be {row['expected']:.4g}"
    )
