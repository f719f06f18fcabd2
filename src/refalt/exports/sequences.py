"""The sequences around variants."""

from __future__ import annotations

import polars as pl

from refalt.models.base import Asked
from refalt.sequences import Codes, decode, encode_alleles, variant_windows


def sequences_of(asked: Asked, width: int) -> pl.DataFrame:
    """asked_id, ref_sequence, alt_sequence of every variant that a model may be asked for.

    Carried sequences are given as they are. Others are `width` bases of the genome, the variant's first base at the
    0-based place width // 2 - 1, as models are shown them; bases beyond the ends of a contig are N.
    """
    names = ["asked_id", "ref_sequence", "alt_sequence"]
    parts = [pl.DataFrame(schema=dict.fromkeys(names, pl.String))]
    rows = asked.rows.filter(pl.col("ref").is_not_null() & pl.col("alt").is_not_null())
    if asked.sequences is not None:
        carried = asked.sequences.select(names)
        parts.append(rows.select("asked_id").join(carried, on="asked_id", maintain_order="left"))
        rows = rows.join(carried, on="asked_id", how="anti", maintain_order="left")
    if asked.genome is not None:
        for (contig,), part in rows.group_by("chrom", maintain_order=True):
            if contig is not None and asked.genome.has(str(contig)):
                parts.append(_cut(part, asked.genome.codes(str(contig)), width))
    return pl.concat(parts)


def _cut(part: pl.DataFrame, codes: Codes, width: int) -> pl.DataFrame:
    length = part.get_column("ref").str.len_bytes().to_numpy()
    alt = encode_alleles(part.get_column("alt").to_list())
    cut = variant_windows(codes, part.get_column("pos").to_numpy(), ref_length=length, alt=alt, length=width)
    letters = {"ref_sequence": cut.reference, "alt_sequence": cut.alternate}
    return part.select("asked_id", **{name: pl.Series([decode(row) for row in rows]) for name, rows in letters.items()})
