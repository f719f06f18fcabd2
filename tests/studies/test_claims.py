from __future__ import annotations

from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.pipeline.prepare import prepare
from refalt.studies.claims import read_claims
from refalt.testing.toy_study import write_toy_study

TOML = """
[[claim]]
score = "said"
metric = "pearson_r"
value = "0.40"
n = 120
p = "5.9e-6"
where = "README"

[[claim]]
score = "said"
metric = "spearman_rho"
than = "other"
says = "different"
"""
CSV = """\
score,metric,value,n,p,than,says,where
said,pearson_r,0.40,120,5.9e-6,,,README
said,spearman_rho,,,,other,different,
"""


def written(folder: Path, text: str, name: str = "claims.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_read_claims__toml_and_csv_say_the_same(tmp_path: Path) -> None:
    claims = read_claims(written(tmp_path, TOML))
    assert claims == read_claims(written(tmp_path, CSV, "claims.csv"))
    assert (claims[0].value, claims[0].label, claims[0].stratum) == ("0.40", "effect", "all")
    assert str(claims[0]) == "pearson_r of said (effect, all) is 0.40 [README]"
    assert str(claims[1]) == "spearman_rho of said (effect, all) is different from that of other"


@pytest.mark.parametrize(
    ("old", "fresh", "words"),
    [
        ('value = "0.40"', "value = 0.40", "valid string"),
        ('value = "0.40"', 'value = "about 0.4"', "value"),
        ('value = "0.40"\n', "", "a value or of a comparison"),
        ('than = "other"', 'than = "other"\nvalue = "0.1"', "a value or of a comparison"),
        ('than = "other"', 'than = "other"\np = "0.1"', "leave it out"),
        ('metric = "pearson_r"', 'metric = "auroc"', "leave it out"),
        ('where = "README"', 'wher = "README"', "wher"),
    ],
)
def test_read_claims__says_what_a_claim_should_be(tmp_path: Path, old: str, fresh: str, words: str) -> None:
    assert old in TOML
    with pytest.raises(UserError) as error:
        read_claims(written(tmp_path, TOML.replace(old, fresh)))
    assert words in str(error.value)


@pytest.mark.parametrize("name", ["claims.toml", "claims.csv"])
def test_read_claims__an_empty_file_claims_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        read_claims(written(tmp_path, "", name))


def test_claims__are_an_input_of_the_study_and_part_of_its_digest(tmp_path: Path) -> None:
    toy = write_toy_study(tmp_path)
    before = prepare(toy.path).resolved.digest
    with toy.path.open("a", encoding="utf-8") as study:
        study.write('\n[audits]\nclaims = "claims.toml"\n')
    written(tmp_path, TOML)
    prepared = prepare(toy.path)
    assert "claims" in {found.role for found in prepared.files}
    digests = {prepared.resolved.digest}
    written(tmp_path, TOML.replace("0.40", "0.41"))
    digests.add(prepare(toy.path).resolved.digest)
    assert len(digests | {before}) == 3
