"""The words of metered models."""

from __future__ import annotations

from refalt.models.metered import Effort, Identity


def test_identity__names_model_revision_and_origin() -> None:
    assert Identity("alphagenome", "FOLD_0").text == "alphagenome-FOLD_0"
    assert Identity("alphagenome", "FOLD_0", "loopback").text == "alphagenome-FOLD_0@loopback"


def test_effort__gives_a_request_longer_than_the_minute_of_a_quota() -> None:
    assert Effort().budget_s > 60
    assert Effort().attempt_s < Effort().budget_s
