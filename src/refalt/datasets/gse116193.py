"""Histone QTLs of Pelikan et al. 2018 (GSE116193): one effect a row, two marks, each with its own p-value.

Footnote letters of the publication stand at the end of names in the header ("Ref Allelec"), and the assembly in one
of them ("Bp (hg19)").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import polars as pl

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.contracts import held_to
from refalt.datasets.reading import SourceColumns, published, wanted_columns
from refalt.errors import UserError, nearest_name, shown
from refalt.genome import canonical_assembly
from refalt.sources.delimited import ReadTable, column_names, read_table
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter

_URL: Final = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE116193"
_UNSETTLED: Final = "not settled: the header does not say for which allele a positive log2 (effect size) is"
_EFFECT: Final = EffectSection(
    column="log2 (effect size)",
    of="unknown",
    scale="log2_fold_change",
    unit="log2 ratio of ChIP-seq reads",
    source=_UNSETTLED,
)
Mark = Literal["H3K27ac", "H3K4me1"]
MARKS: Final[tuple[Mark, ...]] = ("H3K27ac", "H3K4me1")
_BOTH: Final = "both"


class Gse116193Section(DatasetSection):
    """`[dataset]` of the summary table. With `mark`, rows that were not tested for that mark are `filtered`."""

    assembly: Filled = "GRCh37"
    effect: EffectSection | None = _EFFECT
    assay: str = "CHIP_HISTONE"
    biosample: str = "EFO:0002784"
    file: Filled = "Pelikan_et_al_hQTL_summary.csv"
    mark: Mark | None = None


class Gse116193(Dataset):
    """One row a variant. The stratum `marks` says for which marks it has a p-value: both, or one only."""

    card = Card(
        title="LCL histone QTLs (GSE116193)",
        measures="Imbalance of H3K27ac and H3K4me1 ChIP-seq reads between the alleles of a variant, in "
        "lymphoblastoid cell lines.",
        citation="Pelikan R. C. et al. 2018, Nature Communications 9, 2905, doi:10.1038/s41467-018-05328-9",
        url=_URL,
        licence="unstated",
        effect_direction_source=_UNSETTLED,
    )
    section = Gse116193Section
    declared: Gse116193Section

    def needed_files(self) -> Sequence[NeededFile]:
        """The table."""
        name = self.declared.file
        also = (f"{name}.gz", f"GSE116193_{name}", f"GSE116193_{name}.gz")
        return [NeededFile("dataset", name, self.declared.assembly, _URL, also=also)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the table by its header's names without their footnotes."""
        path = files["dataset"]
        names, present = _Header(path, column_names(path)), self.declared.mark
        p_values = {mark: names.named(f"{mark} p-value") for mark in MARKS}
        effect = self.declared.effect and names.named(self.declared.effect.column)
        columns = SourceColumns(
            chrom=names.named("Chr"), pos=names.position(self.declared.assembly), rsid=names.named("epiQTL rsID"),
            ref=names.named("Ref Allele"), alt=names.named("Alt Allele"),
            p_value=p_values[present] if present else None, context_id="\0mark",
        )  # fmt: skip
        declared = self.declared
        if declared.effect and effect:
            declared = declared.model_copy(update={"effect": declared.effect.model_copy(update={"column": effect})})
        tested = [RowFilter(column=p_values[present], op=">=", value=0)] if present else []
        wanted = wanted_columns(columns, declared, keep=[*tested, *keep]) | dict.fromkeys(p_values.values(), pl.Float64)
        wanted.pop("\0mark")
        read = read_table(path, wanted)
        frame = read.frame.with_columns(pl.lit(present, pl.String).alias("\0mark"), _tested_for(p_values))
        read = ReadTable(frame, read.unparsable, read.examples)
        strata = {"marks": "\0marks"}
        found = published(read, columns, declared=declared, strata=strata, keep=[*tested, *keep], where=str(path))
        kept = {f"`{name}` lies in [0, 1]": pl.col(name).is_between(0, 1) for name in p_values.values()}
        return held_to(found, read.frame, kept, where=str(path))


class _Header:
    """Names as a header has them, looked up without the letter of a footnote."""

    def __init__(self, path: Path, present: Sequence[str]) -> None:
        self._path, self._present = path, present

    def named(self, plain: str) -> str:
        """The column of that name, a footnote's letter after it or not.

        Raises:
            UserError: there is none, or several.
        """
        return self._only(plain, re.escape(plain).replace(r"\ ", r"\s+"))[0]

    def position(self, assembly: str) -> str:
        """The column "Bp (...)", which must name the declared assembly.

        Raises:
            UserError: there is none, or several, or it names another assembly.
        """
        column, found = self._only("Bp (hg19)", r"Bp\s+\((\w+)\)")
        stated = canonical_assembly(found.group(1), where=f"{self._path}, column {column!r}")
        if stated != canonical_assembly(assembly):
            raise UserError(
                f"the header says that positions are of {stated}",
                where=f"{self._path}, column {column!r}",
                expected=assembly,
                remedy=f"write assembly = {stated!r} in [dataset]",
            )
        return column

    def _only(self, plain: str, form: str) -> tuple[str, re.Match[str]]:
        matches = [(name, re.fullmatch(form + r"\s?[a-z]?", name.strip(), re.IGNORECASE)) for name in self._present]
        found = [(name, match) for name, match in matches if match]
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(f"several columns are called {plain!r}", where=str(self._path),
                            got=shown([name for name, _ in found]))  # fmt: skip
        near = nearest_name(plain, self._present)
        raise UserError(
            f"there is no column {plain!r}",
            where=str(self._path),
            expected=f"one of {shown(self._present, 30)}",
            remedy=f"did you mean {near!r}?" if near else "take the summary table of GSE116193",
        )


def _tested_for(p_values: Mapping[Mark, str]) -> pl.Expr:
    """Text column `\\0marks`: the marks that a row has p-values of."""
    first, second = (pl.col(p_values[mark]).is_not_null() for mark in MARKS)
    alone = [f"{mark} only" for mark in MARKS]
    return (
        pl.when(first & second).then(pl.lit(_BOTH)).when(first).then(pl.lit(alone[0])).when(second)
        .then(pl.lit(alone[1])).alias("\0marks")
    )  # fmt: skip
