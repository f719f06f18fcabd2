"""What an audit is, and what it answers."""

from __future__ import annotations

import abc
import dataclasses
import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

EXAMPLES_KEPT = 20

#: Fields of a Finding that `clear` and `found` share.
Numbers = dict[str, Any]


class Severity(enum.StrEnum):
    """How bad a finding is: a fatal one stops the study, a serious one stands in the verdict."""

    NOTE = "note"
    SERIOUS = "serious"
    FATAL = "fatal"


class Outcome(enum.StrEnum):
    """How an audit ended; a waived one was found and the study file says why it is accepted."""

    CLEAR = "clear"
    FOUND = "found"
    SKIPPED = "skipped"
    WAIVED = "waived"


class Phase(enum.StrEnum):
    """When an audit can run: before anything is predicted, after the estimates, or by asking the model."""

    PREFLIGHT = "preflight"
    POST = "post"
    PROBE = "probe"


@dataclass(frozen=True)
class Finding:
    """One audit's answer about one subject (the dataset, a score, a stratum).

    Attributes:
        n_affected: Rows (or what `message` counts) that break the affirmation, out of `n_examined`.
        statistic: What was compared with `threshold`; None where there is no single number.
        examples: At most 20 rows, in words.
        withholds: Metrics that must not be shown as numbers because of this finding.
        reason: Why it was skipped or waived.
    """

    code: str
    subject: str
    outcome: Outcome
    severity: Severity
    affirms: str
    n_affected: int = 0
    n_examined: int = 0
    statistic: float | None = None
    threshold: float | None = None
    examples: tuple[str, ...] = ()
    message: str = ""
    remedy: str = ""
    reason: str = ""
    withholds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep at most 20 examples, and numbers that JSON can hold."""
        object.__setattr__(self, "examples", tuple(self.examples[:EXAMPLES_KEPT]))
        if self.statistic is not None and not math.isfinite(self.statistic):
            object.__setattr__(self, "statistic", None)

    @property
    def is_open(self) -> bool:
        """Found, and not waived."""
        return self.outcome is Outcome.FOUND

    def as_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Finding:
        """The inverse of `as_json`."""
        kept = dict(fields)
        kept |= {"outcome": Outcome(kept["outcome"]), "severity": Severity(kept["severity"])}
        kept |= {"examples": tuple(kept["examples"]), "withholds": tuple(kept["withholds"])}
        return cls(**kept)


class Audit(abc.ABC):
    """One check. Its `check` method's parameter names say which evidence it needs.

    Attributes:
        code: Never reused.
        phase: When it runs first.
        again_in: Later phases in which it runs once more, on evidence that did not exist before.
        severity: Of a finding, unless `check` raises or lowers it.
        affirms: The sentence that is true when nothing is found.
        why: What published conclusion the mistake led to, or what it does to a number.
        example: What an offending row or table looks like.
        remedy: What the user can do.
    """

    code: ClassVar[str]
    phase: ClassVar[Phase]
    severity: ClassVar[Severity]
    affirms: ClassVar[str]
    why: ClassVar[str]
    example: ClassVar[str]
    remedy: ClassVar[str]
    again_in: ClassVar[tuple[Phase, ...]] = ()

    #: Takes evidence by keyword, returns one Finding or several.
    check: ClassVar[Any]

    def clear(self, message: str, *, subject: str = "dataset", **fields: Any) -> Finding:
        """The answer when the affirmation holds."""
        return Finding(self.code, subject, Outcome.CLEAR, self.severity, self.affirms, message=message, **fields)

    def found(self, message: str, *, subject: str = "dataset", **fields: Any) -> Finding:
        """The answer when it does not; `severity` and `remedy` may be overridden."""
        fields = {"severity": self.severity, "remedy": self.remedy} | fields
        return Finding(self.code, subject, Outcome.FOUND, affirms=self.affirms, message=message, **fields)

    def skipped(self, reason: str, *, subject: str = "dataset") -> Finding:
        """The answer when there is nothing to examine."""
        return Finding(self.code, subject, Outcome.SKIPPED, self.severity, self.affirms, reason=reason)


def open_findings(findings: Iterable[Finding], severity: Severity) -> Sequence[Finding]:
    """Unwaived findings of one severity."""
    return [finding for finding in findings if finding.is_open and finding.severity is severity]


def withheld_metrics(findings: Iterable[Finding]) -> Mapping[str, str]:
    """Metric -> the reason it is withheld, over all open findings."""
    withheld: dict[str, str] = {}
    for finding in findings:
        if finding.is_open:
            for metric in finding.withholds:
                withheld.setdefault(metric, f"withheld by {finding.code}: {finding.message}")
    return withheld
