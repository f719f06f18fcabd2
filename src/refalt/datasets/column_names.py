"""What columns of published tables are called, and what their values look like: the words that guessing goes by.

Names are compared without case, blanks and punctuation, and without the assembly they may carry: `#Chrom`,
`RefAllele`, `p-value`, `pos_hg18`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from refalt.errors import UserError
from refalt.genome import canonical_assembly


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.split())


#: Field -> names in order of preference.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "chrom": _listed("chrom chr chromosome contig seqname seqid variantchr variantchrom snpchr varchr hmchrom"),
    "pos": _listed(
        "pos position bp basepairlocation variantpos variantposition snppos snpposition varpos bppos genpos hmpos"
        " coordinate"
    ),
    "start": ("start", "chromstart", "chrstart", "startpos", "startposition"),
    "end": ("end", "chromend", "chrend", "stop", "endpos", "endposition"),
    "p_value": _listed(
        "pvalue pval p pvalnominal nominalpvalue nominalpval pnominal nominalp pvalnom pnom pwald combpval prt"
    ),
    "standard_error": _listed("standarderror stderror stderr se slopese betase sebeta effectse lfcse seslope"),
    "maf": ("maf", "minorallelefrequency", "minorallelefreq"),
    "pip": ("pip", "posteriorinclusionprobability"),
    "label": ("label", "labels", "iscausal", "causal", "ispositive", "positive", "isqtl"),
    "tss_distance": ("tssdistance", "distancetotss", "disttotss", "tssdist", "dtss"),
    "consequence": _listed(
        "consequence consequences mostsevereconsequence vepconsequence variantconsequence molecularconsequence soterm"
    ),
    "target_id": _listed(
        "phenotypeid moleculartraitid targetid geneid gene ensemblgeneid genename genesymbol target traitid probeid"
        " probe peakid peak featureid regulatoryelement element locus"
    ),
    "context_id": ("tissue", "tissuename", "celltype", "context", "contextid", "cellline", "condition"),
    "rsid": ("rsid", "rs", "rsids", "dbsnp", "dbsnpid", "snp", "snpid", "id", "markername", "marker"),
    "element_id": _listed(
        "elementid element oligoid oligo oligoname constructid construct constructname enhancer name"
    ),
}
#: Names of a column that names the whole variant.
IDENTIFIERS: Final = _listed(
    "variantid variant varid variantname snp snpid id markername marker markerid rsid name chrposrefalt"
)
EFFECT_ALLELES: Final = ("effectallele", "ea", "testedallele", "assessedallele", "effallele")
#: Pairs of names: REF's, ALT's, and whether the second is by its name the allele that effects are for.
ALLELE_STYLES: Final = (
    (
        ("ref", "refallele", "reference", "referenceallele", "refbase"),
        ("alt", "altallele", "alternate", "alternateallele", "alternative", "alternativeallele", "altbase"),
        False,
    ),
    (("otherallele", "noneffectallele", "nea", "nonassessedallele", "hmotherallele"), EFFECT_ALLELES, True),
    (("a2", "allele2"), ("a1", "allele1"), False),
)
#: Names of an effect in order of preference -> scale and what no effect looks like.
EFFECTS: Final[Mapping[str, tuple[str, float]]] = {
    **dict.fromkeys(("beta", "slope", "effect", "effectsize", "es", "combes"), ("slope", 0.0)),
    **dict.fromkeys(("log2fc", "log2foldchange", "logfc", "lfc", "log2effectsize"), ("log2_fold_change", 0.0)),
    **dict.fromkeys(("skew", "logskew", "allelicskew", "logskewcomb", "log2skew"), ("log2_fold_change", 0.0)),
    **dict.fromkeys(("coefficient", "coef", "estimate", "effectestimate", "b"), ("slope", 0.0)),
    **dict.fromkeys(("logor", "lnor", "logoddsratio", "logodds"), ("log_odds", 0.0)),
    **dict.fromkeys(("oddsratio", "or", "foldchange", "fc"), ("fold_change", 1.0)),
    **dict.fromkeys(("allelicratio", "allelicfraction", "altfraction", "altratio"), ("allelic_ratio", 0.5)),
    **dict.fromkeys(("zscore", "z"), ("z", 0.0)),
    **dict.fromkeys(("tstat", "tstatistic", "tvalue", "t"), ("t", 0.0)),
    **dict.fromkeys(("delta", "value"), ("slope", 0.0)),
}
ACTIVITIES: Final = _listed("activity log2ratio log2activity log2rnadna meanactivity log2expression expression")
#: Columns that say which assembly a row counts in.
ASSEMBLIES: Final = ("assembly", "release", "build", "genomebuild", "genomeassembly", "genome", "referencegenome")

_WORD: Final = re.compile(r"[^A-Za-z0-9]+")
_NUMBERED: Final = re.compile(r"^(hg|grch|mm|grcm|ncbi|b|build)[0-9]+$", re.IGNORECASE)


@dataclass(frozen=True)
class Spelled:
    """A column's name as it is compared: `letters` without the words for an assembly, which is `assembly`."""

    letters: str
    assembly: str | None


def spelled(name: str) -> Spelled:
    """A column's name as it is compared."""
    words = [word for word in _WORD.split(name) if word]
    assemblies = {word: found for word in words if _NUMBERED.match(word) and (found := assembly_named(word))}
    letters = "".join(word for word in words if word not in assemblies).lower()
    return Spelled(letters, next(iter(assemblies.values()), None))


def assembly_named(text: str) -> str | None:
    """The canonical name of an assembly, or None when it is not one."""
    try:
        return canonical_assembly(text)
    except UserError:
        return None


@dataclass(frozen=True)
class Look:
    """What values of a field look like.

    Attributes:
        holds: Of a column of text, whether each cell does.
        share: Of the cells that are filled, how many must at least.
        words: In a message.
    """

    holds: Callable[[pl.Expr], pl.Expr]
    share: float
    words: str


def _number(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().cast(pl.Float64, strict=False)


def _between(low: float, high: float) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: _number(text).is_between(low, high)


def _matching(pattern: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: text.str.strip_chars().str.contains(pattern)


def _whole(text: pl.Expr) -> pl.Expr:
    return _number(text) == _number(text).round()


_MOST, _SOME = 0.9, 0.5
_ALLELES: Final = Look(_matching("^([ACGTNacgtn]+|-)$"), _SOME, "alleles")
NUMBERS: Final = Look(lambda text: _number(text).is_not_null(), _MOST, "numbers")
ANYTHING: Final = Look(lambda text: text.is_not_null(), 0.0, "anything")
DNA: Final = Look(_matching("^[ACGTNacgtn]{20,}$"), _MOST, "sequences of 20 bases or more")
RSIDS: Final = Look(_matching("^rs[0-9]+$"), _SOME, "rsIDs")
ALLELE_WORDS: Final = Look(_matching("^(?i:ref|alt)$"), 0.99, "'ref' and 'alt'")
LOOKS: Final[Mapping[str, Look]] = {
    "chrom": Look(_matching(r"^(?i:chr)?([0-9]{1,2}|[A-Za-z][A-Za-z0-9_.-]*)$"), _MOST, "contigs"),
    "pos": Look(_whole, _MOST, "whole numbers"),
    "start": Look(_whole, _MOST, "whole numbers"),
    "end": Look(_whole, _MOST, "whole numbers"),
    "ref": _ALLELES,
    "alt": _ALLELES,
    "effect_allele": Look(_matching("^(?i:[ACGTN]+|-|ref|alt)$"), _SOME, "alleles"),
    "effect": NUMBERS,
    "p_value": Look(_between(0, 1), 0.99, "numbers from 0 to 1"),
    "standard_error": Look(_between(0, float("inf")), 0.99, "numbers that are not negative"),
    "maf": Look(_between(0, 0.5), 0.99, "numbers from 0 to 0.5"),
    "pip": Look(_between(0, 1), 0.99, "numbers from 0 to 1"),
    "label": Look(lambda text: _number(text).is_in([0.0, 1.0]), 0.99, "0 and 1"),
    "tss_distance": Look(_whole, _MOST, "whole numbers"),
    "consequence": Look(_matching(r"^(SO:[0-9]{7}|[a-z0-9_]+)([,&;|/]|$)"), _MOST, "Sequence Ontology terms"),
}


def share_of(values: pl.Series, look: Look) -> float | None:
    """Share of the filled cells of a column of text that look so; None when all are empty."""
    filled = values.drop_nulls()
    if filled.is_empty():
        return None
    held = filled.to_frame("text").select(look.holds(pl.col("text")).fill_null(value=False).mean())
    return float(held.item())
