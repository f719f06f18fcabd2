from __future__ import annotations

from tests.evaluation.builders import OTHER, SCORE, joined, rows, terms

from refalt.evaluation.beside.asked import cases, cases_by_subject


def test_cases__go_through_the_strata_of_the_family_and_no_others() -> None:
    asked = terms(strata=["chrom", "label"], family=["chrom"])
    assert {case.stratum for case in cases(joined(rows()), SCORE, asked)} == {"chrom=chr1", "chrom=chr2"}


def test_cases__within_one_label_the_label_is_not_asked_for() -> None:
    asked = terms(strata=["label"], family=["all", "label"])
    given = [case.stratum for case in cases(joined(rows()), SCORE, asked) if case.question.name == "given"]
    assert given == ["all"]


def test_cases_by_subject__scores_stand_side_by_side_in_their_order() -> None:
    grouped = cases_by_subject(joined(rows(name="t"), rows()), [SCORE, OTHER], terms())
    assert set(grouped) == {("all", name) for name in ("effect", "magnitude", "given", "direction")}
    assert all([case.score.name for case in held] == ["s", "t"] for held in grouped.values())


def test_case_rng__is_the_same_for_every_score_and_another_for_every_question() -> None:
    grouped = cases_by_subject(joined(rows(name="t"), rows()), [SCORE, OTHER], terms())
    first, second = (case.rng("x").random() for case in grouped["all", "effect"])
    assert first == second != grouped["all", "given"][0].rng("x").random()
