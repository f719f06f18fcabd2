"""The model as refalt uses it, on a loopback server: what it checks, what it scores, what it pays for."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import refalt.models
from refalt.errors import UserError
from refalt.models.alphagenome import AlphaGenome, AlphaGenomeSection
from refalt.models.base import Asked, Model
from refalt.plugins import find_plugin
from refalt.scoring.metered import Metering, dry_run
from refalt.scoring.run import Scored, score_with
from refalt.scoring.store import open_store
from refalt.serve.server import RunningServer, serve
from refalt.serve.services.dna_service import DnaModelService
from refalt.serve.services.world import World
from refalt.sources.fasta import Genome, genome_from_sequences
from refalt.studies.study import ScoreSection, TrackChoice
from refalt.testing.faulty_server import FaultyGate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alphagenome.data import genome as official_genome
    from alphagenome.models.v1 import dna_output

WINDOW = 16_384
DNASE = "CenterMask(DNASE, 501, DIFF_LOG2_SUM)"
KEY = "a-key-for-tests-4711"
Snvs = Callable[..., Asked]
POSITIONS = [20_000, 20_005, 20_100]


def score_of(scorer: str = DNASE, **given: Any) -> ScoreSection:
    return ScoreSection(**({"name": "s", "model": "alphagenome", "scorer": scorer, "window": WINDOW} | given))


@pytest.fixture
def scored(model: AlphaGenome, tmp_path: Path) -> Callable[..., Scored]:
    """Scores rows into a store of the test's own."""

    def make(asked: Asked, score: ScoreSection, *, by: AlphaGenome | None = None) -> Scored:
        return score_with(by or model, asked, score, metering=Metering(store=tmp_path))

    return make


def matrix(found: Scored, column: str = "raw") -> Any:
    return np.array(found.predictions.frame.get_column(column).to_list())


def test_plugin__is_found_by_its_folder() -> None:
    assert find_plugin(refalt.models, "alphagenome", Model) is AlphaGenome


def test_score__equals_the_official_clients_tracks_and_values(
    scored: Callable[..., Scored], snvs: Snvs, official: Any
) -> None:
    from refalt.models.alphagenome.local import official_scorer
    from refalt.models.alphagenome.scorers import parse_scorer

    asked = snvs(POSITIONS)
    found = scored(asked, score_of())
    variants = [
        official_genome.Variant("chr1", pos, ref, alt)
        for pos, ref, alt in asked.rows.select("pos", "ref", "alt").iter_rows()
    ]
    intervals = [variant.reference_interval.resize(WINDOW) for variant in variants]
    answers = [
        official.score_variant(interval, variant, [official_scorer(parse_scorer(DNASE))])[0]
        for interval, variant in zip(intervals, variants, strict=True)
    ]
    np.testing.assert_array_equal(matrix(found), np.concatenate([answer.X for answer in answers]).astype(float))
    quantiles = np.concatenate([answer.layers["quantiles"] for answer in answers]).astype(float)
    np.testing.assert_array_equal(matrix(found, "quantile"), quantiles)
    var = answers[0].var
    assert found.tracks.frame.get_column("track_id").to_list() == [
        f"DNASE|{n}|{s}" for n, s in zip(var["name"], var["strand"], strict=True)
    ]
    assert found.tracks.frame.get_column("ontology_curie").to_list() == var["ontology_curie"].tolist()
    assert found.predictions.frame.get_column("asked_id").to_list() == asked.rows.get_column("asked_id").to_list()


def test_score__reads_the_chosen_tracks_only(scored: Callable[..., Scored], snvs: Snvs) -> None:
    asked = snvs(POSITIONS)
    whole = scored(asked, score_of())
    part = scored(asked, score_of(tracks=TrackChoice(ontology_curie="EFO:0002784")))
    terms = whole.tracks.frame.get_column("ontology_curie").to_list()
    places = [index for index, term in enumerate(terms) if term == "EFO:0002784"]
    assert places
    np.testing.assert_array_equal(matrix(part), matrix(whole)[:, places])
    assert part.tally is not None
    assert (part.tally.to_ask, part.tally.from_store) == (0, 3)


def test_score__changes_its_sign_when_alleles_are_swapped(scored: Callable[..., Scored], snvs: Snvs) -> None:
    asked = snvs(POSITIONS, with_genome=False)
    swapped = asked.rows.rename({"ref": "alt", "alt": "ref"})
    forward, backward = scored(asked, score_of()), scored(Asked(swapped), score_of())
    np.testing.assert_allclose(matrix(forward), -matrix(backward), atol=1e-6)
    assert np.abs(matrix(forward)).max() > 1e-3


def test_score__by_gene_has_a_line_a_gene_or_the_line_of_its_target(scored: Callable[..., Scored], snvs: Snvs) -> None:
    asked = snvs(POSITIONS)
    found = scored(asked, score_of("GeneMaskLFC(RNA_SEQ)"))
    genes = found.predictions.frame.get_column("target_id").unique().to_list()
    assert all(genes)
    aimed = replace(asked, rows=asked.rows.with_columns(target_id=pl.Series([genes[0], f"{genes[0]}.7", "ENSG1"])))
    one = scored(aimed, score_of("GeneMaskLFC(RNA_SEQ)"))
    assert one.predictions.frame.get_column("target_id").to_list() == [genes[0]] * 2
    (error,) = one.failures.frame.get_column("error").to_list()
    assert error == f"ENSG1 is not among the {len(genes)} genes within the window"
    assert one.failures.frame.get_column("reason").to_list() == ["gene_outside_window"]
    assert one.failures.unanswered.is_empty()


def test_score__of_all_recommended_is_one_request_a_variant_whatever_is_read(
    world: World, tmp_path: Path, snvs: Snvs
) -> None:
    gate = FaultyGate()
    with serve(DnaModelService(world), gate=gate) as running:
        ours = AlphaGenome(AlphaGenomeSection(address=running.address))
        for name in ("DNASE", "RNA_SEQ", "SPLICE_JUNCTIONS", "CONTACT_MAPS"):
            score = score_of(f"recommended/{name}", signed=name in ("DNASE", "RNA_SEQ"))
            found = score_with(ours, snvs(POSITIONS), score, metering=Metering(store=tmp_path))
            assert found.tracks.frame.height or found.failures.frame.height == 3
    assert sum(gate.asked.values()) == 3


def test_score__by_sequence_is_the_comparison_of_the_officially_predicted_tracks(
    scored: Callable[..., Scored], snvs: Snvs, official: Any, genome: Genome
) -> None:
    asked = snvs(POSITIONS[:1])
    found = scored(asked, score_of("Sequence(CAGE, 501, MEAN, DIFFERENCE)", method="sequence"))
    pos, alt = asked.rows.item(0, "pos"), asked.rows.item(0, "alt")
    letters = "".join("ACGTN"[code] for code in genome.codes("chr1"))
    start = pos - WINDOW // 2
    window = letters[start : start + WINDOW]
    changed = window[: WINDOW // 2 - 1] + alt + window[WINDOW // 2 :]
    means = []
    for sequence in (window, changed):
        tracks = official.predict_sequence(
            sequence, requested_outputs=[dna_output.OutputType.CAGE], ontology_terms=None
        )
        centre = WINDOW // 2 - 1
        means.append(tracks.cage.values[centre - 250 : centre + 251].astype(float).mean(axis=0))
    np.testing.assert_allclose(matrix(found)[0], means[1] - means[0], rtol=1e-9, atol=1e-12)
    alone = found.predictions.frame.select("ref_score", "alt_score").row(0)
    np.testing.assert_allclose(alone, [mean.mean() for mean in means], rtol=1e-9)


def test_score__of_a_sequence_is_the_difference_of_its_alleles_scores(
    scored: Callable[..., Scored], snvs: Snvs
) -> None:
    score = score_of("Sequence(DNASE, 501, MEAN, LOG2_RATIO)", method="sequence")
    found = scored(snvs(POSITIONS), score).predictions.frame
    difference = found.get_column("alt_score") - found.get_column("ref_score")
    np.testing.assert_allclose(difference, found.get_column("raw").list.mean(), rtol=1e-9, atol=1e-12)
    assert found.get_column("ref_score").n_unique() == len(POSITIONS)
    by_variant = scored(snvs(POSITIONS), score_of()).predictions.frame
    assert by_variant.get_column("ref_score").null_count() == len(POSITIONS)


def test_score__averaged_over_both_strands_is_the_same_for_a_genome_read_from_the_other_end(
    world: World, tmp_path: Path, genome: Genome, rows: Callable[..., pl.DataFrame], server: RunningServer
) -> None:
    both = AlphaGenome(AlphaGenomeSection(address=server.address, both_strands=True))
    size = genome.codes("chr1").size
    letters = "".join("ACGTN"[code] for code in genome.codes("chr1"))
    turned = letters.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    pos, ref = 30_000, letters[29_999]
    alt = "A" if ref != "A" else "C"
    complement = dict(zip("ACGT", "TGCA", strict=True))
    # A window of even length has its middle between two bases: the base after it stands there when read backwards.
    score = score_of("Sequence(CAGE, None, MEAN, DIFFERENCE)", method="sequence", tracks=TrackChoice(strand="+"))
    other = score.model_copy(update={"tracks": TrackChoice(strand="-")})
    forward = score_with(both, Asked(rows([(pos, ref, alt)]), genome), score, metering=Metering(store=tmp_path))
    backward = score_with(
        both,
        Asked(
            rows([(size - pos + 1, complement[ref], complement[alt])]),
            genome_from_sequences({"chr1": turned}, "simulated"),
        ),
        other,
        metering=Metering(store=tmp_path),
    )
    assert forward.tally is not None
    assert forward.tally.to_ask == 4
    assert forward.predictions.frame.height == backward.predictions.frame.height == 1
    np.testing.assert_allclose(matrix(forward), matrix(backward), atol=1e-4)
    assert np.abs(matrix(forward)).max() > 1e-5


def test_score__of_an_element_is_its_activity(
    scored: Callable[..., Scored], rows: Callable[..., pl.DataFrame], genome: Genome
) -> None:
    frame = rows([(None, None, None), (None, None, None)]).with_columns(
        asked_id=pl.Series(["one", "two"]), made_for=pl.Series(["one", "two"]), chrom=pl.lit(None, pl.String)
    )
    letters = "".join("ACGTN"[code] for code in genome.codes("chr1")[:400])
    carried = pl.DataFrame(
        {
            "asked_id": ["one", "two"],
            "ref_sequence": [letters[:200], letters[200:]],
            "alt_sequence": [None, None],
            "offset": [0, 0],
        },
        schema_overrides={"alt_sequence": pl.String},
    )
    found = scored(Asked(frame, sequences=carried), score_of("Element(DNASE, MEAN)", method="element"))
    assert matrix(found).shape[0] == 2
    assert (matrix(found) > 0).any()
    assert found.failures.frame.is_empty()


def test_score__makes_one_failure_of_each_row_that_cannot_be_asked(
    scored: Callable[..., Scored], rows: Callable[..., pl.DataFrame], genome: Genome
) -> None:
    ref = str(genome.bases_at(["chr1"], [20_000], 1)[0])
    alt = "A" if ref != "A" else "C"
    changes = [(20_000, ref, alt), (20_000, alt, ref), (20_000, ref, ref), (10**9, "A", "C"), (None, None, None)]
    found = scored(Asked(rows(changes), genome), score_of())
    assert found.predictions.frame.height == 1
    errors = found.failures.frame.get_column("error").to_list()
    assert len(errors) == 4
    assert "the genome holds" in errors[0]
    assert "the same" in errors[1]
    assert "outside the genome" in errors[2]
    assert "no position" in errors[3]


def test_questions__are_one_for_rows_that_ask_the_same(
    model: AlphaGenome, tmp_path: Path, rows: Callable[..., pl.DataFrame]
) -> None:
    genome = genome_from_sequences({"chr1": "G" + "CA" * 9_000}, "simulated")
    asked = Asked(
        rows([(3, "AC", "A"), (5, "AC", "A"), (7, "AC", "A")]).unique("asked_id", maintain_order=True), genome
    )
    cost = dry_run(model, asked, score_of(), metering=Metering(store=tmp_path))
    assert asked.rows.height == 3
    assert cost.requests == 3
    asked = Asked(rows([(3, "ACA", "A"), (5, "ACA", "A"), (7, "ACA", "A")]), genome)
    assert dry_run(model, asked, score_of(), metering=Metering(store=tmp_path)).requests == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"window": 2048}, "2,048 was taken once"),
        ({"window": 1_000_000}, "one of 16,384, 131,072, 524,288, 1,048,576"),
        ({"scorer": ""}, "names no scorer"),
        ({"scorer": "DNASE_ACTIVE"}, "signed = false"),
        ({"scorer": "CenterMask(DNASE, 100001, DIFF_MEAN)"}, "wider than the window"),
        ({"tracks": TrackChoice(output="ATAC")}, "one of DNASE"),
        ({"tracks": TrackChoice(ontology_curie="K562")}, "such as EFO:0002067"),
        ({"method": "sequence"}, "needs its scorer"),
        ({"method": "recorded"}, "one of element, sequence, variant"),
    ],
)
def test_check__says_what_cannot_be_scored(model: AlphaGenome, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        model.check(score_of(**given))
    assert said.lower() in str(caught.value).lower()


def test_check__takes_an_unsigned_scorer_that_is_declared_so(model: AlphaGenome) -> None:
    model.check(score_of("DNASE_ACTIVE", signed=False))


def test_score__with_a_choice_that_matches_nothing_pays_nothing(world: World, tmp_path: Path, snvs: Snvs) -> None:
    gate = FaultyGate()
    with serve(DnaModelService(world), gate=gate) as running:
        ours = AlphaGenome(AlphaGenomeSection(address=running.address))
        score = score_of(tracks=TrackChoice(biosample_name="K563"))
        with pytest.raises(UserError, match="K562"):
            score_with(ours, snvs(POSITIONS), score, metering=Metering(store=tmp_path))
    assert not gate.asked


def test_score__from_the_store_needs_neither_key_nor_server(
    world: World, tmp_path: Path, snvs: Snvs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(DnaModelService(world)) as running:
        ours = AlphaGenome(AlphaGenomeSection(address=running.address))
        first = score_with(ours, snvs(POSITIONS), score_of(), metering=Metering(store=tmp_path))
    monkeypatch.delenv("ALPHA_GENOME_API_KEY")
    again = score_with(ours, snvs(POSITIONS), score_of(), metering=Metering(store=tmp_path))
    assert again.predictions.frame.equals(first.predictions.frame)
    assert again.tracks.frame.equals(first.tracks.frame)
    with pytest.raises(UserError, match="there is no API key"):
        score_with(ours, snvs([20_001]), score_of(), metering=Metering(store=tmp_path))


def test_identity__keeps_other_servers_revisions_and_backends_apart() -> None:
    def store(**given: Any) -> str:
        return AlphaGenome(AlphaGenomeSection(**given)).identity.text

    names = [
        store(),
        store(revision="FOLD_1"),
        store(address="127.0.0.1:5"),
        store(address="example.org:443"),
        store(backend="atlas"),
        store(backend="local"),
    ]
    assert names[0] == "alphagenome-ALL_FOLDS"
    assert len(set(names)) == len(names)
    assert store(address="127.0.0.1:5") == store(address="localhost:6")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"revision": "FOLD_4"}, "Did you mean 'FOLD_"),
        ({"revision": ""}, "no revision of AlphaGenome"),
        ({"revision": "../x", "address": "127.0.0.1:5"}, "letters, digits"),
        ({"address": "http://example.org:80"}, "plain text"),
        ({"backend": "atlas", "organism": "mouse"}, "human variants only"),
    ],
)
def test_settings__that_cannot_be_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        AlphaGenome(AlphaGenomeSection(**given))
    assert said in str(caught.value)


def test_questions__refuse_a_genome_the_service_does_not_know(snvs: Snvs) -> None:
    with pytest.raises(UserError, match="GRCh38 only.*got simulated"):
        list(AlphaGenome(AlphaGenomeSection()).questions(snvs(POSITIONS), score_of()))


def test_questions__know_the_ends_of_the_services_contigs(rows: Callable[..., pl.DataFrame]) -> None:
    asked = Asked(rows([(248_956_422, "A", "C"), (248_956_423, "A", "C")]))
    found = list(AlphaGenome(AlphaGenomeSection()).questions(asked, score_of()))
    assert [question.error for question in found] == ["", "chr1:248956423 lies beyond the contig's end"]


def test_matching_tracks__lists_them_from_the_store_when_they_are_there(
    model: AlphaGenome, world: World, tmp_path: Path, snvs: Snvs, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = model.matching_tracks(TrackChoice(ontology_curie="EFO:0002067"))
    assert set(fresh.get_column("biosample_name")) == {"K562"}
    assert fresh.get_column("output").n_unique() > 5
    score_with(model, snvs(POSITIONS), score_of(), metering=Metering(store=tmp_path))
    monkeypatch.delenv("ALPHA_GENOME_API_KEY")
    with open_store(model.identity, tmp_path) as store:
        assert model.matching_tracks(TrackChoice(ontology_curie="EFO:0002067"), store).equals(fresh)


def test_tracks__are_those_that_the_answers_have(model: AlphaGenome, scored: Callable[..., Scored], snvs: Snvs) -> None:
    score = score_of(tracks=TrackChoice(ontology_curie="EFO:0002067"))
    promised = model.tracks(score).drop("track_index")
    found = scored(snvs(POSITIONS[:1]), score).tracks.frame
    assert found.select(promised.columns).rows() == promised.rows()


def test_dry_run__counts_requests_bases_and_what_is_paid_already(
    model: AlphaGenome, tmp_path: Path, snvs: Snvs, scored: Callable[..., Scored]
) -> None:
    metering = Metering(store=tmp_path)
    before = dry_run(model, snvs([20_000 + at for at in range(30)]), score_of(), metering=metering)
    assert (before.requests, before.in_store, before.to_ask, before.bases) == (30, 0, 30, 30 * 2 * WINDOW)
    assert np.isnan(before.disk)
    assert np.isnan(before.expected_s)
    scored(snvs([20_000 + at for at in range(25)]), score_of())
    after = dry_run(model, snvs([20_000 + at for at in range(30)]), score_of(), metering=metering)
    assert (after.requests, after.in_store, after.to_ask, after.bases) == (30, 25, 5, 5 * 2 * WINDOW)
    with open_store(model.identity, tmp_path) as store:
        size = len(store.payload(next(iter(_digests(store)))) or b"")
    assert after.disk == pytest.approx(5 * size)
    assert 0 < after.expected_s < 60


def _digests(store: Any) -> list[bytes]:
    return [bytes(digest) for (digest,) in store._connection.execute("select digest from answers")]


def test_keys__in_the_store_say_what_was_asked(model: AlphaGenome, tmp_path: Path, snvs: Snvs, scored: Any) -> None:
    scored(snvs(POSITIONS[:1]), score_of())
    with open_store(model.identity, tmp_path) as store:
        ((key, client),) = store._connection.execute("select request, client from answers").fetchall()
    assert json.loads(key)["scorers"] == [DNASE]
    assert client == "0.10.0"


def test_model__can_be_sent_to_a_worker_without_the_key(model: AlphaGenome) -> None:
    content = pickle.dumps(model)
    assert KEY.encode() not in content
    assert pickle.loads(content).identity == model.identity  # noqa: S301
