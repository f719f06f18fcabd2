from __future__ import annotations

import numpy as np
import polars as pl

from refalt.audits.builds import (
    Fit,
    first_that_decides,
    fits_by_sequence,
    reading_of_gene_starts,
    reading_of_lengths,
    reading_of_sequence,
)
from refalt.sources.fasta import genome_from_sequences
from refalt.testing.builders import build_measurements


def test_fits_by_sequence__all_fit_where_ref_stands_and_half_where_it_does_not() -> None:
    rng = np.random.default_rng(4)
    letters = rng.choice(list("ACGT"), 5_000)
    genome = genome_from_sequences({"chr1": "".join(letters)}, "GRCh38")
    pos = np.arange(10, 4_010, 10)
    alt = {"A": "G", "G": "A", "C": "T", "T": "C"}
    ref = [str(letters[at - 1]) for at in pos]
    right = build_measurements(400, chrom=["chr1"] * 400, pos=pos, ref=ref, alt=[alt[base] for base in ref])
    wrong = build_measurements(400, chrom=["chr1"] * 400, pos=pos + 1, ref=ref, alt=[alt[base] for base in ref])
    assert fits_by_sequence(right, genome, {})[0].share == 1.0
    assert 0.4 < fits_by_sequence(wrong, genome, {})[0].share < 0.65


def test_reading_of_sequence__decides_for_what_fits_only_where_the_declared_one_does_not() -> None:
    assert reading_of_sequence("GRCh38", [Fit("GRCh38", 100, 100)]).decides_for == "GRCh38"
    assert reading_of_sequence("GRCh38", [Fit("GRCh37", 100, 100), Fit("GRCh38", 100, 55)]).decides_for == "GRCh37"
    assert reading_of_sequence("GRCh38", [Fit("GRCh37", 100, 95), Fit("GRCh38", 100, 55)]).decides_for is None


def test_reading_of_lengths__a_position_beyond_the_contig_refutes_and_one_within_says_nothing() -> None:
    beyond = build_measurements(1, chrom=["chr21"], pos=[47_000_000])
    assert reading_of_lengths("GRCh38", beyond).decides_for in ("GRCh37", "another assembly")
    assert reading_of_lengths("GRCh38", build_measurements(1, chrom=["chr21"], pos=[1_000])).decides_for is None


def test_reading_of_lengths__a_typing_error_or_what_fits_no_assembly_decides_nothing() -> None:
    one_beyond = build_measurements(200, chrom=["chr21"] * 200, pos=[47_000_000, *range(20_000_000, 20_000_199)])
    assert reading_of_lengths("GRCh38", one_beyond).decides_for is None
    nowhere = build_measurements(5, chrom=["chr21"] * 5, pos=list(range(200_000_000, 200_000_005)))
    assert reading_of_lengths("GRCh38", nowhere).decides_for is None


def test_reading_of_gene_starts__needs_gene_tables_of_two_assemblies() -> None:
    genes = pl.DataFrame({"chrom": ["chr1"], "tss_pos": [1_000], "gene_id": ["g"], "assembly": ["GRCh38"]})
    reading = reading_of_gene_starts("GRCh38", build_measurements(3), genes={"GRCh38": genes}, lifts={})
    assert reading.decides_for is None
    assert "no gene table" in reading.words
    assert first_that_decides([reading]) is None
