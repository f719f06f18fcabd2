"""What the numbers were made from."""

from refalt.report.evidence import read_evidence
from refalt.report.sections import provenance


def test_build__shows_inputs_versions_and_how_to_run_it_again(shared_run):
    content = provenance.build(read_evidence(shared_run)).content
    assert [item.values["name"] for item in content["inputs"]] == ["toy.tsv"]
    assert content["provenance"]["command"] == "refalt run toy.toml"
    assert content["versions"]["refalt"] == "0.1.0"
    assert "toy-study" in content["lock_text"]


def test_build__links_only_files_that_are_there(run_folder):
    run = run_folder(n=30)
    run.history.unlink()
    assert set(provenance.build(read_evidence(run)).files) == {"study.lock.toml", "provenance.json"}
