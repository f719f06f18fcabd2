"""Every raw file that the library's studies of endogenous variants and of reporters name, small, in its own layout."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from tests.datasets.qtl_world import LENGTH, SHIFT, Site, World, draws, make_world

from refalt.genome import chromosome_lengths

#: Sites of hg18 lie this much before those of GRCh38, those of GRCh37 by `SHIFT`.
OLDEST: Final = 1_733
GTEX: Final = (
    "variant_id\tgene_id\ttss_distance\tma_samples\tma_count\tmaf\tpval_nominal\tslope\tslope_se\t"
    "pval_nominal_threshold\tmin_pval_nominal\tpval_beta"
)
PELIKAN: Final = (
    "epiQTL rsID,Chr,Bp (hg19),Ref Allelec,Alt Alleled,log2 (effect size),H3K27ac p-valueb,H3K4me1 p-valueb"
)
DEGNER: Final = 'Chr\tStart\tEnd\tSNP\tEstimate\t"Std. Error"\t"t value"\tPr(>|t|)'


def make_library_world(folder: Path, *, n: int = 60) -> World:
    """Write all files into `folder`: a genome, its chains and blocks, four tables of QTLs, a reporter assay."""
    world = make_world(folder, n=n, source="GRCh37")
    (folder / "hg19ToHg38.over.chain").unlink()
    for name, assembly, shift in (("hg19", "GRCh37", SHIFT), ("hg18", "hg18", OLDEST)):
        _write_gz(folder / f"{name}ToHg38.over.chain.gz", _chain(assembly, shift))
    effects = list(draws(n))
    _write_caqtl(world, seed=3)
    _write_dsqtl(world, effects)
    _write_hqtl(world, effects)
    _write_gtex(world, effects)
    _write_reporter(folder)
    return world


def _write_gz(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes(_packed(lines))


def _packed(lines: Iterable[str]) -> bytes:
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


def _chain(assembly: str, shift: int) -> list[str]:
    sizes = [chromosome_lengths(name)["chr1"] for name in (assembly, "GRCh38")]
    mapped = LENGTH - shift
    return [f"chain 1000 chr1 {sizes[0]} + 0 {mapped} chr1 {sizes[1]} + {shift} {LENGTH} 1", str(mapped), ""]


def _vcf(rows: Iterable[tuple[int, str, str, str]]) -> list[str]:
    head = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    return head + [f"1\t{pos}\t{rsid}\t{ref}\t{alt}\t.\t.\t." for pos, rsid, ref, alt in rows]


def _write_caqtl(world: World, *, seed: int) -> None:
    """Names of sites with rsIDs and without, a site that is no SNP, a peak that is read wrongly."""
    share = np.random.default_rng(seed).beta(4, 4, len(world.sites)).round(4)
    lines = ["SNP,gene,beta,p-value"]
    for number, (site, pi) in enumerate(zip(world.sites, share, strict=True)):
        peak = f"chr1:{site.old_pos - 300 - 7 * number}-{site.old_pos + 500}"
        name = f"chr1:{site.old_pos}" + (f"_{site.rsid}" if number % 5 else "")
        lines.append(f"{name},{peak},{pi},{1 - 1.9 * abs(pi - 0.5):.4g}")
    world.write("ATAC-QTLs.csv", [*lines, "chr1:5000_esv1,chr1:4000-6000,0.6,0.5", "chr1:,chr1:4000-6000,0.6,NA"])
    same = ((site.old_pos, site.rsid, "A", "G") for site in world.sites)
    _write_gz(world.folder / "gse86886_placeholder_alleles.GRCh37.vcf.gz", _vcf(same))


def _write_dsqtl(world: World, effects: Sequence[float]) -> None:
    """A position that is in no chain, cells that are no numbers."""
    lines = [DEGNER]
    for number, (site, effect) in enumerate(zip(world.sites, effects, strict=True)):
        pos, error = site.pos - OLDEST, 0.2
        start = pos - 150 - 11 * number
        numbers = f"{effect}\t{error}\t{effect / error:.5f}\t{min(1, abs(effect) / 5):.4g}"
        lines.append(f"chr1\t{start}\t{start + 99}\t{pos}\t{numbers}")
    lines += ["chr1\t700000\t700099\t700050\t1\t0.2\t5\t1e-5", "chr1\t9000\t9099\t9050\tNA\t0.2\t5\t1e-5"]
    world.write("GSE31388_dsQtlTable.txt", lines)
    rows = ((site.pos - OLDEST, site.rsid, site.ref, site.alt) for site in world.sites)
    _write_gz(world.folder / "YRI.low_coverage.2010_09.genotypes.vcf.gz", _vcf(rows))


def _write_hqtl(world: World, effects: Sequence[float]) -> None:
    """Rows tested for both marks, or for one, the other's p-value a dot."""
    lines = [PELIKAN]
    for number, (site, effect) in enumerate(zip(world.sites, effects, strict=True)):
        p_values = ("1e-4,0.2", "0.03,.", "0.5,1e-3", ".,0.6")[number % 4]
        lines.append(f"{site.rsid},1,{site.old_pos},{site.ref},{site.alt},{effect},{p_values}")
    world.write("Pelikan_et_al_hQTL_summary.csv", [*lines, "rs1,1,1kb,A,G,0.1,0.5,0.5"])


def _write_gtex(world: World, effects: Sequence[float]) -> None:
    """Two genes for every third variant; a pair that was not tested, a variant in another tissue's table."""
    pairs, pips = [GTEX], ["tissue_id\tgene_id\tcluster_id\tcluster_pip\tvariant_id\tvariant_pip"]
    for number, (site, slope) in enumerate(zip(world.sites, effects, strict=True)):
        pip = 0.95 if number % 2 == 0 else 0.004
        for copy in range(2 if number % 3 == 0 else 1):
            pairs.append(_pair(site, number, _gene(site, copy), slope=slope + copy / 10))
            pips.append(f"Whole_Blood\t{_gene(site, copy)}\t1\t0.99\t{_name(site)}\t{pip}")
        pips.append(f"Liver\t{_gene(site, 0)}\t1\t0.99\t{_name(site)}\t0.5")
    _write_gz(world.folder / "Whole_Blood.v8.signif_variant_gene_pairs.txt.gz", pairs)
    member, table = tarfile.TarInfo("GTEx_v8_finemapping_DAPG/GTEx_v8_finemapping_DAPG.txt.gz"), _packed(pips)
    member.size = len(table)
    with tarfile.open(world.folder / "GTEx_v8_finemapping_DAPG.tar", "w") as archive:
        archive.addfile(member, io.BytesIO(table))
    ends = ((site.pos - 200, site.pos + 150) for site in world.sites)
    peaks = [f"chr1\t{start}\t{end}\tp{i}\t0\t.\t5\t3\t2\t200" for i, (start, end) in enumerate(ends)]
    for build in ("GRCh38", "hg19"):
        _write_gz(world.folder / f"K562_DNase.{build}.narrowPeak.gz", [line for i, line in enumerate(peaks) if i % 9])
    for build in ("hg19", "hg38"):
        starts = [f"chr1\t{1_000 * i}\t{1_000 * i + 500}\tGENE{i}\t0\t+" for i in range(1, 40)]
        world.write(f"CollapsedGeneBounds.{build}.TSS500bp.bed", starts)


def _name(site: Site) -> str:
    return f"chr1_{site.pos}_{site.ref}_{site.alt}_b38"


def _gene(site: Site, copy: int) -> str:
    """The gene beside the site that the server simulates, or one that lies nowhere near."""
    return f"ENSG{site.pos:011d}.1" if copy else f"SIMG-chr1-{site.pos // 10_000:06d}"


def _pair(site: Site, number: int, gene: str, *, slope: float) -> str:
    numbers = f"20\t22\t{0.05 + 0.4 * (number % 7) / 7:.4f}\t{1e-5 * (number + 1) ** -2:.4g}\t{slope:.6f}\t0.1"
    return f"{_name(site)}\t{gene}\t{1_000 - 13 * number}\t{numbers}\t5e-4\t1e-12\t1e-9"


def _write_reporter(folder: Path, *, loci: int = 6, changes: int = 3) -> None:
    """Both pools, in their two grammars, and the designed elements."""
    chance = random.Random(2)
    for at, (name, accession) in enumerate((("Pool6", "GSM2253166"), ("Pool7", "GSM2253167"))):
        counts, elements = [], []
        for locus in range(loci):
            site, start = "".join(chance.choices("ACGT", k=16)), 1_000_000 * (1 + locus + loci * at)
            base = f"MAC_chr{1 + locus}_{start}_{start + 16}_{'+-'[locus % 2]}_{site}"
            changed = [base + (f"_lxr_{i}_9_fos" if at == 0 else f"_lxr_lxr_{i}_9") for i in range(changes)]
            for element in (base + ("_wt" if at == 0 else ""), *changed):
                counts.append((element, 50, chance.randrange(5_000), chance.randrange(9, 5_000)))
                elements.append((element, "".join(chance.choices("ACGT", k=40)) + site))
        columns = ["name", "tags", "counts.rna", "counts.plasmid"]
        table = pl.DataFrame(counts, schema=columns, orient="row")
        table.write_csv(folder / f"GSE84888_{name}_MPRA.txt", separator="\t")
        barcodes = pl.DataFrame(elements, schema=["name", "sequence"], orient="row")
        barcodes.write_csv(folder / f"{accession}_{name}.barcodes.txt", separator="\t")
