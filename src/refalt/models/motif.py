"""The embedded model: what a variant does to the binding sites of known transcription factors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final, Literal

import numpy as np
import polars as pl

from refalt.errors import UserError
from refalt.models.base import Answers, Asked, Floats, Model, ModelSection, Probe
from refalt.motifs import MotifScore, MotifSet, motif_summaries, shipped_motifs
from refalt.sequences import Codes, encode_alleles, encode_many, variant_windows
from refalt.studies.study import ScoreSection

#: Bases around a variant: the longest matrix on both sides, and repeats that an indel can slide along.
WINDOW: Final = 1_024
#: Variants at a time: the two windows of a batch stay under 100 MB.
BATCH: Final = 20_000


class MotifSection(ModelSection):
    """`[models.motif]`.

    Attributes:
        jaspar: The shipped set of matrices.
        factors: Expressed transcription factors; empty takes all.
        measure: Change of the occupancy of a window, or of its best site.
        within_family: How the redundant matrices of a family speak with one voice.
    """

    jaspar: Literal["2026-vertebrates"] = "2026-vertebrates"
    factors: tuple[str, ...] = ()
    measure: Literal["occupancy", "best_hit"] = "occupancy"
    within_family: Literal["strongest", "mean", "sum"] = "strongest"


class Motif(Model):
    """Sum over motif families of the change in binding, ALT over REF, both strands, in bits."""

    section = MotifSection
    readout = "change in transcription-factor binding predicted from JASPAR matrices, in bits"
    licence = "JASPAR 2026 matrices: CC BY 4.0."
    citation = "JASPAR, release 2026, CORE vertebrates, jaspar.elixir.no"
    settings: MotifSection

    @cached_property
    def motifs(self) -> MotifSet:
        """The matrices in use."""
        shipped = shipped_motifs()
        return shipped.limited_to(self.settings.factors) if self.settings.factors else shipped

    def check(self, score: ScoreSection) -> None:
        """The model scores variants in windows that hold its longest matrix twice."""
        if score.method not in ("variant", "sequence"):
            raise UserError(
                f"the motif model does not make method = {score.method!r}",
                where=f"[[score]] {score.name}",
                expected='method = "variant"',
            )
        shortest = 2 * int(self.motifs.lengths.max())
        if score.window is not None and score.window < shortest:
            raise UserError(
                "the window is too short for the motif model",
                where=f"[[score]] {score.name}",
                expected=f"at least {shortest} bp",
                got=str(score.window),
            )

    def unprobed(self, probe: Probe, score: ScoreSection) -> str:  # noqa: ARG002
        """Sites count on both strands and wherever the window begins."""
        return ""

    def tracks(self, score: ScoreSection) -> pl.DataFrame:  # noqa: ARG002  (one readout, whatever the score)
        """One track: the summary over motifs."""
        return pl.DataFrame({"track_index": [0], "track_id": [f"MOTIF|{self.settings.measure}|."]})

    def predict(self, asked: Asked, score: ScoreSection) -> Iterator[Answers]:
        """Score the sequences that a variant carries, else windows of the genome."""
        rows = asked.rows.with_row_index("row")
        unsaid = rows.filter(pl.col("ref").is_null() | pl.col("alt").is_null() | _gapped())
        yield _failed(unsaid, "no alleles are stated, or one is '-' without an anchor base")
        stated = rows.join(unsaid.select("row"), on="row", how="anti", maintain_order="left")
        carried = asked.sequences if asked.sequences is not None else _NO_SEQUENCES
        shown = stated.join(carried, on="asked_id", how="inner", maintain_order="left")
        yield from self._from_sequences(shown)
        rest = stated.join(shown.select("row"), on="row", how="anti", maintain_order="left")
        if asked.genome is None:
            yield _failed(rest, "neither a carried sequence nor a genome to cut a window from")
            return
        for (contig,), part in rest.group_by("chrom", maintain_order=True):
            if contig is None or not asked.genome.has(str(contig)):
                yield _failed(part, f"the genome holds no contig {contig}")
                continue
            codes = asked.genome.codes(str(contig))
            for batch in part.iter_slices(BATCH):
                yield self._from_genome(batch, codes, score.window or WINDOW, shift=asked.shift)

    def _from_sequences(self, shown: pl.DataFrame) -> Iterator[Answers]:
        holds = [
            pl.col(f"{allele}_sequence").str.slice(pl.col("offset"), pl.col(allele).str.len_chars()) == pl.col(allele)
            for allele in ("ref", "alt")
        ]
        true = pl.all_horizontal(holds).fill_null(value=False)
        yield _failed(shown.filter(~true), "the carried sequences do not hold REF and ALT at the declared offset")
        for batch in shown.filter(true).iter_slices(BATCH):
            sequences = [_padded(batch.get_column(f"{allele}_sequence")) for allele in ("ref", "alt")]
            start = batch.get_column("offset").to_numpy()
            yield self._summaries(batch, *sequences, start=start)

    def _from_genome(self, batch: pl.DataFrame, codes: Codes, length: int, *, shift: int) -> Answers:
        ref_length = batch.get_column("ref").str.len_bytes().to_numpy()
        alt = encode_alleles(batch.get_column("alt").to_list())
        pos = batch.get_column("pos").to_numpy()
        cut = variant_windows(codes, pos, ref_length=ref_length, alt=alt, length=length + 2 * shift)
        pair = [np.ascontiguousarray(window[:, 2 * shift :]) for window in (cut.reference, cut.alternate)]
        return self._summaries(batch, *pair, start=np.full(batch.height, length // 2 - 1 - shift))

    def _summaries(
        self, batch: pl.DataFrame, ref: Codes, alt: Codes, *, start: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> Answers:
        values: Floats = motif_summaries(
            ref,
            alt,
            variant_start=start,
            ref_len=batch.get_column("ref").str.len_bytes().to_numpy(),
            alt_len=batch.get_column("alt").str.len_bytes().to_numpy(),
            motifs=self.motifs,
            score=MotifScore(measure=self.settings.measure, within_family=self.settings.within_family),
        )
        row = batch.get_column("row").cast(pl.Int64).to_numpy()
        known = np.isfinite(values)
        errors = dict.fromkeys(row[~known].tolist(), "no motif can be scored there: the sequence is not known")
        return Answers(row[known], values[known, None], errors=errors)


_NO_SEQUENCES: Final = pl.DataFrame(
    schema={"asked_id": pl.String, "ref_sequence": pl.String, "alt_sequence": pl.String, "offset": pl.Int64}
)


def _gapped() -> pl.Expr:
    return pl.col("ref").str.contains("-", literal=True) | pl.col("alt").str.contains("-", literal=True)


def _failed(rows: pl.DataFrame, why: str) -> Answers:
    empty = np.empty(0, dtype=np.int64)
    return Answers(empty, np.empty((0, 1)), errors=dict.fromkeys(rows.get_column("row").to_list(), why))


def _padded(sequences: pl.Series) -> Codes:
    """uint8[n, longest]; shorter ones end in N, which no motif scores across."""
    longest = int(sequences.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    return encode_many(sequences.str.pad_end(longest, "N").to_list())
