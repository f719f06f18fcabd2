"""Where things lie in a run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from refalt.errors import UserError
from refalt.files import append_line, write_text


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run; `root` is `runs/<study>-<first 8 of the digest>`."""

    root: Path

    @property
    def lock(self) -> Path:
        """The resolved study."""
        return self.root / "study.lock.toml"

    @property
    def history(self) -> Path:
        """One line a start and an end, appended."""
        return self.root / "history.jsonl"

    @property
    def provenance(self) -> Path:
        """Versions, inputs and digests of every table."""
        return self.root / "provenance.json"

    @property
    def measurements(self) -> Path:
        """Every row of the source."""
        return self.root / "1-measurements.parquet"

    @property
    def allele_checks(self) -> Path:
        """What the anchor said of each variant."""
        return self.root / "2-allele-checks.parquet"

    @property
    def inputs(self) -> Path:
        """Carried sequences."""
        return self.root / "2b-inputs.parquet"

    @property
    def balance(self) -> Path:
        """How alike positives and their matched controls are."""
        return self.root / "2c-balance.parquet"

    @property
    def orientation(self) -> Path:
        """Rows whose alleles or sign are not as published, each with why."""
        return self.root / "2d-orientation.tsv"

    @property
    def probes(self) -> Path:
        """Answers to questions whose answer is known beforehand."""
        return self.root / "2e-probes.parquet"

    def predictions(self, score_name: str) -> Path:
        """Values of one score (score names are safe as paths: the study file's pattern allows no separator)."""
        return self.root / "3-predictions" / f"{score_name}.parquet"

    @property
    def tracks(self) -> Path:
        """Model outputs that the scores select."""
        return self.root / "tracks.parquet"

    @property
    def failures(self) -> Path:
        """What could not be predicted."""
        return self.root / "failures.parquet"

    @property
    def comparison(self) -> Path:
        """Measured beside predicted."""
        return self.root / "4-comparison.parquet"

    @property
    def attrition(self) -> Path:
        """Rows lost, by stage and reason."""
        return self.root / "attrition.tsv"

    @property
    def estimates(self) -> Path:
        """Metrics with their companions."""
        return self.root / "5-estimates.parquet"

    @property
    def diagnostics(self) -> Path:
        """Numbers beside the estimates."""
        return self.root / "5b-diagnostics.parquet"

    @property
    def comparisons(self) -> Path:
        """Differences between scores."""
        return self.root / "5c-comparisons.parquet"

    @property
    def power(self) -> Path:
        """What the rows can and cannot show."""
        return self.root / "5d-power.parquet"

    @property
    def heterogeneity(self) -> Path:
        """Strata side by side."""
        return self.root / "5e-heterogeneity.parquet"

    @property
    def findings(self) -> Path:
        """Answers of the audits."""
        return self.root / "findings.json"

    @property
    def report(self) -> Path:
        """The page to read."""
        return self.root / "report.html"

    @property
    def plots(self) -> Path:
        """Folder of figures."""
        return self.root / "plots"

    @property
    def metric_tables(self) -> Path:
        """Folder of tab-separated tables."""
        return self.root / "tables"

    @property
    def exports(self) -> Path:
        """Folder of files for other programs."""
        return self.root / "exports"

    def require(self) -> None:
        """Raise UserError unless the folder is a run."""
        if not self.lock.is_file():
            raise UserError(
                f"{self.root} is not a run folder",
                expected=f"a folder that holds {self.lock.name}",
                remedy="give the folder that `refalt run` printed",
            )

    def note(self, event: str, **fields: object) -> None:
        """Append one event to the history."""
        append_line(self.history, json.dumps({"event": event, **fields}, sort_keys=True))

    def past(self) -> list[Mapping[str, object]]:
        """The events so far; a line cut short by a crash is left out."""
        if not self.history.is_file():
            return []
        events = []
        for line in self.history.read_text(encoding="utf-8").splitlines():
            try:
                events.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return events

    def write_json(self, path: Path, content: object) -> None:
        """Write indented JSON, atomically; NaN is refused because JSON has none."""
        write_text(path, json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")
