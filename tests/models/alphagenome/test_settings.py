"""What a study file may say of AlphaGenome."""

from __future__ import annotations

import warnings

import pytest
from pydantic import ValidationError

from refalt.genome import chromosome_lengths
from refalt.models.alphagenome.settings import ASSEMBLIES, REVISIONS, AlphaGenomeSection

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.models.v1 import dna_model


def test_revisions__are_the_official_clients_model_versions() -> None:
    assert [version.name for version in dna_model.ModelVersion] == list(REVISIONS)
    assert AlphaGenomeSection().revision == "ALL_FOLDS"


def test_assemblies__have_known_lengths() -> None:
    assert all(chromosome_lengths(assembly) for assembly in ASSEMBLIES.values())


@pytest.mark.parametrize("given", [{"backend": "cloud"}, {"organism": "rat"}, {"api_key": "x"}])
def test_section__refuses_what_it_does_not_know(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        AlphaGenomeSection(**given)  # type: ignore[arg-type]
