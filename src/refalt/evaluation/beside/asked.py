"""The rows of every tested stratum, question by question: what all tables beside the estimates go through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from refalt.evaluation.held import Held, Terms, measured_rows, rows_of, why_withheld
from refalt.evaluation.join import Joined
from refalt.evaluation.labels import LABELS, Question, asked_questions, can_be_asked
from refalt.evaluation.strata import strata
from refalt.studies.study import ScoreSection


@dataclass(frozen=True)
class Case:
    """One score on one question in one stratum.

    Attributes:
        score: The score.
        question: What it is held against.
        stratum: `all`, or `name=value`.
        held: The rows.
        terms: What fixes the numbers.
    """

    score: ScoreSection
    question: Question
    stratum: str
    held: Held
    terms: Terms

    def withheld(self, metric: str) -> str | None:
        """Why a metric must not be shown here, or None."""
        return self.held.selected or why_withheld(metric, self.question, score=self.score, withheld=self.terms.withheld)

    def rng(self, *words: str) -> np.random.Generator:
        """The stream of chance of these words in this question and stratum, the same for every score."""
        return self.terms.rng(*words, self.question.name, self.stratum)

    @property
    def subject(self) -> dict[str, str]:
        """Columns that say whose number it is."""
        return {
            "model": self.score.model,
            "score_name": self.score.name,
            "dataset": self.terms.dataset,
            "label_name": self.question.name,
        }


def cases(joined: Joined, score: ScoreSection, terms: Terms) -> Iterator[Case]:
    """Every question of a score in every stratum that the study tests."""
    for stratum, part in strata(rows_of(joined, score), terms.tested_strata):
        for question in asked_questions(terms.settings.labels, terms.quantity):
            pointless = question.name in LABELS and stratum.startswith("label=")
            askable = can_be_asked(question, model=score.model, signed=score.signed)
            if terms.tests(stratum) and askable and not pointless:
                yield Case(score, question, stratum, measured_rows(question, part), terms)


def cases_by_subject(joined: Joined, scores: Sequence[ScoreSection], terms: Terms) -> dict[tuple[str, str], list[Case]]:
    """(stratum, question) -> the case of each score, in the order of scores."""
    grouped: dict[tuple[str, str], list[Case]] = {}
    for score in scores:
        for case in cases(joined, score, terms):
            grouped.setdefault((case.stratum, case.question.name), []).append(case)
    return grouped
