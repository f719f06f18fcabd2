"""SQ004: do designed constructs differ where they should, and are they measured there?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.alleles import beyond_chance
from refalt.audits.base import EXAMPLES_KEPT, Audit, Finding, Numbers, Phase, Severity
from refalt.audits.carried import shared_ends
from refalt.audits.rows import share, shown_rows
from refalt.studies.study import ScoreSection
from refalt.tables import Inputs, Measurements

#: "Sequence(DNASE, 201, MEAN, DIFFERENCE)": bases that count, around the offset; "None" counts all.
_WIDTH: Final = r"\w+\([^,()]+,\s*([0-9]+)\s*[,)]"


class ConstructsDifferWhereTheyShould(Audit):
    """SQ004.

    One sequence stands under several names, or an edit lies outside of the bases that a score counts.
    """

    code = "SQ004"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Constructs with different names are different sequences, and are measured where they were edited."
    why = (
        "In a series of stacked enhancers the control and the treatment were the same sequence under two names, so the "
        "difference that was reported could only be noise. An edit outside of the bases that a score counts is none "
        "to that score either."
    )
    example = "`enhancer-0x` and `scrambled` hold the same bases; or the edit is 800 bp from the 201 that count."
    remedy = (
        "Compare the manifest with the sequences, and sequences.offset and the scorer's width with where the edits "
        "are; give true replicates one name and tell them apart by context_id."
    )

    def check(
        self, *, inputs: Inputs, measurements: Measurements, scores: Sequence[ScoreSection] = ()
    ) -> Iterator[Finding]:
        """Count sequences under several names; then, for each score with a width, edits that lie outside of it."""
        yield self._names(inputs, measurements)
        edits = _edits(inputs, measurements)
        for score in scores:
            width = re.match(_WIDTH, score.scorer) if score.method != "element" else None
            if width and edits.height:
                yield self._measured(score.name, int(width[1]), edits)

    def _measured(self, name: str, width: int, edits: pl.DataFrame) -> Finding:
        first = pl.col("offset") - width // 2
        missed = edits.filter((pl.col("end") <= first) | (pl.col("start") >= first + width))
        numbers: Numbers = {"subject": name, "n_affected": missed.height, "n_examined": edits.height}
        said = f"{share(missed.height, edits.height)} constructs were edited outside of the {width} bases of {name}"
        if not beyond_chance(missed.height, edits.height):
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}.", examples=shown_rows(missed, "start", "end", "offset"), **numbers)

    def _names(self, inputs: Inputs, measurements: Measurements) -> Finding:
        kept = measurements.kept(recorded=True).select("source_row")
        rows = inputs.frame.filter(pl.col("element_id").is_not_null()).join(kept, on="source_row", how="semi")
        if rows.is_empty():
            return self.skipped("no element carries its sequence")
        names = pl.col("element_id").unique(maintain_order=True)
        shared = (
            rows.group_by("ref_sequence", maintain_order=True)
            .agg(names.alias("names"))
            .filter(pl.col("names").list.len() > 1)
        )
        n_names = rows.get_column("element_id").n_unique()
        n_shared = int(shared.get_column("names").list.len().sum())
        numbers: Numbers = {"n_affected": n_shared, "n_examined": n_names}
        if not n_shared:
            return self.clear(f"{n_names:,} named constructs are {n_names:,} sequences.", **numbers)
        return self.found(
            f"{share(n_shared, n_names)} names share their sequence with another name.",
            examples=tuple(_listed(shared)),
            **numbers,
        )


def _listed(shared: pl.DataFrame) -> Iterator[str]:
    for names in shared.get_column("names").head(EXAMPLES_KEPT):
        yield ", ".join(names.head(3)) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _edits(inputs: Inputs, measurements: Measurements) -> pl.DataFrame:
    """Designed pairs that differ, with the edited interval in the unedited sequence: 0-based `start` and `end`.

    Where alleles are stated the edit is the variant, which stands at the offset (SQ001, SQ002).
    """
    designed = measurements.kept(recorded=True).filter(pl.col("ref").is_null()).select("source_row")
    rows = inputs.frame.join(designed, on="source_row", how="semi", maintain_order="left")
    rows = rows.filter(pl.col("offset").is_not_null() & (pl.col("ref_sequence") != pl.col("alt_sequence")))
    start, same_end = shared_ends(rows.get_column("ref_sequence"), rows.get_column("alt_sequence"))
    end = np.maximum(rows.get_column("ref_sequence").str.len_bytes().to_numpy() - same_end, start + 1)
    return rows.with_columns(pl.Series("start", start), pl.Series("end", end))
