"""The key of an answer: all that can change it and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from refalt.models.alphagenome.requests import Reduction, SequenceRequest, VariantRequest, key_of
from refalt.models.alphagenome.scorers import RECOMMENDED_SCORERS
from refalt.models.metered import Identity
from refalt.sequences import encode

IDENTITY = Identity("alphagenome", "FOLD_0")
DNASE, ATAC = RECOMMENDED_SCORERS["DNASE"], RECOMMENDED_SCORERS["ATAC"]
VARIANT = VariantRequest("chr1", 5, 16_389, 8_000, "A", "C", (DNASE,))
SEQUENCE = SequenceRequest(encode("ACGT" * 4), "DNASE", (), Reduction(0, 16, 7))


def test_key_of__a_variant_request_is_canonical_json_of_what_is_asked() -> None:
    assert json.loads(key_of(VARIANT, IDENTITY, "human")) == {
        "model": "alphagenome",
        "revision": "FOLD_0",
        "organism": "human",
        "method": "variant",
        "chrom": "chr1",
        "interval": [5, 16_389],
        "variant": [8_000, "A", "C"],
        "scorers": ["CenterMask(DNASE, 501, DIFF_LOG2_SUM)"],
    }


def test_key_of__changes_with_everything_that_can_change_the_answer() -> None:
    variants = [
        VARIANT,
        replace(VARIANT, chrom="chr2"),
        replace(VARIANT, start=4, end=16_388),
        replace(VARIANT, pos=8_001),
        replace(VARIANT, ref="G"),
        replace(VARIANT, alt="G"),
        replace(VARIANT, scorers=(ATAC,)),
        replace(VARIANT, scorers=(DNASE, ATAC)),
        replace(VARIANT, scorers=(ATAC, DNASE)),
        SEQUENCE,
        replace(SEQUENCE, codes=encode("ACGA" * 4)),
        replace(SEQUENCE, output="ATAC"),
        replace(SEQUENCE, ontology=("EFO:0002067",)),
        replace(SEQUENCE, reduction=Reduction(0, 16, 8)),
        replace(SEQUENCE, reduction=Reduction(1, 16, 7)),
    ]
    keys = [key_of(request, IDENTITY, "human") for request in variants]
    keys.append(key_of(VARIANT, IDENTITY, "mouse"))
    keys.append(key_of(VARIANT, replace(IDENTITY, revision="FOLD_1"), "human"))
    keys.append(key_of(VARIANT, replace(IDENTITY, model="alphagenome-atlas"), "human"))
    assert len(set(keys)) == len(keys)


def test_key_of__is_the_same_wherever_the_answer_comes_from() -> None:
    elsewhere = replace(IDENTITY, origin="loopback")
    assert key_of(VARIANT, elsewhere, "human") == key_of(VARIANT, IDENTITY, "human")
