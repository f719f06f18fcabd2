"""SA: are controls controls?"""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import shown_rows
from refalt.evaluation.matching import suspicions
from refalt.tables import Measurements

_SUSPICIONS: Final = {
    "significant": "are as significant as a positive",
    "measured": "have a published effect where other controls have none",
    "shares_peak": "share their peak with a positive",
}


class ControlsAreControls(Audit):
    """SA009.

    A control is as significant as a positive, has a published effect where most controls have none, or shares its
    peak with a positive.
    """

    code = "SA009"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Controls have no effect of their own."
    why = (
        "Of 27,735 published controls 48 have a published effect. A control that is itself associated, or shares its "
        "peak with a positive, is a positive under the wrong label, and good models are punished for ranking it high."
    )
    example = "A row with label 0 and p = 3e-6, in a table whose positives go up to p = 1e-3."
    remedy = "Take such rows out of the controls with a declared filter, and compare both results."

    def check(self, *, measurements: Measurements) -> Finding:
        """Count controls that are as significant as a positive, have an effect, or share a peak with one."""
        rows = measurements.kept(recorded=True)
        controls, positives = rows.filter(pl.col("label") == 0), rows.filter(pl.col("label") == 1)
        if controls.is_empty() or positives.is_empty():
            return self.skipped("there are no labels of both kinds")
        suspicious = rows.hstack(suspicions(rows))
        counts = {words: suspicious.filter(name).select(rows.columns) for name, words in _SUSPICIONS.items()}
        bad = pl.concat(list(counts.values())).unique("source_row", maintain_order=True)
        numbers: Numbers = {"n_affected": bad.height, "n_examined": controls.height}
        if bad.is_empty():
            return self.clear(f"None of {controls.height:,} controls is associated itself.", **numbers)
        said = "; ".join(f"{part.height:,} {name}" for name, part in counts.items() if part.height)
        examples = shown_rows(bad, "beta", "p_value")
        return self.found(f"Of {controls.height:,} controls {said}.", examples=examples, **numbers)
