"""Clean public tables raise no fatal finding, whatever else is said of them."""

from __future__ import annotations

import pytest

from refalt.audits.base import Severity, open_findings

from .conftest import Audited

TABLES = {
    "dsqtl": """
file = "dsqtl/degner2012_lcl_dsqtl.tsv"
assembly = "hg18"
effect = { column = "beta", of = "alt", source = "header" }
sequences = { ref = "ref_seq_100bp", alt = "alt_seq_100bp", offset = 49 }
recorded = { deltasvm = { column = "deltasvm_lee2015" }, gkmsvm = { column = "deltasvm_gkm" } }
columns = { chrom = "chrom", pos = "pos_hg18", ref = "ref", alt = "alt", label = "label", p_value = "p" }
""",
    "hqtl": """
file = "hqtl/grubert2015_lcl_h3k27ac_hqtl.tsv"
assembly = "hg19"
effect = { column = "beta", of = "alt", source = "header" }
sequences = { ref = "ref_seq_100bp", alt = "alt_seq_100bp", offset = 49 }
recorded = { p = { column = "p" } }
columns = { chrom = "chrom", pos = "pos_hg19", ref = "ref", alt = "alt", rsid = "rsid", p_value = "p" }
""",
    "satmut": """
file = "satmut/kircher_elements.tsv.gz"
assembly = "GRCh38"
design = "mutagenesis"
effect = { column = "Coefficient", of = "alt", source = "header" }
recorded = { barcodes = { column = "Barcodes" } }
columns = { chrom = "Chrom", pos = "Pos", ref = "Ref", alt = "Alt", p_value = "pValue", target_id = "Element" }
[filter]
keep = [{ column = "Release", op = "==", value = "GRCh38" }]
""",
    "cagi4": """
file = "cagi4/train_df.csv"
assembly = "GRCh37"
effect = { column = "LogSkew.Comb", of = "alt", source = "header" }
sequences = { ref = "ref_sequence", alt = "alt_sequence", offset = 75 }
recorded = { eqtl = { column = "eQTL_beta" } }
columns = { chrom = "chr", pos = "pos", ref = "RefAllele", alt = "AltAllele", label = "emVar_Hit" }
""",
    "udacha": """
file = "asca/udacha_k562_atac.tsv"
assembly = "GRCh38"
effect = { column = "comb_es", of = { column = "pref_allele" }, source = "header" }
recorded = { cover = { column = "max_cover" } }
columns = { chrom = "#chr", start = "start", ref = "ref", alt = "alt", p_value = "comb_pval", rsid = "id" }
[filter]
keep = [{ column = "fdr_comb_pval", op = "<", value = 0.05 }]
""",
    "blueprint": """
file = "eqtl_catalogue/BLUEPRINT_PE.T-cell_ge.nominal.sorted.tsv.gz"
assembly = "GRCh38"
effect = { column = "beta", of = "alt", source = "format" }
recorded = { tpm = { column = "median_tpm" } }
[dataset.columns]
chrom = "chromosome"
pos = "position"
ref = "ref"
alt = "alt"
p_value = "pvalue"
standard_error = "se"
maf = "maf"
target_id = "gene_id"
""",
    "gtex": """
file = "gtex/gtex_v8_allpairs_chr1.fastqtl.gz"
assembly = "GRCh38"
effect = { column = "slope", of = "alt", source = "format" }
recorded = { count = { column = "ma_count" } }
[dataset.columns]
rsid = "variant_id"
p_value = "pval_nominal"
standard_error = "slope_se"
maf = "maf"
target_id = "gene_id"
tss_distance = "tss_distance"
[evaluation]
clusters = "gene"
""",
    "cagi5": """
file = "cagi5/cagi5_training_with_ensemble_prediction.csv"
assembly = "GRCh37"
design = "mutagenesis"
effect = { column = "Value", of = "alt", source = "header" }
recorded = { ensemble = { column = "PredValue" } }
columns = { chrom = "#Chrom", pos = "Pos", ref = "Ref", alt = "Alt", target_id = "regulatory_element" }
""",
}


@pytest.mark.parametrize("name", TABLES)
def test_clean_tables__raise_no_fatal_finding(audited: Audited, name: str) -> None:
    findings = audited(f'[dataset]\nname = "table"\n{TABLES[name]}').values()
    assert [(found.code, found.message) for found in open_findings(findings, Severity.FATAL)] == []


def test_clean_tables__raise_what_is_true_of_them(audited: Audited) -> None:
    found = {code for code, each in audited(f'[dataset]\nname = "table"\n{TABLES["dsqtl"]}').items() if each.is_open}
    assert found == {"EF007", "SA009"}
