"""SQ: are the sequences that a table carries the ones that its rows speak of?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.alleles import reverse_complement
from refalt.audits.alleles import beyond_chance
from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.rows import FEWEST, share, shown_rows
from refalt.sources.fasta import Genome
from refalt.studies.sections import DatasetSection, FlanksSection
from refalt.studies.study import ScoreSection
from refalt.tables import Inputs, Measurements

Ints = npt.NDArray[np.int64]

#: Models read N as nothing: over one base in a hundred the sequence is no longer the one that was measured.
MOST_N: Final = 0.01
#: How far from the declared offset a better one is looked for, and in how many rows.
SEARCHED, SEARCHED_ROWS = 1_000, 2_000


def _with_alleles(inputs: Inputs, measurements: Measurements) -> pl.DataFrame:
    kept = measurements.kept(recorded=True).select("source_row", "ref", "alt")
    return inputs.frame.join(kept, on="source_row", maintain_order="left")


def _substitutions(rows: pl.DataFrame) -> pl.DataFrame:
    single = [pl.col(allele).str.contains("^[ACGT]$") for allele in ("ref", "alt")]
    return rows.filter(pl.all_horizontal(*single, pl.col("offset").is_not_null()))


class VariantIsWhereTheWindowSays(Audit):
    """SQ001.

    Over one substitution in a hundred holds neither REF nor ALT at the declared offset, on either strand. The
    message says at which offset most would fit.
    """

    code = "SQ001"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "The carried sequence holds the variant at the declared offset."
    why = (
        "An offset counted from 1, or a window moved because it met the end of a chromosome, puts the change beside "
        "the variant. The model's answer is then about a base that nobody changed."
    )
    example = "offset = 50 where the variant's base has index 49: a third of the rows hold neither allele there."
    remedy = "Set sequences.offset to the 0-based index of the variant; the message names the offset that fits best."

    def check(self, *, inputs: Inputs, measurements: Measurements) -> Finding:
        """Look for REF or ALT, on either strand, at the offset; where it is not, look for a better offset."""
        rows = _substitutions(_with_alleles(inputs, measurements))
        if rows.height < FEWEST:
            return self.skipped(f"{rows.height} substitutions carry sequences")
        base = pl.col("ref_sequence").str.slice(pl.col("offset"), 1)
        strands = [rows.filter(~_holds(read)) for read in (base, reverse_complement(base))]
        misfits = min(strands, key=lambda part: part.height)
        numbers: Numbers = {"n_affected": misfits.height, "n_examined": rows.height}
        said = f"{share(rows.height - misfits.height, rows.height)} substitutions hold an allele at the declared offset"
        if not beyond_chance(misfits.height, rows.height):
            return self.clear(f"{said}.", **numbers)
        shift, fitting = _best_shift(rows)
        hint = f"; {fitting:,} hold it {abs(shift)} bases {'after' if shift > 0 else 'before'} it" if shift else ""
        return self.found(f"{said}{hint}.", examples=shown_rows(misfits, "ref", "alt"), **numbers)


def _holds(base: pl.Expr) -> pl.Expr:
    return (base == pl.col("ref")) | (base == pl.col("alt"))


def _best_shift(rows: pl.DataFrame) -> tuple[int, int]:
    """The shift from the declared offset at which most sequences hold REF (forward strand), and how many do."""
    rows = rows.head(SEARCHED_ROWS)
    window = rows.select(
        pl.concat_str(pl.lit("-" * SEARCHED), "ref_sequence", pl.lit("-" * SEARCHED))
        .str.slice(pl.col("offset"), 2 * SEARCHED + 1)
        .str.pad_end(2 * SEARCHED + 1, "-")
    ).to_series()
    letters = np.frombuffer("".join(window).encode(), dtype=np.uint8).reshape(rows.height, -1)
    ref = np.frombuffer("".join(rows.get_column("ref")).encode(), dtype=np.uint8)
    fitting = (letters == ref[:, None]).sum(axis=0)
    best = int(fitting.argmax())
    return best - SEARCHED, int(fitting[best])


class SequencesStayAligned(Audit):
    """SQ002.

    Over one pair in a hundred has N in ALT only, changes length by another number of bases than its alleles, or
    differs elsewhere than at the variant.
    """

    code = "SQ002"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "REF and ALT sequences differ by the variant and by nothing else."
    why = (
        "An insertion that is cut off on the right, or filled up with N, moves or replaces bases far from the variant. "
        "Models with a fixed frame then see hundreds of changes where there is one."
    )
    example = "A 3-bp deletion whose two sequences are both 100 bp long and end in different bases."
    remedy = "Cut both windows from the genome around the variant, with the same left end and real bases on the right."

    def check(self, *, inputs: Inputs, measurements: Measurements) -> Finding:
        """Count pairs with N in ALT only, pairs of the wrong length, and substitutions that change other bases."""
        both = pl.col("alt_sequence").is_not_null() & pl.col("ref").is_not_null()
        rows = _with_alleles(inputs, measurements).filter(both)
        if rows.is_empty():
            return self.skipped("no row carries both sequences")
        n_ref, n_alt = (pl.col(f"{allele}_sequence").str.count_matches("N") for allele in ("ref", "alt"))
        change, longer = _length_change("ref", "alt"), _length_change("ref_sequence", "alt_sequence")
        wrong_length = (longer.abs() != change.abs()) & ~pl.concat_str("ref", "alt").str.contains("-", literal=True)
        indels = rows.filter((change != 0) & ~wrong_length)
        counts = {
            "have N in ALT only": rows.filter(n_alt > n_ref),
            "change length by another number of bases than their alleles": rows.filter(wrong_length),
            "differ elsewhere than at the offset": _elsewhere(_substitutions(rows)),
            "differ by more than one insertion or deletion": _beyond_one_indel(indels),
        }
        bad = pl.concat(list(counts.values())).unique("source_row", maintain_order=True)
        numbers: Numbers = {"n_affected": bad.height, "n_examined": rows.height}
        if not beyond_chance(bad.height, rows.height):
            said = f"{share(rows.height - bad.height, rows.height)} pairs differ by their variant only"
            return self.clear(f"{said}.", **numbers)
        said = "; ".join(f"{part.height:,} {name}" for name, part in counts.items() if part.height)
        return self.found(f"Of {rows.height:,} pairs {said}.", examples=shown_rows(bad, "ref", "alt"), **numbers)


def _length_change(before: str, after: str) -> pl.Expr:
    return pl.col(after).str.len_bytes().cast(pl.Int64) - pl.col(before).str.len_bytes().cast(pl.Int64)


def _elsewhere(rows: pl.DataFrame) -> pl.DataFrame:
    """Substitutions whose two sequences differ before or after the offset."""
    sequences = [pl.col(f"{allele}_sequence") for allele in ("ref", "alt")]
    before = [sequence.str.slice(0, pl.col("offset")) for sequence in sequences]
    after = [sequence.str.slice(pl.col("offset") + 1) for sequence in sequences]
    return rows.filter((before[0] != before[1]) | (after[0] != after[1]))


def _beyond_one_indel(rows: pl.DataFrame) -> pl.DataFrame:
    """Insertions and deletions behind which the two sequences do not go on alike, as far as both go.

    Where REF and ALT are carried the other way round the shorter sequence is the longer allele's.
    """
    stated = rows.filter(pl.concat_str("ref", "alt").str.contains("^[ACGT]+$"))
    start, _ = shared_ends(stated.get_column("ref_sequence"), stated.get_column("alt_sequence"))
    change = _length_change("ref", "alt")
    goes_on = [_go_on_alike(pl.lit(pl.Series(start)), longer) for longer in (change, -change)]
    return stated.filter(~pl.any_horizontal(goes_on))


def _go_on_alike(start: pl.Expr, longer: pl.Expr) -> pl.Expr:
    ref = pl.col("ref_sequence").str.slice(start + (-longer).clip(0))
    alt = pl.col("alt_sequence").str.slice(start + longer.clip(0))
    shared = pl.min_horizontal(ref.str.len_bytes(), alt.str.len_bytes())
    return ref.str.slice(0, shared) == alt.str.slice(0, shared)


def shared_ends(first: pl.Series, second: pl.Series) -> tuple[Ints, Ints]:
    """How many bases each pair of sequences has in common at its start, and at its end: int64[n] each."""
    ends = []
    for one, other in ((first, second), (first.str.reverse(), second.str.reverse())):
        # Filled up to one length with letters that no sequence has, so that every pair differs somewhere.
        width = max((*one.str.len_bytes(), *other.str.len_bytes()), default=0) + 1
        letters = [
            np.frombuffer("".join(column.str.pad_end(width, fill)).encode(), dtype=np.uint8).reshape(-1, width)
            for column, fill in ((one, "<"), (other, ">"))
        ]
        ends.append((letters[0] != letters[1]).argmax(axis=1).astype(np.int64))
    return ends[0], ends[1]


class InputsAreRealSequence(Audit):
    """SQ003.

    Over one base in a hundred is N, a sequence begins or ends in N, or an edited construct equals its wild type.
    """

    code = "SQ003"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Carried sequences are sequence from end to end, and an edited one is not its wild type."
    why = (
        "Padding with N, in a file or in the window of a model, makes a short insert look like a scaffold end; a "
        "construct whose edit was forgotten is its own control. In both cases the model answers, and the answer is "
        "about nothing."
    )
    example = "A 16-bp site inside 2,048 N; or a mutant whose sequence equals its wild type's."
    remedy = (
        "Give the insert in its plasmid or genomic context (flanks in [dataset]); build edited sequences again from "
        "their design."
    )

    def check(
        self,
        *,
        inputs: Inputs,
        measurements: Measurements,
        declared: DatasetSection | None = None,
        scores: Sequence[ScoreSection] = (),
        genome: Genome | None = None,
    ) -> Finding:
        """Count bases that are N, padded sequences and windows, and constructs equal to their wild type."""
        if not len(inputs):
            return self.skipped("no row carries a sequence")
        sequence = pl.col("ref_sequence")
        n_bases, n_unknown = inputs.frame.select(
            sequence.str.len_bytes().sum().alias("bases"), sequence.str.count_matches("N").sum().alias("unknown")
        ).row(0)
        padded = inputs.frame.filter(sequence.str.contains("^N|N$"))
        unedited = _unedited(inputs, measurements)
        bad = pl.concat([padded, unedited]).unique("source_row", maintain_order=True)
        numbers: Numbers = {"n_affected": bad.height, "n_examined": len(inputs), "threshold": MOST_N}
        numbers["statistic"] = n_unknown / max(n_bases, 1)
        said = f"{share(n_unknown, n_bases)} bases are N; {padded.height:,} sequences are padded"
        said += f"; {unedited.height:,} constructs equal their wild type" if unedited.height else ""
        flanks = declared.flanks if declared else None
        filled = {score.name: _filled(inputs, score, flanks or FlanksSection(), genome) for score in scores}
        windows = {name: of_window for name, of_window in filled.items() if of_window > MOST_N}
        said += "".join(
            f"; {100 * of_window:.0f} % of the window of {name} is N" for name, of_window in windows.items()
        )
        if n_unknown <= MOST_N * n_bases and not padded.height and not unedited.height and not windows:
            return self.clear(f"{said}.", **numbers)
        numbers |= {"n_affected": len(inputs)} if windows else {}
        return self.found(f"{said}.", examples=shown_rows(bad), **numbers)


def _filled(inputs: Inputs, score: ScoreSection, flanks: FlanksSection, genome: Genome | None) -> float:
    """Share of a score's windows that lies beyond sequence and flanks, where it is made of carried sequences."""
    carried = score.method == "element" or (score.method == "sequence" and genome is None)
    if not carried or score.window is None:
        return 0.0
    length = inputs.frame.get_column("ref_sequence").str.len_bytes().cast(pl.Int64).to_numpy()
    middle = inputs.frame.get_column("offset").fill_null(0).to_numpy()
    before = (score.window - length) // 2 if score.method == "element" else score.window // 2 - 1 - middle
    missing = [before - len(flanks.left), score.window - before - length - len(flanks.right)]
    return float(sum(np.maximum(side, 0).sum() for side in missing) / (score.window * length.size))


def _unedited(inputs: Inputs, measurements: Measurements) -> pl.DataFrame:
    wild = inputs.frame.select(pl.col("element_id").alias("wild_type_id"), pl.col("ref_sequence").alias("wild"))
    named = measurements.frame.select("source_row", "wild_type_id").drop_nulls("wild_type_id")
    rows = inputs.frame.join(named, on="source_row", maintain_order="left")
    rows = rows.filter(pl.col("wild_type_id") != pl.col("element_id"))
    rows = rows.join(wild.unique("wild_type_id"), on="wild_type_id", maintain_order="left")
    return rows.filter(pl.col("ref_sequence") == pl.col("wild")).select(inputs.frame.columns)
