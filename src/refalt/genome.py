"""The names of assemblies and contigs, and nothing that needs a file.

An assembly has one canonical name here, the one its consortium gave it where the field uses that ("GRCh38"),
else UCSC's ("hg18"). Contigs are spelled as UCSC spells them ("chr1", "chrM").
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from refalt.errors import UserError, nearest_name

_SYNONYMS: Final = MappingProxyType(
    {
        "hg18": ("hg18", "ncbi36", "grch36", "build36", "b36"),
        "GRCh37": ("grch37", "hg19", "b37", "hs37d5", "build37"),
        "GRCh38": ("grch38", "hg38", "b38", "build38"),
        "mm9": ("mm9", "ncbi37", "mgscv37"),
        "mm10": ("mm10", "grcm38"),
        "mm39": ("mm39", "grcm39"),
    }
)
_CANONICAL: Final = MappingProxyType({name: canon for canon, names in _SYNONYMS.items() for name in names})
SIMULATED_PREFIX: Final = "simulated"

#: Lengths in base pairs of the chromosomes of each assembly (chr1..22 or 1..19, chrX, chrY), as published by
#: the Genome Reference Consortium and UCSC: enough to refute a build by a position beyond a contig's end.
_LENGTHS: Final = MappingProxyType(
    {
        "hg18": (
            "247249719 242951149 199501827 191273063 180857866 170899992 158821424 146274826 140273252 135374737 "
            "134452384 132349534 114142980 106368585 100338915 88827254 78774742 76117153 63811651 62435964 "
            "46944323 49691432 154913754 57772954"
        ),
        "GRCh37": (
            "249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022 141213431 135534747 "
            "135006516 133851895 115169878 107349540 102531392 90354753 81195210 78077248 59128983 63025520 "
            "48129895 51304566 155270560 59373566"
        ),
        "GRCh38": (
            "248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636 138394717 133797422 "
            "135086622 133275309 114364328 107043718 101991189 90338345 83257441 80373285 58617616 64444167 "
            "46709983 50818468 156040895 57227415"
        ),
        "mm9": (
            "197195432 181748087 159599783 155630120 152537259 149517037 152524553 131738871 124076172 129993255 "
            "121843856 121257530 120284312 125194864 103494974 98319150 95272651 90772031 61342430 166650296 "
            "15902555"
        ),
        "mm10": (
            "195471971 182113224 160039680 156508116 151834684 149736546 145441459 129401213 124595110 130694993 "
            "122082543 120129022 120421639 124902244 104043685 98207768 94987271 90702639 61431566 171031299 "
            "91744698"
        ),
    }
)


def canonical_assembly(name: str, *, where: str | None = None) -> str:
    """The one name of an assembly: "hg38" gives "GRCh38"; names that begin with "simulated" stay as they are.

    Raises:
        UserError: the name is not known.
    """
    if name.startswith(SIMULATED_PREFIX):
        return name
    found = _CANONICAL.get(name.strip().lower())
    if found is None:
        near = nearest_name(name, _CANONICAL)
        raise UserError(
            f"unknown assembly {name!r}",
            where=where,
            expected=f"one of {', '.join(_SYNONYMS)} (or a usual synonym)",
            remedy=f"did you mean {near!r}?" if near else None,
        )
    return found


def chromosome_lengths(assembly: str) -> Mapping[str, int]:
    """Contig name -> length in bp for a canonical assembly; empty where refalt holds no lengths for it."""
    lengths = [int(text) for text in _LENGTHS.get(assembly, "").split()]
    names = [f"chr{number}" for number in range(1, len(lengths) - 1)] + ["chrX", "chrY"]
    return dict(zip(names, lengths, strict=True)) if lengths else {}


def species_of(assembly: str) -> str:
    """ "human", "mouse" or "simulated"."""
    if assembly.startswith(SIMULATED_PREFIX):
        return SIMULATED_PREFIX
    return "mouse" if assembly.startswith("mm") else "human"


def ucsc_contig(chrom: pl.Expr) -> pl.Expr:
    """Spell contigs as UCSC does: "1" -> "chr1", "23" -> "chrX", "MT" -> "chrM"; others as given, "" -> null."""
    bare = chrom.cast(pl.String).str.strip_chars().str.replace(r"^(?i:chr)(.+)$", "${1}")
    renamed = bare.replace({"23": "X", "24": "Y", "MT": "M", "x": "X", "y": "Y", "m": "M"})
    plain = renamed.str.contains(r"^([0-9]{1,2}|[XYM])$")
    return (
        pl.when(bare == "")
        .then(None)
        .when(plain)
        .then(pl.concat_str(pl.lit("chr"), renamed))
        .otherwise(chrom.cast(pl.String).str.strip_chars())
    )


def ucsc_contigs(chrom: pl.Series) -> pl.Series:
    """`ucsc_contig` of a column: a million rows have a few spellings, and each is looked at once."""
    written = chrom.cast(pl.String).unique()
    spelled = pl.DataFrame({"chrom": written}).select(ucsc_contig(pl.col("chrom"))).to_series()
    return chrom.cast(pl.String).replace_strict(written, spelled, return_dtype=pl.String)
