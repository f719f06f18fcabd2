"""The page as a whole: self-contained, safe, and honest about what it cannot show."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from refalt.audits.base import Finding, Outcome, Severity
from refalt.errors import UserError
from refalt.report import render
from refalt.runs import RunFolder

FATAL = Finding("EF001", "dataset", Outcome.FOUND, Severity.FATAL, "the effect column is an effect", n_affected=30,
                n_examined=30, message="beta is a p-value column", remedy="name the slope column")  # fmt: skip


def text_of(run) -> str:
    """The page without tags, for reading sentences."""
    page = render(run).read_text(encoding="utf-8")
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


@pytest.fixture(scope="module")
def page(shared_run):
    return shared_run.report.read_text(encoding="utf-8")


def test_render__returns_the_path_of_the_page(run_folder):
    run = run_folder(n=30)
    assert render(run) == run.report


def test_render__gives_the_same_page_twice(run_folder):
    run = run_folder(n=30)
    assert render(run).read_bytes() == render(run).read_bytes()


def test_page__forbids_everything_from_outside(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("script-src")[1]
    assert "http" not in policy


def test_page__has_one_script_and_its_digest_is_the_allowed_one(page):
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page


def test_page__refers_to_nothing_outside_its_folder(page):
    addresses = re.findall(r'(?:src|href|action|poster|data)="([^"]*)"', page)
    outside = [address for address in addresses if re.match(r"(?:[a-z]+:)?//", address)]
    assert outside == []
    assert not re.search(r"@import|url\((?!#)", page)


def test_page__has_every_section(page):
    names = re.findall(r'<section id="([^"]+)"', page)
    assert names == ["verdict", "audits", "figures", "estimates", "explorer", "attrition", "methods", "provenance"]


def test_page__writes_ids_once(page):
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_page__writes_ids_once_when_a_code_answers_twice(run_folder):
    twice = [FATAL, replace(FATAL, subject="good")]
    page = render(run_folder(n=30, findings=twice)).read_text(encoding="utf-8")
    assert page.count('id="finding-EF001"') == 1


def test_verdict__bears_value_interval_counts_chance_controls_and_findings(shared_run):
    expected = (
        r"On toy, the Spearman rank correlation of good \(recorded\) with the measured effect is 0\.744 "
        r"\(95% interval 0\.694 to 0\.794\), from 300 rows, 300 variants and 100 clusters; chance gives 0, "
        r"and the interval lies above it; the ceiling \(oracle control\) is 0\.970 \(0\.960 to 0\.980\) and the floor "
        r"\(shuffled control\) is 0\.002 \(−0\.100 to 0\.100\); 1 serious finding \(EF006\) stands against it\."
    )
    assert re.search(expected, text_of(shared_run))


def test_verdict__states_the_prevalence_of_a_label_metric(run_folder):
    primary = {"score": "good", "metric": "auprc", "label": "given", "stratum": "all"}
    text = text_of(run_folder(n=60, primary=primary))
    assert re.search(r"for the published labels is .*the prevalence is 0\.\d+", text)


def test_verdict__says_that_a_withheld_estimate_is_withheld_and_shows_no_number(run_folder):
    text = text_of(run_folder(n=60, withhold={"spearman_rho": "withheld by EF005: no allele is declared"}))
    sentence = text[text.index("On toy") : text.index("How to read")]
    assert "is not shown: withheld by EF005: no allele is declared" in sentence
    assert not re.search(r"0\.\d", sentence)


def test_verdict__puts_a_fatal_finding_first(run_folder):
    text = text_of(run_folder(n=30, findings=[FATAL]))
    assert text.index("Not a result.") < text.index("On toy")
    assert "1 fatal finding (EF001) stands against it" in text


def test_verdict__says_when_the_named_estimate_was_not_made(run_folder):
    primary = {"score": "absent", "metric": "auroc", "label": "given", "stratum": "all"}
    text = text_of(run_folder(n=30, primary=primary))
    assert "The primary estimate that the study file names (auroc of absent) was not made" in text


def test_verdict__says_when_no_finding_is_open(run_folder):
    assert "no fatal or serious finding is open." in text_of(run_folder(n=30, findings=[]))


def test_audits__print_the_reason_of_a_waiver_and_of_a_skip(shared_run):
    text = text_of(shared_run)
    assert "Waived because: one-sided by design" in text
    assert "Not checked: no gene table was given" in text


def test_banners__name_a_changed_file(run_folder):
    run = run_folder(n=30)
    run.attrition.write_text(run.attrition.read_text().replace("no_score\tthe score", "no_score\tA score"))
    assert "Changed file. attrition.tsv is not what the run wrote" in text_of(run)


def test_banners__say_pilot_simulated_and_as_published(run_folder):
    text = text_of(run_folder(n=30, simulated=True, study={"pilot": 30, "as_published": True}))
    assert "Pilot of 30 rows: toy-study" in text
    assert "SIMULATED." in text
    assert "AS PUBLISHED." in text


def test_banners__are_absent_otherwise(shared_run):
    text = text_of(shared_run)
    assert not any(word in text for word in ("SIMULATED", "AS PUBLISHED", "PILOT", "Changed file", "Missing file"))


def test_render__still_gives_a_page_when_everything_is_withheld(run_folder):
    metrics = ("spearman_rho", "pearson_r", "auroc", "auprc", "sign_concordance", "calibration_slope")
    run = run_folder(n=30, withhold=dict.fromkeys(metrics, "withheld by EF001: beta is a p-value"), findings=[FATAL])
    page = render(run).read_text(encoding="utf-8")
    assert not re.search(r'data-cell="estimates:[^"]*:(value|lower|upper)" data-value', page)
    assert "withheld by EF001" in page


def test_render__gives_a_page_for_a_run_that_stopped_before_any_estimate(run_folder):
    run = run_folder(n=30, findings=[FATAL])
    for path in (run.comparison, run.estimates, run.attrition):
        path.unlink()
    run.write_json(run.provenance, {"digest": "d", "tables": {}})
    text = text_of(run)
    assert "No estimate was made; 1 fatal finding (EF001) stands against it." in text


def test_render__leaves_the_old_page_when_it_fails(run_folder):
    run = run_folder(n=30)
    before = render(run).read_bytes()
    run.estimates.write_bytes(b"PAR1")
    with pytest.raises(UserError):
        render(run)
    assert run.report.read_bytes() == before


def test_render__keeps_hostile_text_as_text(run_folder):
    run = run_folder(
        n=64,
        hostile=True,
        scores={"good": 0.7},
        drawn=True,
        study={"question": '</script><script>alert("1")</script> ген'},
    )
    page = render(run).read_text(encoding="utf-8")
    assert len(re.findall(r"<script>", page)) == 1
    assert len(re.findall(r"<script ", page)) == 2
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in page
    assert "ген-遺伝子-جين" in page


@pytest.mark.slow
def test_render__stays_under_five_megabytes_at_a_hundred_thousand_rows(run_folder):
    run = run_folder(n=50_000, drawn=True)
    assert render(run).stat().st_size < 5_000_000


def test_render__refuses_a_folder_that_is_not_a_run(tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        render(RunFolder(tmp_path))
