from __future__ import annotations

import json
import math

import pytest

from refalt.audits.base import EXAMPLES_KEPT, Finding, Outcome, Severity, open_findings, withheld_metrics


def _finding(outcome: Outcome = Outcome.FOUND, **changes: object) -> Finding:
    fields = {"code": "EF001", "subject": "dataset", "severity": Severity.FATAL, "affirms": "x"} | changes
    return Finding(outcome=outcome, **fields)  # type: ignore[arg-type]


def test_finding__keeps_twenty_examples_and_no_number_that_json_lacks() -> None:
    found = _finding(examples=tuple(map(str, range(50))), statistic=math.nan)
    assert (len(found.examples), found.statistic) == (EXAMPLES_KEPT, None)
    json.dumps(found.as_json(), allow_nan=False)


def test_finding__survives_json() -> None:
    found = _finding(examples=("a",), withholds=("signed",), statistic=0.5, message="m")
    assert Finding.from_json(json.loads(json.dumps(found.as_json()))) == found


@pytest.mark.parametrize("outcome", Outcome)
def test_open_findings__are_found_and_not_waived(outcome: Outcome) -> None:
    assert bool(open_findings([_finding(outcome)], Severity.FATAL)) == (outcome is Outcome.FOUND)


def test_withheld_metrics__a_waived_finding_withholds_nothing_and_the_first_reason_stays() -> None:
    first, second = _finding(withholds=("signed",), message="one"), _finding(withholds=("signed",), message="two")
    assert withheld_metrics([first, second]) == {"signed": "withheld by EF001: one"}
    assert withheld_metrics([_finding(Outcome.WAIVED, withholds=("signed",))]) == {}
