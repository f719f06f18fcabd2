"""What a run folder must hold, and what happens when it does not."""

import json

import pyarrow.parquet as pq
import pytest

from refalt.errors import UserError
from refalt.report.evidence import read_evidence, score_names
from refalt.runs import RunFolder


def test_read_evidence__refuses_a_folder_that_is_not_a_run(tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        read_evidence(RunFolder(tmp_path))


def test_read_evidence__finds_nothing_changed_in_a_fresh_run(run_folder):
    evidence = read_evidence(run_folder(n=30))
    assert (evidence.changed, evidence.missing) == ((), ())


def test_read_evidence__names_a_changed_file(run_folder):
    run = run_folder(n=30)
    run.findings.write_text(run.findings.read_text() + "\n")
    assert read_evidence(run).changed == ("findings.json",)


@pytest.mark.parametrize("table", ["comparison", "estimates", "attrition", "findings"])
def test_read_evidence__names_a_recorded_table_that_is_gone(run_folder, table):
    run = run_folder(n=30)
    path = getattr(run, table)
    path.unlink()
    with pytest.raises(UserError, match=f"{path.name} is missing"):
        read_evidence(run)


def test_read_evidence__takes_a_table_that_the_run_did_not_reach_as_empty(run_folder):
    run = run_folder(n=30)
    for path in (run.comparison, run.estimates):
        path.unlink()
    record = json.loads(run.provenance.read_text())
    record["tables"] = {name: digest for name, digest in record["tables"].items() if "parquet" not in name}
    run.write_json(run.provenance, record)
    evidence = read_evidence(run)
    assert len(evidence.estimates) == len(evidence.comparison) == 0
    assert evidence.primary is None


def test_read_evidence__refuses_a_table_of_another_layout(run_folder):
    run = run_folder(n=30)
    arrow = pq.read_table(run.estimates)
    pq.write_table(arrow.replace_schema_metadata({b"refalt": b"0"}), run.estimates)
    with pytest.raises(UserError, match="another layout"):
        read_evidence(run)


@pytest.mark.parametrize("name", ["lock", "provenance", "findings", "attrition"])
def test_read_evidence__names_a_damaged_file(run_folder, name):
    run = run_folder(n=30)
    path = getattr(run, name)
    path.write_text("\x00{[")
    with pytest.raises(UserError, match=f"{path.name} cannot be read"):
        read_evidence(run)


def test_primary__is_the_one_that_the_study_names(run_folder):
    run = run_folder(n=30, primary={"score": "poor", "metric": "auroc", "label": "direction", "stratum": "all"})
    primary = read_evidence(run).primary
    assert (primary["score_name"], primary["metric"], primary["label_name"]) == ("poor", "auroc", "direction")


def test_primary__is_else_the_first_estimate_of_the_first_score(run_folder):
    primary = read_evidence(run_folder(n=30)).primary
    assert (primary["score_name"], primary["metric"]) == ("good", "spearman_rho")


def test_primary__is_none_when_the_named_one_was_not_made(run_folder):
    run = run_folder(n=30, primary={"score": "absent", "metric": "auroc", "label": "given", "stratum": "all"})
    assert read_evidence(run).primary is None


def test_score_names__leave_controls_out(run_folder):
    assert score_names(read_evidence(run_folder(n=30))) == ["good", "poor"]
