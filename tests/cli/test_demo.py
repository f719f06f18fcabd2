from __future__ import annotations

import pytest
from tests.cli.conftest import Refalt


def test_demo__says_the_answer_and_holds_it_against_the_planted_truth(refalt: Refalt) -> None:
    done = refalt("demo")
    assert done.returncode == 0, done.stderr
    assert "Pearson correlation of motif" in done.stdout
    assert "was made with Pearson r 0.5" in done.stdout
    assert "covers it" in done.stdout


@pytest.mark.parametrize(
    ("mistake", "code", "status"), [("pvalue-as-effect", "EF001", 2), ("placeholder-alleles", "AL002", 2)]
)
def test_demo__a_planted_mistake_is_caught(refalt: Refalt, mistake: str, code: str, status: int) -> None:
    done = refalt("demo", "--break", mistake)
    assert done.returncode == status
    assert f"Caught by: {code}" in done.stdout


def test_demo__an_unknown_mistake_names_the_nearest(refalt: Refalt) -> None:
    done = refalt("demo", "--break", "pvalue-as-efect")
    assert done.returncode == 1
    assert "Did you mean 'pvalue-as-effect'?" in done.stderr
