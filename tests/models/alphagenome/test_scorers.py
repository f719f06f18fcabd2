"""Scorers against those of the official client."""

from __future__ import annotations

import warnings

import pytest

from refalt.errors import UserError
from refalt.models.alphagenome.hosted import scorer_message
from refalt.models.alphagenome.local import official_scorer
from refalt.models.alphagenome.scorers import (
    AGGREGATIONS,
    LINEAR_OUTPUTS,
    RECOMMENDED_SCORERS,
    Scorer,
    parse_choice,
    parse_scorer,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.models.v1 import variant_scorers as theirs
    from alphagenome.protos.v1 import dna_model_pb2


def test_recommended_scorers__are_the_official_ones_in_their_order() -> None:
    ours = {name: scorer_message(scorer) for name, scorer in RECOMMENDED_SCORERS.items()}
    official = {name: scorer.to_proto() for name, scorer in theirs.RECOMMENDED_VARIANT_SCORERS.items()}
    assert list(ours.items()) == list(official.items())
    assert len(ours) == 19


@pytest.mark.parametrize("name", theirs.RECOMMENDED_VARIANT_SCORERS)
def test_parse_scorer__reads_what_the_official_client_prints_and_what_it_prints_itself(name: str) -> None:
    official = theirs.RECOMMENDED_VARIANT_SCORERS[name]
    ours = RECOMMENDED_SCORERS[name]
    assert parse_scorer(str(official)) == parse_scorer(str(ours)) == parse_scorer(name) == ours
    assert official_scorer(ours) == official
    assert ours.is_signed == official.is_signed
    assert ours.output == official.requested_output.name


def test_parse_scorer__takes_every_centre_mask_that_the_official_client_takes() -> None:
    kinds = theirs.BaseVariantScorer
    for output in theirs.SUPPORTED_OUTPUT_TYPES[kinds.CENTER_MASK]:
        assert output.name in LINEAR_OUTPUTS
        for width in theirs.SUPPORTED_WIDTHS[kinds.CENTER_MASK]:
            for aggregation in theirs.SUPPORTED_AGGREGATIONS[kinds.CENTER_MASK]:
                official = theirs.CenterMaskScorer(output, width, aggregation)
                ours = parse_scorer(f"CenterMask({output.name}, {width}, {aggregation.name})")
                assert scorer_message(ours) == official.to_proto()
                assert ours.is_signed == official.is_signed
    assert len(AGGREGATIONS) == len(theirs.SUPPORTED_AGGREGATIONS[kinds.CENTER_MASK])


@pytest.mark.parametrize("kind", ["GeneMaskLFC", "GeneMaskActive", "GeneMaskSplicing"])
def test_parse_scorer__takes_the_gene_scorers_that_the_official_client_takes(kind: str) -> None:
    base = {
        "GeneMaskLFC": "GENE_MASK_LFC",
        "GeneMaskActive": "GENE_MASK_ACTIVE",
        "GeneMaskSplicing": "GENE_MASK_SPLICING",
    }
    of = theirs.BaseVariantScorer[base[kind]]
    for output in theirs.SUPPORTED_OUTPUT_TYPES[of]:
        for width in theirs.SUPPORTED_WIDTHS.get(of, [None]):
            text = f"{kind}({output.name}, {width})" if of in theirs.SUPPORTED_WIDTHS else f"{kind}({output.name})"
            scorer = parse_scorer(text)
            assert scorer_message(scorer) == official_scorer(scorer).to_proto()
            assert scorer.by_gene


def test_parse_choice__asks_for_all_recommended_and_reads_one() -> None:
    choice = parse_choice("recommended/RNA_SEQ")
    assert choice.asked == tuple(RECOMMENDED_SCORERS.values())
    assert choice.read == (Scorer("GeneMaskLFC", "RNA_SEQ"),)
    assert choice.by_gene


def test_parse_choice__leaves_out_of_mouse_what_mouse_has_not() -> None:
    official = theirs.get_recommended_scorers(dna_model_pb2.ORGANISM_MUS_MUSCULUS)
    choice = parse_choice("recommended/DNASE", human=False)
    assert [scorer_message(scorer) for scorer in choice.asked] == [scorer.to_proto() for scorer in official]


def test_parse_choice__joins_scorers_in_one_request() -> None:
    choice = parse_choice("DNASE + CenterMask(ATAC, 2001, DIFF_MEAN)")
    assert [str(scorer) for scorer in choice.read] == [
        "CenterMask(DNASE, 501, DIFF_LOG2_SUM)",
        "CenterMask(ATAC, 2001, DIFF_MEAN)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CentreMask(DNASE, 501, DIFF_MEAN)", "did you mean 'CenterMask"),
        ("CenterMask(DNAS, 501, DIFF_MEAN)", "did you mean 'DNASE'"),
        ("CenterMask(DNASE, 500, DIFF_MEAN)", "did you mean '501'"),
        ("CenterMask(DNASE, 501, DIFF_LOG_SUM)", "did you mean 'DIFF_LOG2_SUM'"),
        ("CenterMask(DNASE)", "written with 3 arguments"),
        ("DNASE + DNASE", "written twice"),
        ("recommended", "name the one to read"),
        ("recommended/CenterMask(DNASE, 2001, DIFF_MEAN)", "not among the recommended"),
        ("RNA_SEQ + DNASE", "by gene together with others"),
    ],
)
def test_parse_choice__says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UserError, match=".*") as caught:
        parse_choice(text)
    assert said.lower() in str(caught.value).lower()


def test_parse_choice__takes_twenty_scorers_and_no_more() -> None:
    texts = [
        f"CenterMask({output}, {width}, DIFF_MEAN)" for output in LINEAR_OUTPUTS for width in ("501", "2001", "10001")
    ]
    assert len(parse_choice(" + ".join(texts[:20])).asked) == 20
    with pytest.raises(UserError, match="too many scorers.*at most 20.*got 21"):
        parse_choice(" + ".join(texts[:21]))


def test_parse_choice__refuses_polyadenylation_of_mouse() -> None:
    with pytest.raises(UserError, match="human variants only"):
        parse_choice("Polyadenylation()", human=False)
