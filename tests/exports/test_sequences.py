from __future__ import annotations

import polars as pl

from refalt.exports.sequences import sequences_of
from refalt.models.base import Asked
from refalt.sources.fasta import genome_from_sequences

GENOME = genome_from_sequences({"chr1": "ACGTACGTAC"}, "toy")


def _asked(**sequences: list[str]) -> Asked:
    rows = pl.DataFrame(
        {"asked_id": ["a", "b", "c"], "chrom": ["chr1", "chr1", None], "pos": [4, 4, None],
         "ref": ["T", "TA", "A"], "alt": ["G", "T", "C"]}
    )  # fmt: skip
    return Asked(rows, GENOME, pl.DataFrame(sequences) if sequences else None)


def test_sequences_of__are_windows_of_the_genome_with_the_variant_in_the_middle() -> None:
    found = {row[0]: row[1:] for row in sequences_of(_asked(), 4).rows()}
    assert found == {"a": ("GTAC", "GGAC"), "b": ("GTAC", "GTCG")}


def test_sequences_of__are_those_that_the_source_carries_where_it_does() -> None:
    carried = {"asked_id": ["c"], "ref_sequence": ["GAG"], "alt_sequence": ["GCG"], "offset": [1]}
    found = sequences_of(_asked(**carried), 4)  # type: ignore[arg-type]
    assert found.row(0) == ("c", "GAG", "GCG")
    assert found.height == 3
