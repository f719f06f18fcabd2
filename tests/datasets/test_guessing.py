from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from refalt.datasets.guessing import Guess, guess_columns
from refalt.datasets.samples import read_sample
from refalt.errors import UserError

REF = "ACGTACGTAC"
Table = dict[str, Sequence[object]]
VARIANTS: Table = {"chrom": ["chr1"] * 10, "pos": range(100, 110), "ref": list(REF), "alt": list("CGTAGTACTT")}


def guessed(columns: Table, told: dict[str, str | None] | None = None, assembly: str | None = None) -> Guess:
    texts = {name: [None if cell is None else str(cell) for cell in cells] for name, cells in columns.items()}
    return guess_columns(pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String)), told=told, assembly=assembly)


def bound(guess: Guess) -> dict[str, str]:
    return {each.field: each.column for each in guess.bound}


def test_guess_columns__reads_an_eqtl_table_by_its_names() -> None:
    more: Table = {
        "gene_id": ["ENSG1"] * 10,
        "tss_distance": range(10),
        "maf": [0.1] * 10,
        "pval_nominal": [0.5] * 10,
        "slope": np.linspace(-1, 1, 10).tolist(),
        "slope_se": [0.1] * 10,
        "tissue": ["Liver"] * 10,
        "other": ["x"] * 10,
    }
    guess = guessed(VARIANTS | more)
    assert bound(guess) == {
        **{name: name for name in ("chrom", "pos", "ref", "alt", "tss_distance", "maf")},
        "p_value": "pval_nominal",
        "standard_error": "slope_se",
        "context_id": "tissue",
        "target_id": "gene_id",
        "effect": "slope",
    }
    assert (guess.unread, guess.effect_of, guess.knows_its_rows) == (("other",), "unknown", True)


def test_guess_columns__takes_place_and_alleles_out_of_identifiers_whatever_their_column_is_called() -> None:
    guess = guessed({"v": [f"chr1_{pos}_A_G_b38" for pos in range(10)], "beta": range(10)})
    assert bound(guess) == {"identifier": "v", "effect": "beta"}
    assert guess.spelled_out == ("chrom", "pos", "ref", "alt")
    assert guess.stated == {"GRCh38": "the identifiers in 'v'"}


def test_guess_columns__takes_only_what_identifiers_give() -> None:
    guess = guessed({"SNP": [f"chr1:{pos}_rs{pos}" for pos in range(10)], "beta": range(10)})
    assert guess.spelled_out == ("chrom", "pos", "rsid")


def test_guess_columns__prefers_own_columns_to_an_identifier_and_still_reads_its_build() -> None:
    guess = guessed({"variant_id": [f"chr1_{pos}_A_G_b38" for pos in range(10)], **VARIANTS})
    assert bound(guess) == {name: name for name in ("chrom", "pos", "ref", "alt")}
    assert guess.stated == {"GRCh38": "the identifiers in 'variant_id'"}


def test_guess_columns__knows_rsids_by_their_values() -> None:
    assert bound(guessed({"x": [f"rs{i}" for i in range(10)], "beta": range(10)})) == {"rsid": "x", "effect": "beta"}


def test_guess_columns__takes_positions_and_contigs_of_one_assembly() -> None:
    columns: Table = {"chrom": ["chr1"] * 3, "pos_hg18": [1, 2, 3], "pos_hg38": [4, 5, 6], "chrom_hg38": ["chr2"] * 3}
    assert bound(guessed(columns, assembly="GRCh38")) == {"pos": "pos_hg38", "chrom": "chrom_hg38"}
    guess = guessed(columns)
    assert bound(guess) == {"pos": "pos_hg18", "chrom": "chrom"}
    assert guess.stated == {"hg18": "the column's name, 'pos_hg18'"}


@pytest.mark.parametrize(
    ("end", "field"), [([6, 7, 8], "start"), ([5, 6, 7], "pos"), ([205, 206, 207], None), (None, None)]
)
def test_guess_columns__settles_what_a_start_counts_from_by_its_end(end: list[int] | None, field: str | None) -> None:
    columns: Table = {"chr": ["chr1"] * 3, "start": [5, 6, 7], "snp": ["rs1", "rs2", "rs3"]}
    guess = guessed(columns if end is None else columns | {"end": end})
    assert {name for name in ("start", "pos") if guess.column(name)} == ({field} if field else set())
    assert bool(guess.remarks) == (field is None)


def test_guess_columns__reads_whose_effect_it_is_from_the_names_of_allele_columns() -> None:
    gwas = {"effect_allele": VARIANTS["alt"], "other_allele": VARIANTS["ref"], "beta": range(10)}
    guess = guessed({"chromosome": VARIANTS["chrom"], "base_pair_location": VARIANTS["pos"], **gwas})
    assert (guess.column("ref"), guess.column("alt")) == ("other_allele", "effect_allele")
    assert (guess.effect_of, guess.effect_source) == ("alt", "the table calls its column 'effect_allele'")
    named = guessed(VARIANTS | {"effect_allele": VARIANTS["alt"], "beta": range(10)})
    assert (named.effect_of, named.effect_source) == ("effect_allele", "the table calls its column 'effect_allele'")
    preferred = guessed(VARIANTS | {"pref_allele": ["alt", "ref"] * 5, "es": range(10)})
    assert (preferred.effect_of, preferred.effect_source) == ("pref_allele", "")
    plink = guessed({"CHR": [1] * 10, "BP": range(10), "A1": VARIANTS["alt"], "A2": VARIANTS["ref"], "b": range(10)})
    assert (plink.column("ref"), plink.column("alt"), plink.effect_of) == ("A2", "A1", "unknown")


@pytest.mark.parametrize(
    ("name", "values", "scale", "null"),
    [
        ("OR", [0.5, 2.0], "fold_change", 1.0),
        ("allelic_ratio", [0.2, 0.7], "allelic_ratio", 0.5),
        ("logFC", [-1, 1], "log2_fold_change", 0.0),
        ("zscore", [-3, 3], "z", 0.0),
        ("beta", [-1, 1], "slope", 0.0),
        ("fold_change", [-1.5, 2], "slope", 0.0),
    ],
)
def test_guess_columns__reads_scale_and_null_from_the_name_unless_values_contradict(
    name: str, values: list[float], scale: str, null: float
) -> None:
    guess = guessed({"snp": ["rs1", "rs2"], name: values})
    assert (guess.column("effect"), guess.scale, guess.null) == (name, scale, null)


def test_guess_columns__does_not_take_a_column_whose_values_contradict_its_name() -> None:
    guess = guessed(VARIANTS | {"p": [12.5] * 10, "beta": ["high"] * 10})
    assert (guess.column("p_value"), guess.column("effect")) == (None, None)
    assert any("'p' is named like p_value" in remark for remark in guess.remarks)


def test_guess_columns__binds_carried_sequences_with_the_place_where_they_differ() -> None:
    rng = np.random.default_rng(1)
    ref = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(10)]
    alt = [text[:12] + ("A" if text[12] != "A" else "C") + text[13:] for text in ref]
    guess = guessed(VARIANTS | {"ref_seq": ref, "alt_seq": alt})
    assert (guess.column("ref_sequence"), guess.column("alt_sequence"), guess.offset) == ("ref_seq", "alt_seq", 12)
    scattered = [text[:i] + ("A" if text[i] != "A" else "C") + text[i + 1 :] for i, text in enumerate(ref)]
    guess = guessed(VARIANTS | {"ref_seq": ref, "alt_seq": scattered})
    assert (guess.column("ref_sequence"), guess.offset) == (None, None)
    assert "differ at no common place: not used" in guess.remarks[0]


def test_guess_columns__reads_a_table_of_elements() -> None:
    rng = np.random.default_rng(2)
    sequence = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(10)]
    guess = guessed({"oligo": [f"o{i}" for i in range(10)], "sequence": sequence, "activity": range(10)})
    assert bound(guess) == {"element_id": "oligo", "ref_sequence": "sequence", "effect": "activity"}
    assert (guess.is_of_elements, guess.offset, guess.knows_its_rows) == (True, 0, True)


def test_guess_columns__sees_saturation_mutagenesis() -> None:
    rows = [(pos, alt) for pos in range(1, 31) for alt in "CGT"]
    columns: Table = {"chrom": ["1"] * 90, "pos": [r[0] for r in rows], "ref": ["A"] * 90, "alt": [r[1] for r in rows]}
    assert guessed(columns).design == "mutagenesis"
    assert guessed(VARIANTS).design == "natural"


def test_guess_columns__finds_the_column_that_names_assemblies() -> None:
    assert guessed(VARIANTS | {"Release": ["GRCh38"] * 5 + ["hg19"] * 5}).assembly_column == "Release"
    assert guessed(VARIANTS | {"Release": ["2019"] * 10}).assembly_column is None


def test_guess_columns__takes_what_the_user_says_as_said() -> None:
    columns = VARIANTS | {"beta": range(10), "odd": ["x"] * 10, "gene": ["g"] * 10}
    guess = guessed(columns, {"effect": "odd", "target_id": None, "rsid": "gene"})
    assert (guess.column("effect"), guess.column("target_id"), guess.column("rsid")) == ("odd", None, "gene")


def test_guess_columns__refuses_a_field_that_does_not_exist() -> None:
    with pytest.raises(UserError, match="no field named 'posn'.*Did you mean 'pos'"):
        guessed(VARIANTS, {"posn": "pos"})


def test_guess_columns__does_not_pretend_to_know_rows_that_nothing_names() -> None:
    assert not guessed({"a": [1, 2], "beta": [0.1, 0.2]}).knows_its_rows
    assert not guessed({"ref": ["A", "C"], "alt": ["G", "T"]}).knows_its_rows
    assert guessed({"ID": ["m1", "m2"], "beta": [0.1, 0.2]}).column("rsid") == "ID"


def test_guess_columns__of_both_orders_of_the_eqtl_catalogue_is_one(real_inputs: Path) -> None:
    folder = real_inputs / "eqtl_catalogue"
    names = ("BLUEPRINT_PE.T-cell_ge.nominal.sorted.tsv.gz", "FUSION_muscle_HMGCR_gene.tsv.gz")
    samples = [read_sample(folder / name) for name in names]
    assert samples[0].columns != samples[1].columns
    first, second = (bound(guess_columns(sample)) for sample in samples)
    assert first == second
    assert first["target_id"] == "molecular_trait_id"


def test_guess_columns__knows_consequences_by_name_and_look() -> None:
    guess = guessed(VARIANTS | {"Consequence": ["missense_variant", "intron_variant"] * 5})
    assert guess.column("consequence") == "Consequence"
    assert guessed(VARIANTS | {"Consequence": ["p.Arg97Gly"] * 10}).column("consequence") is None
