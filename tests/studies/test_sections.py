from __future__ import annotations

import pytest
from pydantic import ValidationError

from refalt.studies.sections import AlleleColumn, DatasetSection, EffectSection, RowFilter, SequencesSection


def test_effect__its_allele_is_unknown_until_it_is_declared() -> None:
    assert EffectSection(column="beta").of == "unknown"
    assert EffectSection.model_validate({"column": "beta", "of": {"column": "ea"}}).of == AlleleColumn(column="ea")


@pytest.mark.parametrize(
    "content",
    [
        {"name": "Upper", "assembly": "hg38"},
        {"name": "t", "assembly": ""},
        {"name": "t", "assembly": "hg38", "quantity": "effects"},
        {"name": "t", "assembly": "hg38", "recorded": {"a/b": {"column": "x"}}},
        {"name": "t", "assembly": "hg38", "effect": {"column": "b", "of": "major"}},
    ],
)
def test_dataset__refuses_what_it_does_not_know(content: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DatasetSection.model_validate(content)


def test_sections__do_not_change_once_read() -> None:
    section = SequencesSection(ref="r", offset=0)
    with pytest.raises(ValidationError, match="frozen"):
        section.offset = 1  # type: ignore[misc]


def test_sequences__an_offset_is_not_negative() -> None:
    with pytest.raises(ValidationError):
        SequencesSection(ref="r", offset=-1)


@pytest.mark.parametrize("value", [0.05, 10, "GRCh38", True, ["a", "b"]])
def test_filter__compares_with_numbers_words_and_lists(value: object) -> None:
    assert RowFilter.model_validate({"column": "c", "op": "==", "value": value}).value == value
