"""Probes of models that are honest, and of one that is not, with and without a genome."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from refalt.errors import StoppedByLimitError
from refalt.models.base import Answers, Asked, Model, ModelSection, Probe
from refalt.models.motif import Motif, MotifSection
from refalt.models.recorded import Recorded
from refalt.scoring.probes import probe, probe_questions
from refalt.sequences import decode
from refalt.sources.fasta import Genome, genome_from_sequences
from refalt.studies.study import ScoreSection
from refalt.tables import Probes

SCORE = ScoreSection(name="m", model="motif")
LENGTH = 5_000
#: Neighbours: two probes a base apart must not see each other's alleles.
POSITIONS = (40, 2_000, 2_001, 2_017, 4_980)
NOTHING = pl.lit(None, pl.String)


@pytest.fixture(scope="module")
def genome() -> Genome:
    letters = "".join(np.random.default_rng(5).choice(list("ACGT"), LENGTH))
    return genome_from_sequences({"chr1": letters}, "simulated")


@pytest.fixture(scope="module")
def asked(genome: Genome) -> Asked:
    refs = genome.bases_at(["chr1"] * len(POSITIONS), list(POSITIONS), 1).to_list()
    other = {"A": "G", "C": "T", "G": "A", "T": "C"}
    changes = [(pos, ref, other[ref]) for pos, ref in zip(POSITIONS, refs, strict=True)]
    changes.append((3_000, decode(genome.codes("chr1")[2_999:3_001]), "A"))
    rows = pl.DataFrame(changes, schema=["pos", "ref", "alt"], orient="row").with_columns(chrom=pl.lit("chr1"))
    named = rows.with_columns(asked_id=pl.format("chr1:{}:{}>{}", "pos", "ref", "alt"))
    return Asked(
        named.with_columns(made_for="asked_id", input_id="asked_id", target_id=NOTHING, context_id=NOTHING), genome
    )


class Deaf(Model):
    """Says how many G and C its ALT window has, whatever REF is: not a difference of alleles."""

    readout = "G and C"

    def __init__(self) -> None:
        super().__init__(ModelSection())

    def tracks(self, score: ScoreSection) -> pl.DataFrame:
        return pl.DataFrame({"track_index": [0], "track_id": ["GC|x|."]})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        if asked.probe is Probe.SAME:
            raise ZeroDivisionError("nothing changes")
        assert asked.genome is not None
        share = []
        for chrom, pos, alt in asked.rows.select("chrom", "pos", "alt").iter_rows():
            codes = asked.genome.codes(chrom)[max(pos - 10, 0) : pos + 10]
            share.append(np.isin(codes, (1, 2)).mean() + (alt in "GC"))
        yield Answers(np.arange(asked.rows.height), np.array(share)[:, None])


def of(found: Probes, kind: Probe) -> pl.DataFrame:
    return found.frame.filter(pl.col("probe") == kind.value)


def test_probe__an_honest_model_gives_what_is_expected_of_it(asked: Asked) -> None:
    found = probe(Motif(MotifSection()), asked, SCORE, n=100, seed=1)
    assert found.frame.get_column("probe").unique().sort().to_list() == sorted(Probe)
    assert found.frame.height == 4 * len(POSITIONS)
    assert found.frame.get_column("reason").null_count() == found.frame.height
    assert not found.frame.get_column("paid").any()
    expected, given = (found.frame.get_column(name).to_numpy() for name in ("expected", "probe_score"))
    np.testing.assert_allclose(given, expected, atol=1e-4)
    assert of(found, Probe.SWAPPED).get_column("score").abs().min() > 0.01


def test_probe__of_carried_sequences_needs_no_genome(asked: Asked, genome: Genome) -> None:
    letters = decode(genome.codes("chr1"))
    rows = asked.rows.filter(pl.col("pos").is_between(1_000, 4_000) & (pl.col("ref").str.len_bytes() == 1))
    around = [(letters[pos - 80 : pos - 1], letters[pos : pos + 60]) for pos in rows.get_column("pos")]
    carried = pl.DataFrame(
        {
            "asked_id": rows.get_column("asked_id"),
            "ref_sequence": [f"{a}{ref}{b}" for (a, b), ref in zip(around, rows.get_column("ref"), strict=True)],
            "alt_sequence": [f"{a}{alt}{b}" for (a, b), alt in zip(around, rows.get_column("alt"), strict=True)],
            "offset": [79] * rows.height,
        }
    )
    found = probe(Motif(MotifSection()), Asked(rows, None, carried), SCORE, n=100, seed=1).frame
    assert found.height == 4 * rows.height
    assert found.get_column("reason").null_count() == found.height
    expected, given = (found.get_column(name).to_numpy() for name in ("expected", "probe_score"))
    np.testing.assert_allclose(given, expected, atol=1e-4)


def test_probe__a_model_that_does_not_compare_alleles_is_seen(asked: Asked) -> None:
    found = probe(Deaf(), asked, SCORE, n=100, seed=1)
    swapped = of(found, Probe.SWAPPED)
    assert (swapped.get_column("probe_score") - swapped.get_column("expected")).abs().min() > 0.5


def test_probe__one_that_fails_says_why_and_loses_nothing_else(asked: Asked) -> None:
    found = probe(Deaf(), asked, SCORE, n=100, seed=1)
    same = of(found, Probe.SAME)
    assert same.get_column("reason").unique().to_list() == ["the model raised ZeroDivisionError: nothing changes"]
    assert same.get_column("probe_score").null_count() == same.height == len(POSITIONS)
    assert of(found, Probe.SWAPPED).get_column("probe_score").null_count() == 0
    for kind in (Probe.STRAND, Probe.SHIFTED):
        ((name, reason),) = of(found, kind).select("asked_id", "reason").rows()
        assert name is None
        assert reason


def test_probe__of_a_service_that_no_longer_answers_is_gone_on_with_later(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Deaf.predict

    def stops(self: Deaf, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        if asked.probe is not None:
            raise StoppedByLimitError("the quota is used up")
        return answer(self, asked, score)

    monkeypatch.setattr(Deaf, "predict", stops)
    with pytest.raises(StoppedByLimitError):
        probe(Deaf(), asked, SCORE, n=100, seed=1)


def test_probe__an_unsigned_score_stays_and_is_not_asked_about_nothing(asked: Asked) -> None:
    score = SCORE.model_copy(update={"signed": False})
    found = probe(Motif(MotifSection()), asked, score, n=100, seed=1)
    assert of(found, Probe.SAME).get_column("asked_id").to_list() == [None]
    swapped = of(found, Probe.SWAPPED)
    assert swapped.get_column("expected").equals(swapped.get_column("score"))


def test_probe__published_scores_are_not_probed(asked: Asked) -> None:
    found = probe(Recorded(ModelSection()), asked, SCORE, n=100, seed=1).frame
    assert found.get_column("reason").unique().to_list() == ["published numbers cannot be asked again"]
    assert found.height == len(Probe)


def test_probe_questions__draw_the_same_few_variants_for_every_score(asked: Asked) -> None:
    drawn = [
        probe_questions(model, asked, SCORE, n=3, seed=4).own.rows.get_column("asked_id").to_list()
        for model in (Motif(MotifSection()), Deaf())
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 3
    assert {name.count(":") for name in drawn[0]} == {2}


def test_probe_questions__without_single_base_changes_say_so(asked: Asked) -> None:
    indels = Asked(asked.rows.filter(pl.col("ref").str.len_bytes() > 1), asked.genome)
    found = probe_questions(Motif(MotifSection()), indels, SCORE, n=3, seed=4)
    assert not found.probes
    assert set(found.unprobed.values()) == {"no row states a change of one base by another"}


def test_probe_questions__a_staged_genome_holds_what_is_asked_as_ref(asked: Asked) -> None:
    found = probe_questions(Motif(MotifSection()), asked, SCORE, n=100, seed=4)
    for question in (found.own, *found.probes.values()):
        assert question.genome is not None
        rows = question.rows
        held = question.genome.bases_at(rows.get_column("chrom"), rows.get_column("pos"), 1)
        assert held.to_list() == rows.get_column("ref").to_list()
    own, strand = found.own, found.probes[Probe.STRAND]
    assert own.genome is not None
    assert strand.genome is not None
    turned = decode(strand.genome.codes("probe0")).translate(str.maketrans("ACGT", "TGCA"))[::-1]
    assert turned == decode(own.genome.codes("probe0"))
