from __future__ import annotations

from alphagenome.models.v1 import variant_scorers

from refalt.serve.simulation.scorers import AGGREGATIONS, INTERVAL_KINDS, RECOMMENDED, VARIANT_KINDS, Scorer


def test_recommended__has_the_official_names_outputs_widths_and_signs() -> None:
    official = variant_scorers.RECOMMENDED_VARIANT_SCORERS
    assert set(RECOMMENDED) == set(official)
    for name, scorer in official.items():
        ours = RECOMMENDED[name]
        assert ours.output == scorer.requested_output.name
        assert ours.width == getattr(scorer, "width", None)
        assert ours.is_signed == scorer.is_signed


def test_kinds__take_what_the_official_client_takes() -> None:
    base = variant_scorers.BaseVariantScorer
    for kind, theirs in (
        ("center_mask", base.CENTER_MASK),
        ("contact_map", base.CONTACT_MAP),
        ("gene_mask", base.GENE_MASK_LFC),
        ("gene_mask_active", base.GENE_MASK_ACTIVE),
        ("gene_mask_splicing", base.GENE_MASK_SPLICING),
    ):
        assert VARIANT_KINDS[kind].outputs == {one.name for one in variant_scorers.SUPPORTED_OUTPUT_TYPES[theirs]}
        assert VARIANT_KINDS[kind].widths == set(variant_scorers.SUPPORTED_WIDTHS.get(theirs, [None]))
    assert {one.name for one in variant_scorers.AggregationType} == AGGREGATIONS
    assert set(INTERVAL_KINDS) == {"gene_mask"}


def test_of_genes__tells_rows_of_genes_from_one_row() -> None:
    assert Scorer("pa_qtl", "RNA_SEQ").of_genes
    assert not RECOMMENDED["DNASE"].of_genes
    assert not RECOMMENDED["CONTACT_MAPS"].of_genes
