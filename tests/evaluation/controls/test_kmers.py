from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from refalt.evaluation.controls.kmers import (
    INFORMATIVE,
    PENALTY,
    WORD,
    gapped_kmers,
    leave_one_group_out,
    predict_by_kmers,
)
from refalt.sequences import reverse_complement_letters


def _variants(n: int, *, seed: int = 5, motif: str = "GATAAG") -> pl.DataFrame:
    """Half of the variants break or make a motif, and this decides their effect."""
    rng = np.random.default_rng(seed)

    def bases(k: int) -> list[str]:
        return ["".join(letters) for letters in rng.choice(list("ACGT"), (n, k))]

    makes = rng.random(n) < 0.5
    hit = rng.random(n) < 0.6
    left = [text[:-2] + motif[:2] if h else text for text, h in zip(bases(20), hit, strict=True)]
    right = [motif[3:] + text[3:] if h else text for text, h in zip(bases(20), hit, strict=True)]
    ref = np.where(makes, "C", motif[2])
    alt = np.where(makes, motif[2], "C")
    effect = np.where(hit, np.where(makes, 1.0, -1.0), 0.0) + 0.3 * rng.normal(size=n)
    return pl.DataFrame(
        {
            "source_row": np.arange(n),
            "chrom": [f"chr{1 + i % 5}" for i in range(n)],
            "effect": effect,
            "left": left, "ref": ref, "alt": alt, "right": right,
        }
    )  # fmt: skip


def _correlation(rows: pl.DataFrame, found: pl.DataFrame) -> float:
    both = rows.join(found, on="source_row")
    return float(np.corrcoef(both["effect"], both["score"])[0, 1])


def test_predict_by_kmers__learns_a_motif_from_other_chromosomes() -> None:
    rows = _variants(400)
    assert _correlation(rows, predict_by_kmers(rows, seed=1)) > 0.6


def test_predict_by_kmers__has_nothing_to_say_where_effects_are_noise() -> None:
    rows = _variants(400).with_columns(effect=pl.Series(np.random.default_rng(1).normal(size=400)))
    assert abs(_correlation(rows, predict_by_kmers(rows, seed=1))) < 0.15


def test_predict_by_kmers__never_sees_effects_of_the_chromosome_it_predicts() -> None:
    rows = _variants(300)
    poisoned = rows.with_columns(effect=pl.when(pl.col("chrom") == "chr2").then(99.0).otherwise("effect"))
    clean, other = (predict_by_kmers(part, seed=1).filter(rows["chrom"] == "chr2") for part in (rows, poisoned))
    np.testing.assert_allclose(clean["score"], other["score"], atol=1e-8)


def test_predict_by_kmers__exchanging_alleles_turns_the_sign() -> None:
    rows = _variants(200)
    turned = rows.with_columns(ref="alt", alt="ref", effect=-pl.col("effect"))
    found, other = (predict_by_kmers(part, seed=1)["score"] for part in (rows, turned))
    np.testing.assert_allclose(found, -other, atol=1e-10)


def test_predict_by_kmers__predicts_rows_without_an_effect_and_leaves_out_those_without_sequence() -> None:
    rows = _variants(200).with_columns(
        effect=pl.when(pl.int_range(pl.len()) < 20).then(None).otherwise("effect"),
        left=pl.when(pl.int_range(pl.len()) == 30).then(None).otherwise("left"),
    )
    found = predict_by_kmers(rows, seed=1)
    assert found.height == 199
    assert found.get_column("score").is_finite().all()
    assert 30 not in found.get_column("source_row").to_list()


@pytest.mark.parametrize("rows", [_variants(40), _variants(100).with_columns(chrom=pl.lit("chr1"))])
def test_predict_by_kmers__too_little_to_learn_from_gives_no_score(rows: pl.DataFrame) -> None:
    assert predict_by_kmers(rows, seed=1).height == 0


def test_leave_one_group_out__is_ridge_regression_refitted_without_each_group() -> None:
    rng = np.random.default_rng(3)
    features, group = rng.normal(size=(90, 12)), np.arange(90) % 4
    target = features[:, 0] + rng.normal(size=90)
    learnt = np.flatnonzero(np.arange(90) % 3 > 0)
    found = leave_one_group_out(sparse.csr_array(features), target, group, learnt)
    penalty = PENALTY * float((features[learnt] ** 2).sum()) / learnt.size
    for number in range(4):
        others = learnt[group[learnt] != number]
        model = Ridge(alpha=penalty, fit_intercept=False).fit(features[others], target[others])
        np.testing.assert_allclose(found[group == number], model.predict(features[group == number]), atol=1e-9)


def _counted_by_hand(sequence: str) -> dict[str, int]:
    """Gapped words with dots at the places that do not count, the lesser strand of each, by plain Python."""
    found: dict[str, int] = {}
    for start in range(len(sequence) - WORD + 1):
        word = sequence[start : start + WORD]
        for places in itertools.combinations(range(WORD), INFORMATIVE):
            gapped = "".join(letter if place in places else "." for place, letter in enumerate(word))
            other = reverse_complement_letters([gapped.replace(".", "N")])[0].replace("N", ".")
            name = min(gapped, other)
            found[name] = found.get(name, 0) + 1
    return found


def test_gapped_kmers__are_those_counted_by_hand() -> None:
    row = pl.DataFrame({"left": ["TTACGTACG"], "ref": ["A"], "alt": ["G"], "right": ["CCATGACTT"]})
    found = gapped_kmers(row)
    around = row["left"][0][-WORD + 1 :], row["right"][0][: WORD - 1]
    counts = [_counted_by_hand(around[0] + allele + around[1]) for allele in ("G", "A")]
    names = {*counts[0], *counts[1]}
    expected = sorted(counts[0].get(name, 0) - counts[1].get(name, 0) for name in names)
    assert sorted(value for value in found.data.tolist() if value) == [value for value in expected if value]


def test_gapped_kmers__are_the_same_on_either_strand() -> None:
    rows = _variants(20)
    turned = pl.DataFrame(
        {
            "left": reverse_complement_letters(rows["right"]),
            "ref": reverse_complement_letters(rows["ref"]),
            "alt": reverse_complement_letters(rows["alt"]),
            "right": reverse_complement_letters(rows["left"]),
        }
    )
    assert abs(gapped_kmers(rows) - gapped_kmers(turned)).sum() == 0


def test_gapped_kmers__hold_insertions_and_deletions_and_pass_over_unknown_bases() -> None:
    flank = {"left": "ACGTACGTAC", "right": "TTGCATTGCA"}
    rows = pl.DataFrame([flank | {"ref": "A", "alt": "ACC"}, flank | {"ref": "ACG", "alt": "A"}])
    counts = gapped_kmers(rows)
    assert counts.sum(axis=1).tolist() == [2 * 28, -2 * 28]
    unknown = rows.with_columns(left=pl.lit("N" * 10), right=pl.lit("N" * 10))
    assert abs(gapped_kmers(unknown)).sum() == 0
