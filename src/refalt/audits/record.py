"""RC: does the run say where every row and every number came from?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import share, shown_rows
from refalt.evaluation.join import Joined
from refalt.genome import SIMULATED_PREFIX
from refalt.sources.fasta import Genome
from refalt.sources.fetch import FoundFile
from refalt.studies.sections import DatasetSection
from refalt.studies.study import Study
from refalt.tables import Failures, Measurements, Predictions

#: Marks that a stage leaves on a row whose values nobody measured.
MADE_UP_FLAGS: Final = ("simulated", "imputed")
#: More failures than this and the rest are no longer the rows that were chosen.
MOST_FAILURES: Final = 0.01


class NothingWasMadeUp(Audit):
    """RC001.

    A row is flagged simulated or imputed, or an assembly is a simulated one, in a dataset that does not declare it.
    """

    code = "RC001"
    phase = Phase.POST
    severity = Severity.FATAL
    affirms = "Every value was measured or predicted; what is simulated says so."
    why = (
        "Failed predictions were once replaced by random numbers and counted as successes; simulated effects copied "
        "into a results folder pass for measured ones."
    )
    example = "Rows flagged `imputed`, or a genome called simulated-toy under a dataset that claims to be real."
    remedy = "Remove the invented rows, or declare simulated = true in [dataset]; the report is then headed so."

    def check(
        self,
        *,
        declared: DatasetSection,
        measurements: Measurements,
        study: Study | None = None,
        genome: Genome | None = None,
        joined: Joined | None = None,
    ) -> Finding:
        """Look for the marks of simulation in assemblies and on rows."""
        frames = [measurements.frame, *([joined.comparison.frame] if joined else [])]
        marked = pl.concat([_marked(frame) for frame in frames]).unique("source_row", maintain_order=True)
        if declared.simulated:
            return self.clear("The dataset declares itself simulated, and the report is headed so.")
        wheres = {
            "the dataset's assembly": declared.assembly,
            "the study's genome": study.genome.assembly if study and study.genome else "",
            "the genome file": genome.assembly if genome else "",
        }
        simulated = [f"{where} is {name}" for where, name in wheres.items() if name.startswith(SIMULATED_PREFIX)]
        if not simulated and not marked.height:
            return self.clear("No assembly and no row is marked simulated or imputed.", n_examined=len(measurements))
        rows = [f"{marked.height:,} rows are flagged {' or '.join(MADE_UP_FLAGS)}"] if marked.height else []
        return self.found(
            f"The dataset is declared real, but {'; '.join(simulated + rows)}.",
            n_affected=marked.height or len(measurements),
            n_examined=len(measurements),
            examples=shown_rows(marked),
        )


def _marked(frame: pl.DataFrame) -> pl.DataFrame:
    flagged = pl.col("flags").list.set_intersection(list(MADE_UP_FLAGS)).list.len() > 0
    return frame.select("source_row", "variant_id", "element_id", "flags").filter(flagged)


class NothingWasLostInSilence(Audit):
    """RC002.

    Rows kept and rows lost for a reason do not add up to the rows that came in; or over one question in a hundred
    got no answer.
    """

    code = "RC002"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "At every stage the rows kept and the rows lost for a reason add up to the rows that came in."
    why = (
        "A success rate of 99.997 % was reported over rows that had been filtered without a word; a resume bug lost "
        "the first hundred rows of a pool. Rows that vanish are seldom a random sample."
    )
    example = "6,963 rows came in; 6,863 are compared, and no reason is given for a hundred."
    remedy = "Look at attrition.tsv for the stage that does not add up; run again to ask what failed once more."

    def check(
        self,
        *,
        measurements: Measurements,
        joined: Joined,
        failures: Failures | None = None,
        predictions: Mapping[str, Predictions] | None = None,
    ) -> Iterator[Finding]:
        """Add up the ledger stage by stage, then count failures score by score."""
        yield self._ledger(len(measurements), joined)
        if failures is not None and predictions is not None:
            for name, answered in sorted(predictions.items()):
                yield self._failed(name, failures, answered)

    def _ledger(self, n_in: int, joined: Joined) -> Finding:
        sums = joined.attrition.frame.group_by("stage", "score_name", maintain_order=True).agg(
            pl.col("n_rows").sum(), pl.col("n_rows").filter(pl.col("reason") == "kept").sum().alias("kept")
        )
        held = joined.comparison.frame.group_by("score_name").len("held")
        sums = sums.join(held, on="score_name", how="left").with_columns(pl.col("held").fill_null(0))
        compared = pl.col("stage") == "comparison"
        wrong = sums.filter((pl.col("n_rows") != n_in) | (compared & (pl.col("kept") != pl.col("held"))))
        if wrong.is_empty() and sums.height:
            return self.clear(f"{n_in:,} rows are accounted for at all {sums.height} stages.", n_examined=sums.height)
        lines = [
            f"{row['stage']} of {row['score_name']}: {row['n_rows']:,} of {n_in:,} rows, {row['kept']:,} kept"
            + (f", {row['held']:,} compared" if row["stage"] == "comparison" else "")
            for row in wrong.iter_rows(named=True)
        ]
        return self.found(
            f"{wrong.height} of {sums.height} stages do not add up to {n_in:,} rows.",
            n_affected=wrong.height,
            n_examined=sums.height,
            examples=tuple(lines),
        )

    def _failed(self, name: str, failures: Failures, answered: Predictions) -> Finding:
        lost = failures.unanswered.filter(pl.col("score_name") == name)
        n_lost, n_asked = lost.height, lost.height + len(answered)
        if n_asked == 0:
            return self.skipped("nothing was asked", subject=name)
        numbers: Numbers = {
            "n_affected": n_lost,
            "n_examined": n_asked,
            "statistic": n_lost / n_asked,
            "threshold": MOST_FAILURES,
        }
        said = f"{share(n_lost, n_asked)} questions of {name} got no answer"
        if n_lost <= MOST_FAILURES * n_asked:
            return self.clear(f"{said}.", subject=name, **numbers)
        errors = lost.get_column("error").value_counts(sort=True).head(3)
        words = "; ".join(f"{row['count']} x {row['error']}" for row in errors.iter_rows(named=True))
        return self.found(f"{said}: {words}.", subject=name, examples=tuple(lost.get_column("asked_id")), **numbers)


class ItCanBeRunAgain(Audit):
    """RC003.

    A model has no pinned revision, a file or table has no digest, or a file changed since an earlier run.
    """

    code = "RC003"
    phase = Phase.POST
    severity = Severity.SERIOUS
    affirms = "Whoever has the inputs can run this again and get the same numbers."
    why = (
        "A served model changes under its name and a downloaded table under its address; the numbers then have no home."
    )
    example = "[models.alphagenome] with revision = ''; an input whose digest is not the one of the first run."
    remedy = (
        "Pin revision in [models.NAME]; keep the inputs, or start a study of another name with the changed ones; ask "
        "again with --rescore what came through another client."
    )

    def check(
        self,
        *,
        files: Sequence[FoundFile],
        study: Study,
        table_digests: Mapping[str, str] | None = None,
        past_events: Sequence[Mapping[str, Any]] = (),
        clients: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
    ) -> Finding:
        """Look for what is not pinned, has no digest, changed since an earlier run, or came through two clients."""
        asked = {score.model for score in study.score}
        complaints = [
            *(f"model {name} has no pinned revision" for name in sorted(asked & _unpinned(study))),
            *(f"file {file.name} has no digest" for file in files if not file.sha256),
            *(f"table {name} has no digest" for name, digest in (table_digests or {}).items() if not digest),
            *_changed(files, past_events),
            *_mixed(clients),
        ]
        n = len(files) + len(asked) + len(table_digests or {})
        if complaints:
            return self.found("; ".join(complaints) + ".", n_affected=len(complaints), n_examined=n)
        return self.clear(f"{len(files)} input files and {len(table_digests or {})} tables have digests.", n_examined=n)


def _unpinned(study: Study) -> set[str]:
    # Where the study file is silent the model's own default stands, and the lock file names it.
    return {name for name, section in study.models.items() if not str(section.get("revision", "default")).strip()}


def _changed(files: Sequence[FoundFile], past_events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Inputs whose digest differs from the one in an event's `inputs`, a mapping of name to sha256."""
    for file in files:
        digests = {event["inputs"].get(file.name) for event in past_events if isinstance(event.get("inputs"), Mapping)}
        if digests - {None, file.sha256}:
            yield f"file {file.name} changed since an earlier run"


def _mixed(clients: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Scores whose answers came through clients of several versions, some of them out of the store."""
    for name, counts in sorted(clients.items()):
        if len(counts) > 1:
            parts = [f"{n:,} through {version or 'an unknown one'}" for version, n in sorted(counts.items())]
            yield f"answers of {name} came through clients of {len(parts)} versions: {' and '.join(parts)}"
