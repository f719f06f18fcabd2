from __future__ import annotations

import pytest
from pydantic import ValidationError

from refalt.studies.study import Study

GOOD = {"study": {"name": "s", "question": "q"}, "dataset": {"name": "table"}}


def test_study__two_scores_have_two_names() -> None:
    score = {"name": "a", "model": "recorded"}
    with pytest.raises(ValidationError, match="same name"):
        Study.model_validate({**GOOD, "score": [score, score]})


def test_study__a_score_names_a_model_that_has_a_section() -> None:
    with pytest.raises(ValidationError, match=r"\[models.motif\]"):
        Study.model_validate({**GOOD, "score": [{"name": "a", "model": "motif"}]})
    assert Study.model_validate({**GOOD, "models": {"motif": {}}, "score": [{"name": "a", "model": "motif"}]})


@pytest.mark.parametrize("name", ["../x", "a b", "", "x" * 65, "-x"])
def test_study__names_become_paths_and_are_kept_safe(name: str) -> None:
    with pytest.raises(ValidationError):
        Study.model_validate({**GOOD, "study": {"name": name, "question": "q"}})


def test_study__a_waiver_needs_a_reason() -> None:
    with pytest.raises(ValidationError):
        Study.model_validate({**GOOD, "audits": {"waive": {"EF001": " "}}})


@pytest.mark.parametrize(
    ("evaluation", "words"),
    [
        ({"family": ["tf"]}, "family names 'tf'"),
        ({"labels": ["matched"]}, "'matched' needs controls"),
        ({"controls": {"match": []}}, "at least 1 item"),
        ({"controls": {"match": ["height"]}}, "'gc' or 'consequence'"),
        ({"permutations": -1}, "greater than or equal to 0"),
    ],
)
def test_study__a_family_is_of_declared_strata_and_matched_labels_need_controls(
    evaluation: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Study.model_validate({**GOOD, "evaluation": evaluation})


def test_study__tests_the_whole_with_999_permutations_unless_it_says_otherwise() -> None:
    settings = Study.model_validate(GOOD).evaluation
    assert (settings.family, settings.permutations, settings.kmers) == (("all",), 999, False)
