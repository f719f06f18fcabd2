"""The synthetic track table: what the served model says it predicts.

Made in code, of invented experiments on real cell types, so that names, ontologies, strands, marks and factors look as
they do in the hosted service's table and can be selected the same way. Nothing in it was measured, and each track's
`data_source` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from refalt.errors import unknown_name

SIMULATED: Final = "simulated by refalt"
#: Bases of a bin of each output, in the order in which outputs are listed and answered.
RESOLUTIONS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "ATAC": 1,
        "CAGE": 1,
        "DNASE": 1,
        "RNA_SEQ": 1,
        "CHIP_HISTONE": 128,
        "CHIP_TF": 128,
        "SPLICE_SITES": 1,
        "SPLICE_SITE_USAGE": 1,
        "SPLICE_JUNCTIONS": 1,
        "CONTACT_MAPS": 2048,
        "PROCAP": 1,
    }
)
#: Tracks of some outputs in the hosted service's human table, for benchmarks at its size.
HOSTED_SIZES: Final[Mapping[str, int]] = MappingProxyType(
    {"ATAC": 167, "DNASE": 305, "CHIP_HISTONE": 1116, "CHIP_TF": 1617, "CAGE": 546, "RNA_SEQ": 667}
)


@dataclass(frozen=True)
class Biosample:
    """Cells or tissue that an experiment was made on; `curie` is an ontology term as "EFO:0002067".

    Of some GTEx tissues there are no experiments but GTEx's.
    """

    curie: str
    name: str
    kind: str
    stage: str = "adult"
    gtex_tissue: str = ""
    only_gtex: bool = False


@dataclass(frozen=True)
class Track:
    """One track; within an output, name and strand together are its key.

    Attributes:
        strand: "+", "-" or ".".
        assay: Title of the assay, "" where the output has none.
        mark: Histone mark, "" where there is none.
        factor: Transcription factor, "" where there is none.
    """

    output: str
    name: str
    strand: str = "."
    biosample: Biosample | None = None
    assay: str = ""
    mark: str = ""
    factor: str = ""


@dataclass(frozen=True)
class TrackTable:
    """All tracks of one organism: output -> its tracks, in the order of the values."""

    organism: str
    by_output: Mapping[str, tuple[Track, ...]] = field(repr=False)


_HUMAN: Final = (
    Biosample("EFO:0002067", "K562", "cell_line"),
    Biosample("EFO:0001187", "HepG2", "cell_line", "child"),
    Biosample("EFO:0002784", "GM12878", "cell_line"),
    Biosample("CLO:0003684", "HeLa", "cell_line"),
    Biosample("CL:0000624", "CD4-positive, alpha-beta T cell", "primary_cell"),
    Biosample("CL:0000236", "B cell", "primary_cell"),
    Biosample("UBERON:0002048", "lung", "tissue", gtex_tissue="Lung"),
    Biosample("UBERON:0001114", "right lobe of liver", "tissue", gtex_tissue="Liver"),
    Biosample("UBERON:0001157", "transverse colon", "tissue", gtex_tissue="Colon_Transverse"),
    Biosample("UBERON:0000955", "brain", "tissue", "embryonic"),
    Biosample("UBERON:0013756", "venous blood", "tissue", gtex_tissue="Whole_Blood", only_gtex=True),
)
_MOUSE: Final = (
    Biosample("CL:0000236", "B cell", "primary_cell"),
    Biosample("UBERON:0002107", "liver", "tissue"),
    Biosample("UBERON:0002048", "lung", "tissue"),
    Biosample("UBERON:0000955", "brain", "tissue", "embryonic"),
    Biosample("EFO:0001084", "3T3-L1", "cell_line"),
    Biosample("CL:0000057", "fibroblast", "primary_cell"),
    Biosample("UBERON:0001013", "adipose tissue", "tissue"),
)
_MARKS: Final = ("H3K27ac", "H3K4me3", "H3K4me1", "H3K27me3")
_FACTORS: Final = ("CTCF", "GATA1", "SPI1", "FOXA1", "REST", "YY1")
_SAMPLES: Final = MappingProxyType({"human": _HUMAN, "mouse": _MOUSE})


def synthetic_tracks(organism: str = "human", *, sizes: Mapping[str, int] | None = None) -> TrackTable:
    """The synthetic table of an organism.

    Args:
        organism: "human" or "mouse".
        sizes: Output -> number of tracks it should have, for outputs that should not have the usual few; further
            cell types are made up, under terms of the ontology "NTR" (new term requested).

    Raises:
        UserError: no such organism or output.
    """
    if organism not in _SAMPLES:
        raise unknown_name("organism", organism, _SAMPLES)
    wanted = sizes or {}
    for output in wanted:
        if output not in RESOLUTIONS:
            raise unknown_name("output", output, RESOLUTIONS)
    samples = _SAMPLES[organism]
    tracks = {
        output: _sized(output, samples, wanted[output]) if output in wanted else tuple(_tracks(output, samples))
        for output in RESOLUTIONS
    }
    return TrackTable(organism, MappingProxyType({output: _by_strand(made) for output, made in tracks.items()}))


def _sized(output: str, samples: tuple[Biosample, ...], size: int) -> tuple[Track, ...]:
    invented = (
        Biosample(f"NTR:{number:07d}", f"simulated cell type {number}", "primary_cell") for number in range(1, size + 1)
    )
    tracks = list(islice((track for sample in (*samples, *invented) for track in _tracks(output, (sample,))), size))
    if tracks[-1].strand == "+":
        # Its reverse half no longer fits; a forward track alone could not be merged with its pair.
        tracks[-1] = replace(tracks[-1], strand=".")
    return tuple(tracks)


def _by_strand(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """Forward, then reverse, then unstranded tracks, as gene scores of both strands are merged pair by pair."""
    return tuple(sorted(tracks, key=lambda track: "+-.".index(track.strand)))


def _tracks(output: str, samples: tuple[Biosample, ...]) -> Iterator[Track]:
    for sample in samples:
        yield from (replace(track, biosample=sample) for track in _tracks_of(output, sample))
    if output == "SPLICE_SITES":
        yield from (Track(output, site, strand) for site in ("donor", "acceptor") for strand in "+-")


def _tracks_of(output: str, sample: Biosample) -> Iterator[Track]:
    """The tracks that one biosample has of an output."""
    curie = sample.curie
    if sample.only_gtex and output != "RNA_SEQ":
        return
    if output in _ONE_ASSAY:
        assay, strands = _ONE_ASSAY[output]
        yield from (Track(output, f"{curie} {assay}", strand, assay=assay) for strand in strands)
    elif output == "RNA_SEQ":
        for assay in () if sample.only_gtex else ("total RNA-seq", "polyA plus RNA-seq"):
            yield from (Track(output, f"{curie} {assay}", strand, assay=assay) for strand in "+-")
        if sample.gtex_tissue:
            assay = "polyA plus RNA-seq"
            yield Track(output, f"{curie} gtex {sample.gtex_tissue} {assay}", assay=assay)
    elif output == "CHIP_HISTONE":
        assay = "Histone ChIP-seq"
        yield from (Track(output, f"{curie} {assay} {mark}", assay=assay, mark=mark) for mark in _MARKS)
    elif output == "CHIP_TF" and sample.kind != "tissue":
        assay = "TF ChIP-seq"
        yield from (Track(output, f"{curie} {assay} {factor}", assay=assay, factor=factor) for factor in _FACTORS)
    elif output == "SPLICE_JUNCTIONS":
        yield Track(output, f"{curie} {sample.name}", assay="polyA plus RNA-seq")


#: Outputs with one assay: its title, and the strands it tells apart.
_ONE_ASSAY: Final = MappingProxyType(
    {
        "ATAC": ("ATAC-seq", "."),
        "DNASE": ("DNase-seq", "."),
        "CAGE": ("hCAGE", "+-"),
        "PROCAP": ("PRO-cap", "+-"),
        "SPLICE_SITE_USAGE": ("usage", "+-"),
        "CONTACT_MAPS": ("in situ Hi-C", "."),
    }
)
