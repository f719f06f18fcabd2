"""What each row asks: one request a variant, or one a sequence. Made without the network, so that it can be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from refalt.models.alphagenome.placing import left_aligned, problems, window_start
from refalt.models.alphagenome.reading import REVERSED
from refalt.models.alphagenome.requests import Reduction, SequenceRequest, VariantRequest
from refalt.models.alphagenome.scorers import Scorer
from refalt.models.alphagenome.sequence_scores import SequenceScore
from refalt.models.base import Asked, Probe
from refalt.sequences import N_CODE, Codes, encode, encode_alleles, reverse_complement, variant_windows
from refalt.sources.fasta import Genome

#: Row, part of its answer, and the request or why there is none.
Drafted = tuple[int, str, VariantRequest | SequenceRequest | str]
_COLUMNS: Final = ("chrom", "pos", "ref", "alt")


def variant_requests(
    asked: Asked, scorers: tuple[Scorer, ...], *, window: int, lengths: Mapping[str, int], snvs_only: bool
) -> Iterator[Drafted]:
    """One request a row, its variant left-aligned where a genome is given.

    Args:
        asked: The rows.
        scorers: What to ask for.
        window: Bases of the window.
        lengths: Contig -> bases of the service's own genome.
        snvs_only: Whether anything longer than one base is refused.
    """
    for row, chrom, (pos, ref, alt), problem in _placed(asked, window, lengths):
        if problem is None and snvs_only and len(ref) + len(alt) > 2:
            problem = f"Atlas holds single-base changes only; got {ref}>{alt}"
        if problem is not None:
            yield row, "", problem
            continue
        start = window_start(pos, len(ref), window) + asked.shift
        yield row, "", VariantRequest(chrom, start, start + window, pos, ref, alt, scorers)


def _placed(
    asked: Asked, window: int, lengths: Mapping[str, int]
) -> Iterator[tuple[int, str, tuple[int, str, str], str | None]]:
    rows = asked.rows.select(_COLUMNS)
    may_equal = asked.probe is Probe.SAME
    found = problems(rows, asked.genome, window=window, lengths=lengths, ref_may_equal_alt=may_equal)
    for row, ((chrom, pos, ref, alt), problem) in enumerate(zip(rows.iter_rows(), found, strict=True)):
        if problem is None and asked.genome is not None and len(ref) != len(alt):
            pos, ref, alt = left_aligned(asked.genome.codes(chrom), pos, ref, alt)
        yield row, chrom, (pos, ref, alt), problem


@dataclass(frozen=True, eq=False)
class SequenceDraft:
    """How sequences are asked.

    Attributes:
        score: What is made of them.
        window: Bases of each.
        ontology: CURIEs to ask for; empty for all tracks.
        both_strands: Whether the reverse complement is predicted too and averaged.
    """

    score: SequenceScore
    window: int
    ontology: tuple[str, ...]
    both_strands: bool

    def requests(self, asked: Asked) -> Iterator[Drafted]:
        """REF and ALT windows of each row: from the genome where there is one, else from its carried sequences."""
        if asked.genome is not None:
            yield from self._from_genome(asked, asked.genome)
        else:
            yield from self._from_carried(asked, self._pair)

    def elements(self, asked: Asked) -> Iterator[Drafted]:
        """One sequence a row, in the middle of its window."""
        yield from self._from_carried(asked, self._element)

    def _from_genome(self, asked: Asked, genome: Genome) -> Iterator[Drafted]:
        for row, chrom, (pos, ref, alt), problem in _placed(asked, self.window, {}):
            if problem is not None:
                yield row, "ref", problem
                continue
            length = self.window + 2 * asked.shift
            cut = variant_windows(
                genome.codes(chrom), [pos], ref_length=[len(ref)], alt=encode_alleles([alt]), length=length
            )
            kept = self.score.reduction_at(self.window // 2 - 1 - asked.shift, window=self.window)
            pair = {"ref": cut.reference[0], "alt": cut.alternate[0]}
            yield from self._asked(row, {name: codes[2 * asked.shift :] for name, codes in pair.items()}, kept)

    def _from_carried(
        self, asked: Asked, made: Callable[[Mapping[str, Any]], tuple[dict[str, Codes], Reduction]]
    ) -> Iterator[Drafted]:
        carried = asked.sequences if asked.sequences is not None else _NO_SEQUENCES
        rows = asked.rows.select("asked_id").join(carried, on="asked_id", how="left", maintain_order="left")
        for row, found in enumerate(rows.iter_rows(named=True)):
            # What stood around an insert is cut where the window ends; the insert itself is not.
            given = max(len(found["ref_sequence"] or ""), len(found["alt_sequence"] or ""))
            longest = found.get("insert_length") or given
            if not longest or (made == self._pair and found["alt_sequence"] is None):
                yield row, "ref", "its sequence is not known: there is no genome and the source carries none"
            elif longest > self.window:
                yield row, "ref", f"its sequence of {longest} bases is longer than the window of {self.window}"
            else:
                yield from self._asked(row, *made(found))

    def _pair(self, found: Mapping[str, Any]) -> tuple[dict[str, Codes], Reduction]:
        """Both sequences with the variant's first base where a genome's window has it; N where nothing is known."""
        centre = self.window // 2 - 1
        first = centre - (found["offset"] or 0)
        pair = {"ref": found["ref_sequence"], "alt": found["alt_sequence"]}
        codes = {name: _padded(encode(letters), first, self.window) for name, letters in pair.items()}
        return codes, self.score.reduction_at(centre, window=self.window)

    def _element(self, found: Mapping[str, Any]) -> tuple[dict[str, Codes], Reduction]:
        codes = encode(found["ref_sequence"])
        before, length = found.get("insert_start") or 0, found.get("insert_length") or codes.size
        first = (self.window - length) // 2
        kept = Reduction(first, first + length, first + length // 2)
        return {"ref": _padded(codes, first - before, self.window)}, kept

    def _asked(self, row: int, sequences: dict[str, Codes], kept: Reduction) -> Iterator[Drafted]:
        mirrored = Reduction(self.window - kept.end, self.window - kept.first, self.window - 1 - kept.centre)
        for name, codes in sequences.items():
            yield row, name, SequenceRequest(codes, self.score.output, self.ontology, kept)
            if self.both_strands:
                backward = reverse_complement(codes)
                yield row, name + REVERSED, SequenceRequest(backward, self.score.output, self.ontology, mirrored)


_NO_SEQUENCES: Final = pl.DataFrame(
    schema={"asked_id": pl.String, "ref_sequence": pl.String, "alt_sequence": pl.String, "offset": pl.Int64}
)


def _padded(codes: Codes, first: int, window: int) -> Codes:
    """The sequence in a window of N, its first base at index `first`; what falls out of the window is cut off."""
    padded = np.full(window, N_CODE, dtype=np.uint8)
    inside = codes[max(-first, 0) : max(window - first, 0)]
    padded[max(first, 0) :][: inside.size] = inside
    return padded
