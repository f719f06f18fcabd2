"""Probes: questions to a model whose answers are known from another answer, on a few of the study's own variants.

Exchanging REF and ALT turns the sign of a signed score and leaves an unsigned one; REF against itself scores 0; the
other strand and a window a few bases further on leave a score nearly as it was. What is asked is staged so that the
model need not know: a model that is shown sequences gets a genome in which the asked REF stands where the probe says,
one short contig a variant, so that probes of neighbours do not meet. A model that reads a genome of its own is told
place, REF and ALT, and writes both into it; other strands it cannot be asked for.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from refalt.alleles import is_single_base, reverse_complement
from refalt.errors import StoppedByLimitError, redact
from refalt.models.base import Asked, Model, Probe
from refalt.models.metered import MeteredModel
from refalt.scoring.metered import Cost, Metering, dry_run
from refalt.scoring.run import score_with
from refalt.sequences import decode
from refalt.sources.fasta import genome_from_sequences
from refalt.studies.study import ScoreSection
from refalt.tables import Probes

#: Bases on either side of a variant that a staged contig holds, where the score names no window.
REACH: Final = 65_536
_NO_VARIANT: Final = "no row states a change of one base by another"
_UNSIGNED: Final = "the score is unsigned: REF against itself need not be 0"
_SEQUENCES: Final = ("ref_sequence", "alt_sequence")


@dataclass(frozen=True)
class Questions:
    """What is asked of one score.

    Attributes:
        own: The sampled variants, as the study asks them.
        probes: Those that can be asked.
        unprobed: Those that cannot -> why.
    """

    own: Asked
    probes: Mapping[Probe, Asked]
    unprobed: Mapping[Probe, str]


def probe_questions(model: Model, asked: Asked, score: ScoreSection, *, n: int, seed: int) -> Questions:
    """Draw variants and stage their probes.

    Args:
        model: The model.
        asked: The study's own questions of this score.
        score: The score.
        n: Most variants; each is one question a probe, besides its own.
        seed: Of the draw; scores of one study draw the same variants.
    """
    rows = asked.rows.filter(is_single_base(pl.col("ref"), pl.col("alt")) & (pl.col("ref") != pl.col("alt")))
    drawn = np.random.default_rng(seed).choice(rows.height, min(n, rows.height), replace=False)
    rows = rows[np.sort(drawn)]
    unprobed = {probe: _unprobed(model, probe, score, rows) for probe in Probe}
    own = Asked(rows, asked.genome, _carried(asked, rows))
    if not model.reads_own_genome(score):
        own = _on_short_contigs(own, reach=score.window or REACH)
    stage = _staged if not model.reads_own_genome(score) else _placed
    probes = {probe: stage(own, probe) for probe, why in unprobed.items() if not why}
    return Questions(own, probes, {probe: why for probe, why in unprobed.items() if why})


def _unprobed(model: Model, probe: Probe, score: ScoreSection, rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return model.unprobed(probe, score) or _NO_VARIANT
    return model.unprobed(probe, score) or (_UNSIGNED if probe is Probe.SAME and not score.signed else "")


def _carried(asked: Asked, rows: pl.DataFrame) -> pl.DataFrame | None:
    return None if asked.sequences is None else asked.sequences.join(rows, on="asked_id", how="semi")


def _on_short_contigs(own: Asked, *, reach: int) -> Asked:
    """The same variants, each on a contig of its own that is the genome around it."""
    if own.genome is None or own.rows.is_empty():
        return own
    contigs: dict[str, str] = {}
    names, places = [], []
    for row, (chrom, pos) in enumerate(own.rows.select("chrom", "pos").iter_rows()):
        known = chrom is not None and pos is not None and own.genome.has(chrom)
        codes = own.genome.codes(chrom) if known else np.empty(0, dtype=np.uint8)
        first = max(pos - 1 - reach, 0) if known else 0
        around = codes[first : first + 2 * reach]
        # What the genome does not hold stays where it was asked, and fails there.
        names.append(f"probe{row}" if around.size else chrom)
        places.append(pos - first if around.size else pos)
        contigs |= {f"probe{row}": decode(around)} if around.size else {}
    placed = own.rows.with_columns(chrom=pl.Series(names, dtype=pl.String), pos=pl.Series(places, dtype=pl.Int64))
    genome = genome_from_sequences(contigs, own.genome.assembly) if contigs else None
    return Asked(placed, genome, own.sequences)


def _placed(own: Asked, probe: Probe) -> Asked:
    """For a model with its own genome: the asked REF need not be what the study's genome holds."""
    genome = None if probe is Probe.SWAPPED else own.genome
    return Asked(own.rows.with_columns(_alleles(probe)), genome, None, probe)


def _staged(own: Asked, probe: Probe) -> Asked:
    """For a model that is shown sequences: contigs and carried sequences are what the probe is about."""
    rows = own.rows.with_columns(_alleles(probe))
    genome = None
    if own.genome is not None:
        contigs = {name: decode(own.genome.codes(name)) for name in own.genome.contigs}
        genome = genome_from_sequences(dict(_turned(contigs, rows, probe)), own.genome.assembly)
        if probe is Probe.STRAND:
            length = pl.col("chrom").replace_strict(own.genome.lengths, default=None, return_dtype=pl.Int64)
            rows = rows.with_columns(pos=length + 1 - pl.col("pos"))
    return Asked(rows, genome, _exchanged(own.sequences, probe), probe)


def _alleles(probe: Probe) -> list[pl.Expr]:
    ref, alt = pl.col("ref"), pl.col("alt")
    pair = {Probe.SWAPPED: (alt, ref), Probe.SAME: (ref, ref), Probe.SHIFTED: (ref, alt)}
    first, second = pair.get(probe, (reverse_complement(ref), reverse_complement(alt)))
    return [first.alias("ref"), second.alias("alt")]


def _turned(contigs: Mapping[str, str], rows: pl.DataFrame, probe: Probe) -> Iterator[tuple[str, str]]:
    """Each contig with the probe's REF in it, or its other strand."""
    if probe is Probe.STRAND:
        letters = pl.Series(list(contigs.values())).to_frame("letters").select(reverse_complement(pl.col("letters")))
        yield from zip(contigs, letters.to_series(), strict=True)
        return
    for name, pos, ref in rows.select("chrom", "pos", "ref").iter_rows():
        if name in contigs:
            yield name, contigs[name][: pos - 1] + ref + contigs[name][pos:]


def _exchanged(sequences: pl.DataFrame | None, probe: Probe) -> pl.DataFrame | None:
    if sequences is None or probe is Probe.SHIFTED:
        return sequences
    if probe is Probe.SWAPPED:
        return sequences.rename(dict(zip(_SEQUENCES, reversed(_SEQUENCES), strict=True)))
    if probe is Probe.SAME:
        return sequences.with_columns(alt_sequence="ref_sequence")
    last = pl.col("ref_sequence").str.len_bytes().cast(pl.Int64) - 1
    turned = [reverse_complement(pl.col(name)).alias(name) for name in _SEQUENCES]
    return sequences.with_columns(*turned, offset=last - pl.col("offset"))


def probe(
    model: Model, asked: Asked, score: ScoreSection, *, n: int, seed: int, metering: Metering | None = None
) -> Probes:
    """Probe one score; answers of a metered model pass its store like any other.

    Arguments as for `probe_questions`; `metering` is what a metered model is asked with.

    Raises:
        UserError: the variants themselves cannot be asked, as they could not be by the study. A probe that fails is
            a row with its reason.
        StoppedByLimitError: the service no longer answers.
    """
    model.check(score)
    questions = probe_questions(model, asked, score, n=n, seed=seed)
    schema = {column.name: column.dtype for column in Probes.declared}
    cannot = [{"probe": probe.value, "reason": why} for probe, why in questions.unprobed.items()]
    parts = [pl.DataFrame(cannot, schema=schema)]
    if questions.probes:
        own = _scores(model, questions.own, score, metering)
        for kind, question in questions.probes.items():
            held = _beside(own, _answers(model, question, score, metering), kind, signed=score.signed)
            parts.append(_not_exchanged(held) if kind is Probe.SWAPPED and model.reads_own_genome(score) else held)
    rows = pl.concat(parts, how="diagonal").select(list(schema))
    return Probes(rows.with_columns(score_name=pl.lit(score.name), paid=pl.lit(isinstance(model, MeteredModel))))


def _answers(model: Model, asked: Asked, score: ScoreSection, metering: Metering | None) -> pl.DataFrame:
    try:
        return _scores(model, asked, score, metering)
    except StoppedByLimitError:
        raise  # The service no longer answers at all: the same command goes on later, probes included.
    except Exception as error:  # noqa: BLE001  (a probe is no reason to lose a run)
        why = redact(f"the model raised {type(error).__name__}: {error}")
        return _nothing(asked.rows.select("asked_id"), pl.lit(why))


def _scores(model: Model, asked: Asked, score: ScoreSection, metering: Metering | None) -> pl.DataFrame:
    """asked_id, target_id, score, reason: a row a target, or one that says why there is none."""
    scored = score_with(model, asked, score, metering=metering)
    value = pl.col("raw").list.mean()
    found = scored.predictions.frame.select("asked_id", "target_id", score=pl.when(value.is_finite()).then(value))
    found = found.with_columns(reason=pl.when(pl.col("score").is_null()).then(pl.lit("the score is not a number")))
    failed = _nothing(scored.failures.frame, pl.col("error"))
    silent = asked.rows.join(found, on="asked_id", how="anti").join(failed, on="asked_id", how="anti")
    return pl.concat([found, failed, _nothing(silent, pl.lit("the model gave no answer"))])


def _nothing(rows: pl.DataFrame, why: pl.Expr) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String).alias("target_id"), pl.lit(None, pl.Float64).alias("score")
    return rows.select("asked_id", *nothing, why.alias("reason"))


def _beside(own: pl.DataFrame, answers: pl.DataFrame, probe: Probe, *, signed: bool) -> pl.DataFrame:
    """Each variant's own score, what the probe gave, and what it must give."""
    names = ["asked_id", "target_id"]
    given = answers.filter(pl.col("score").is_not_null()).select(*names, pl.col("score").alias("probe_score"))
    errors = answers.filter(pl.col("score").is_null()).unique("asked_id").select("asked_id", error="reason")
    factor = {Probe.SWAPPED: -1.0 if signed else 1.0, Probe.SAME: 0.0}.get(probe, 1.0)
    rows = own.join(given, on=names, how="left", nulls_equal=True, maintain_order="left")
    rows = rows.join(errors, on="asked_id", how="left", maintain_order="left")
    unanswered = pl.when(pl.col("probe_score").is_null()).then(pl.coalesce("error", pl.lit("no answer for its target")))
    return rows.with_columns(
        probe=pl.lit(probe.value), expected=pl.col("score") * factor, reason=pl.coalesce("reason", unanswered)
    ).drop("error")


def _not_exchanged(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows, without answers where the model put its own base in the place of REF and so compared nothing."""
    answered = rows.filter(pl.col("probe_score").is_not_null())
    silent = answered.height and (answered.get_column("probe_score") == 0).all()
    if not silent or (answered.get_column("score") == 0).all():
        return rows
    why = "every answer is 0: the service seems to put its genome's own base in the place of REF"
    return rows.with_columns(probe_score=pl.lit(None, pl.Float64), reason=pl.coalesce("reason", pl.lit(why)))


def probe_cost(
    model: MeteredModel, asked: Asked, score: ScoreSection, *, n: int, seed: int, metering: Metering
) -> Cost:
    """What the probes of one score would ask beyond its own questions; at most, because probes may share requests.

    Raises:
        UserError: the score cannot be made, or the store cannot be opened.
    """
    questions = probe_questions(model, asked, score, n=n, seed=seed)
    costs = [dry_run(model, each, score, metering=metering) for each in questions.probes.values()]
    fields = [field.name for field in dataclasses.fields(Cost)]
    return Cost(*(functools.reduce(operator.add, [getattr(cost, name) for cost in costs], 0) for name in fields))
