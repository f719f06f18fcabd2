from __future__ import annotations

from typing import Any

import numpy as np

from refalt.audits.base import Finding, Outcome, Severity
from refalt.audits.control_rows import ControlsAreControls
from refalt.testing.builders import build_measurements

from .conftest import Audited


def labelled(**columns: Any) -> Finding:
    n = len(columns["label"])
    return ControlsAreControls().check(measurements=build_measurements(n, **columns))


def test_sa009__clear_of_controls_without_association() -> None:
    label = [1] * 10 + [0] * 30
    assert labelled(label=label, p_value=[1e-4] * 10 + [0.3] * 30).outcome is Outcome.CLEAR
    assert labelled(label=label, beta=[0.5] * 10 + [None] * 30).outcome is Outcome.CLEAR
    assert labelled(label=[1] * 5).outcome is Outcome.SKIPPED


def test_sa009__finds_controls_that_are_positives() -> None:
    label = [1] * 10 + [0] * 30
    assert labelled(label=label, p_value=[1e-4] * 10 + [1e-6] * 3 + [0.3] * 27).n_affected == 3
    assert labelled(label=label, beta=[0.5] * 12 + [None] * 28).n_affected == 2
    target = [f"chr1:{i}00-{i}50" for i in range(1, 11)] + ["chr1:300-350"] + [f"chr2:{i}-9999" for i in range(29)]
    found = labelled(label=label, beta=None, target_id=target)
    assert (found.outcome, found.severity, found.n_affected) == (Outcome.FOUND, Severity.SERIOUS, 1)
    assert found.examples[0].startswith("row 11:")


def test_sa009__finds_the_published_controls_with_an_effect(audited: Audited) -> None:
    table = """
[dataset]
name = "table"
file = "dsqtl/degner2012_lcl_dsqtl.tsv"
assembly = "hg18"
effect = { column = "beta", of = "alt", source = "header" }
columns = { chrom = "chrom", pos = "pos_hg18", ref = "ref", alt = "alt", label = "label" }
recorded = { deltasvm = { column = "deltasvm_lee2015" } }
"""
    found = audited(table)["SA009"]
    assert (found.outcome, found.n_affected, found.n_examined) == (Outcome.FOUND, 48, 27_735)


def test_sa009__clear_where_positives_were_not_chosen_by_p() -> None:
    label = [1] * 10 + [0] * 30
    assert labelled(label=label, p_value=np.linspace(0, 0.9, 40)[::-1]).outcome is Outcome.CLEAR


def test_sa009__clear_of_controls_that_share_a_gene_with_a_positive() -> None:
    label = [1] * 10 + [0] * 30
    genes = [f"GENE{i}" for i in range(10)] + ["GENE3"] * 5 + [f"GENE{i}" for i in range(50, 75)]
    assert labelled(label=label, beta=None, target_id=genes).outcome is Outcome.CLEAR
