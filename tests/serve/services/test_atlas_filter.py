from __future__ import annotations

import pytest
from alphagenome.atlas import atlas_utils

from refalt.serve.methods import RefusedError
from refalt.serve.services.atlas_filter import read_filter

SCORER = "scores.variant_scorer.name"
TERM = "scores.metadata.tracks.metadata.ontology_term"
GENE = "scores.metadata.gene_scorers.metadata"
KNOWN = {SCORER, TERM, f"{TERM}.ontology_type", f"{TERM}.id", f"{GENE}.gene_id", f"{GENE}.name"}


def _term(number: int, ontology: str = "EFO") -> dict[str, str]:
    return {TERM: "", f"{TERM}.ontology_type": f"ONTOLOGY_TYPE_{ontology}", f"{TERM}.id": str(number)}


def test_read_filter__what_the_official_client_builds_chooses_what_it_means() -> None:
    text = atlas_utils.build_filter(
        requested_scorers=["DNASE", "RNA_SEQ"],
        ontology_terms=["EFO:0002067", "CL:0000236"],
        gene_ids=["G1"],
        gene_names=["APOL1"],
    )
    test = read_filter(text, KNOWN)
    gene = {f"{GENE}.gene_id": "G1", f"{GENE}.name": "X"}
    assert test({SCORER: "DNASE", **_term(2067), **gene})
    assert test({SCORER: "RNA_SEQ", **_term(236, "CL"), f"{GENE}.name": "APOL1"})
    assert test({SCORER: "DNASE", **gene})  # a scorer without ontology terms
    assert not test({SCORER: "ATAC", **_term(2067), **gene})
    assert not test({SCORER: "DNASE", **_term(236), **gene})
    assert not test({SCORER: "DNASE", **_term(2067)})


def test_read_filter__an_empty_filter_lets_everything_pass() -> None:
    assert read_filter(atlas_utils.build_filter(), KNOWN)({})


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        # OR binds tighter than AND (AIP-160).
        ("b = 1 AND a = 1 OR c = 1", False),
        ("a = 1 OR c = 1 AND b = 1", False),
        ("b = 1 AND (a = 1 OR c = 1)", False),
        ("(b = 1 AND a = 1) OR c = 1", False),
        ("a = 1 AND c = 1 OR b = 1", False),
        ("a = 1 AND c = 2 OR b = 1", True),
        ("NOT b:*", True),
        ("-a:*", False),
        ("-(a = 1 AND b = 1)", True),
        ('a = "1"', True),
        (r'quoted = "say \"so\""', True),
    ],
)
def test_read_filter__operators(text: str, passes: bool) -> None:
    fields = {"a": "1", "c": "2", "quoted": 'say "so"'}
    assert read_filter(text, {"a", "b", "c", "quoted"})(fields) is passes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1)", "should end"),
        ("(a = 1", "not closed"),
        ("a =", "ends too early"),
        ("d = 1", "'d'"),
        ("a ( 1", r"by '\('"),
        ("a : 1", "by ':'"),
        ("a = 1 & b = 1", "character 6"),
    ],
)
def test_read_filter__refuses_what_it_cannot_read(text: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        read_filter(text, {"a", "b"})
