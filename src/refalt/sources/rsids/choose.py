"""Which of an rsID's places and alleles a row means: told by the row's own alleles and by the genome, else not told."""

from __future__ import annotations

from typing import Final

import polars as pl

from refalt.alleles import reverse_complement
from refalt.sources.rsids.base import Unresolved

#: What `choose` adds to the rows.
CHOSEN: Final = ("chosen_chrom", "chosen_pos", "chosen_ref", "chosen_alt", "merged_into", "rsid_source", "reason")
#: How well a row's alleles fit a candidate's; only the best fits count. The other strand is tried last, since a
#: study that publishes on the forward strand is not wrong by chance.
_SAME, _SHIFTED, _OTHER_STRAND, _OTHER_STRAND_SHIFTED, _NOT = 4, 3, 2, 1, 0


def choose(asked: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Find each row's candidate, or say why there is none.

    Args:
        asked: rsid, ref and alt as published, in either order and on either strand, null where the study states
            none; chrom as UCSC spells it, null where it is not stated. Other columns stay.
        candidates: `resolve`'s columns, and `genome_ref`, what the genome holds over the length of REF (`with_genome`);
            null where it is not known, and then no candidate is refused for it.

    Returns:
        `asked` in its order with `CHOSEN`. A row is given a candidate only when exactly one has the genome's REF and
        fits the row best: both published alleles, else the one that is stated. A row without alleles is given one only
        where the rsID has one pair at one place.
    """
    rows = asked.with_row_index("asked_row")
    pairs = rows.select("asked_row", "rsid", "chrom", "ref", "alt").join(
        candidates.select(pl.all().exclude("rsid").name.prefix("its_"), "rsid").unique(), on="rsid", how="left"
    )
    held = pl.col("its_genome_ref")
    judged = _with_fit(pairs).with_columns(
        here=(pl.col("chrom").is_null() | (pl.col("chrom") == pl.col("its_chrom"))).fill_null(value=False),
        held=held.is_null() | (held == pl.col("its_ref")),
    )
    possible = judged.filter(pl.col("its_ref").is_not_null() & pl.col("here") & pl.col("held") & (pl.col("fit") > _NOT))
    best = possible.filter(pl.col("fit") == pl.col("fit").max().over("asked_row"))
    only = best.filter(pl.len().over("asked_row") == 1)
    reasons = judged.group_by("asked_row").agg(_reason().alias("reason"))
    chosen = only.select("asked_row", *(pl.col(f"its_{name}").alias(f"chosen_{name}") for name in _PLACE), *_SAID)
    found = rows.join(reasons, on="asked_row", how="left").join(chosen, on="asked_row", how="left")
    told = pl.col("chosen_pos").is_not_null()
    found = found.with_columns(reason=pl.when(told).then(None).otherwise(_several(best, "reason")))
    return found.sort("asked_row").select(*asked.columns, *CHOSEN)


_PLACE: Final = ("chrom", "pos", "ref", "alt")
_SAID: Final = (pl.col("its_merged_into").alias("merged_into"), pl.col("its_source").alias("rsid_source"))
