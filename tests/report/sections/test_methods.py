"""The methods paragraph."""

import json
import re

from refalt.report import render


def paragraph(run) -> str:
    page = render(run).read_text(encoding="utf-8")
    text = re.search(r'id="methods-text">(.*?)</p>', page, flags=re.DOTALL)[1]
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


def test_methods__name_scores_settings_versions_and_the_digest(run_folder):
    run = run_folder(n=30)
    text = paragraph(run)
    assert "with refalt 0.1.0 on the dataset toy, with positions in GRCh38." in text
    assert "The scores were good (model recorded, centre 501 bp, window 16,384 bp) and poor (model recorded," in text
    assert "grouped by window_1mb (no LD blocks were given)" in text
    assert json.loads(run.provenance.read_text())["digest"] in text


def test_methods__name_scores_that_the_source_carries(run_folder):
    run = run_folder(n=30)
    lock = run.lock.read_text()
    run.lock.write_text(re.sub(r"\[\[score\]\].*?(?=\[\[inputs)", "", lock, flags=re.DOTALL))
    assert "The scores were good (model recorded) and poor (model recorded), fixed" in paragraph(run)


def test_methods__speak_of_activities_where_elements_were_measured(run_folder):
    run = run_folder(n=30)
    run.lock.write_text(run.lock.read_text().replace('file = "toy.tsv"', 'file = "toy.tsv"\nquantity = "activity"', 1))
    text = paragraph(run)
    assert text.startswith("Predicted and measured activities were compared")
    assert "held against the measured activity" in text
    assert "allele" not in text


def test_methods__say_that_values_were_simulated(run_folder):
    assert paragraph(run_folder(n=30, simulated=True)).startswith("The measurements were simulated.")


def test_methods__list_what_to_cite(run_folder):
    run = run_folder(n=30)
    assert "To cite" not in render(run).read_text()
    provenance = json.loads(run.provenance.read_text())
    cited = [{"what": "data", "text": "Somebody <A.> 2012, doi:10.1/x"}]
    run.write_json(run.provenance, provenance | {"citations": cited})
    page = render(run).read_text()
    assert "Somebody &lt;A.&gt; 2012, doi:10.1/x</span>" in page
