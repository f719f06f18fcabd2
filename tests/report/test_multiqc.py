"""The summary that MultiQC takes up."""

import json
import math

from refalt.report.evidence import read_evidence
from refalt.report.multiqc import write_multiqc


def test_write_multiqc__writes_each_estimate_with_its_companions(shared_run, tmp_path):
    row = read_evidence(shared_run).primary
    path = write_multiqc(tmp_path, {"toy": row}, title="t", simulated=False)
    content = json.loads(path.read_text())
    assert path.name.endswith("_mqc.json")
    assert content["data"]["toy"]["value"] == row["value"]
    assert {"lower", "upper", "n", "n_variants", "n_inputs", "n_clusters", "n_missing"} <= set(content["data"]["toy"])
    assert set(content["data"]["toy"]) <= set(content["headers"])


def test_write_multiqc__leaves_a_withheld_number_out_and_gives_its_reason(shared_run, tmp_path):
    row = dict(read_evidence(shared_run).primary) | {"value": math.nan, "lower": None, "reason": "EF005"}
    path = write_multiqc(tmp_path, {"toy": row}, title="t", simulated=True)
    content = json.loads(path.read_text())
    assert "value" not in content["data"]["toy"]
    assert content["data"]["toy"]["note"] == "EF005"
    assert content["description"].startswith("SIMULATED.")


def test_write_multiqc__writes_nothing_of_nothing(tmp_path):
    assert write_multiqc(tmp_path, {}, title="t", simulated=False) is None
    assert list(tmp_path.iterdir()) == []


def test_render__leaves_the_summary_beside_the_report(shared_run):
    content = json.loads((shared_run.root / "refalt_mqc.json").read_text())
    assert list(content["data"]) == ["toy-study: good", "toy-study: poor"]
