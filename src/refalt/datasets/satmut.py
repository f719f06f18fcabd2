"""Saturation mutagenesis of 20 disease-associated promoters and enhancers (Kircher et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from pydantic import model_validator

from refalt.columns import RECORDED_PREFIX, STRATUM_PREFIX, Reason
from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.elements import locus_of, read_element_sequences
from refalt.datasets.reading import SourceColumns, publish
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter

REPLICATE: Final = "replicate"
_RELEASE: Final = "release"
_EFFECT: Final = EffectSection(
    column="Coefficient",
    of="alt",
    scale="log2_fold_change",
    unit="log2 RNA per DNA, ALT over REF",
    source="Kircher et al. 2019, Methods: coefficient of the variant in a linear model of log2 RNA on log2 DNA counts",
)


class SatmutSection(DatasetSection):
    """`[dataset]` of the saturation mutagenesis.

    The file holds the same measurements twice, once a genome release; `release` says which are read. `elements` is a
    FASTA of the cloned sequences. `replicates` names, for an element, the element that measured its variants again:
    that measurement becomes the recorded score `replicate`, a ceiling for every model.
    """

    release: Literal["GRCh38", "GRCh37"] = "GRCh38"
    assembly: Filled = "GRCh38"
    design: Literal["natural", "mutagenesis", "base_editor", "synthetic"] = "mutagenesis"
    effect: EffectSection | None = _EFFECT
    assay: str = "MPRA"
    file: Filled = "kircher_elements.tsv.gz"
    elements: Filled | None = None
    replicates: dict[Filled, Filled] = {}

    @model_validator(mode="before")
    @classmethod
    def _follow(cls, given: dict[str, Any]) -> dict[str, Any]:
        content = {"assembly": given.get("release", "GRCh38"), **given}
        if content["assembly"] != content.get("release", "GRCh38"):
            raise ValueError("positions are those of the release: leave assembly out")
        if content.get("replicates"):
            replicate = {REPLICATE: {"column": _EFFECT.column, "of": {"column": "Alt"}}}
            content["recorded"] = replicate | dict(content.get("recorded") or {})
        return content


class Satmut(Dataset):
    """One row an element and variant: the locus is the target, the element its context."""

    card = Card(
        title="Saturation mutagenesis of disease-associated regulatory elements",
        measures="Effect of every single-base change and deletion on reporter RNA of 20 promoters and enhancers in "
        "their cell lines, by massively parallel reporter assay.",
        citation="Kircher M. et al. 2019, Nature Communications 10, 3583, doi:10.1038/s41467-019-11526-w",
        url="https://kircherlab.bihealth.org/satMutMPRA/",
        licence="unstated",
        effect_direction_source=_EFFECT.source,
    )
    section = SatmutSection
    declared: SatmutSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The table and, where the study names it, the sequences of the elements."""
        table = NeededFile("dataset", self.declared.file, self.declared.release, self.card.url)
        if self.declared.elements is None:
            return [table]
        return [table, NeededFile("elements", self.declared.elements, self.declared.release)]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read one release; rows of the other are `filtered`."""
        columns = SourceColumns(
            chrom="Chrom", pos="Pos", ref="Ref", alt="Alt", p_value="pValue", target_id="locus", context_id="Element"
        )
        release = RowFilter(column="Release", op="==", value=self.declared.release)
        # The replicate is a measurement of another row: it is not there yet when rows are read.
        alone = self.declared.model_copy(update={"recorded": _without_replicate(self.declared)})
        read = publish(
            files["dataset"],
            columns,
            declared=alone,
            strata={"element": "Element", _RELEASE: "Release"},
            keep=[release, *keep],
            derived={"locus": locus_of(pl.col("Element"))},
        )
        rows = _with_replicate(_of_release(read.rows, self.declared.release), self.declared.replicates)
        if "elements" not in files:
            return Published(rows, read.sequences, read.remarks)
        sequences = read_element_sequences(files["elements"], self.declared.release)
        return Published(rows, _cloned(rows, sequences), read.remarks)


def _without_replicate(declared: SatmutSection) -> dict[str, Any]:
    return {name: score for name, score in declared.recorded.items() if name != REPLICATE}


def _of_release(rows: pl.DataFrame, release: str) -> pl.DataFrame:
    """Rows of the other release are `filtered`, whatever else is wrong with them: they are not of this dataset."""
    other = (pl.col(STRATUM_PREFIX + _RELEASE) != release).fill_null(value=True)
    reason = pl.when(other).then(pl.lit(Reason.FILTERED.value)).otherwise("reason")
    return rows.with_columns(reason.alias("reason")).drop(STRATUM_PREFIX + _RELEASE)


def _with_replicate(rows: pl.DataFrame, replicates: Mapping[str, str]) -> pl.DataFrame:
    """What the declared other element measured of the same variant, among rows that are left, and for which allele."""
    if not replicates:
        return rows
    place, name = ["source_chrom", "source_pos"], RECORDED_PREFIX + REPLICATE
    # Either order of the alleles is the same variant; which of them the value is for goes with it.
    alleles = [pl.min_horizontal("ref", "alt").alias("one"), pl.max_horizontal("ref", "alt").alias("two")]
    again = rows.filter(pl.col("reason").is_null()).select(
        pl.col("context_id").alias("other"), *place, *alleles,
        pl.col("beta").alias(name), pl.col("alt").alias(f"{name}.allele"),
    )  # fmt: skip
    other = pl.col("context_id").replace_strict(dict(replicates), default=None, return_dtype=pl.String)
    paired = rows.with_columns(*alleles, other=other).join(
        again, on=["other", *place, "one", "two"], how="left", validate="m:1", maintain_order="left"
    )
    return paired.drop("other", "one", "two")


def _cloned(rows: pl.DataFrame, sequences: pl.DataFrame) -> pl.DataFrame:
    """The element with either allele, for rows that are left."""
    left = rows.filter(pl.col("reason").is_null())
    found = left.join(sequences, left_on="context_id", right_on="element", maintain_order="left").with_columns(
        offset=pl.col("source_pos") - pl.col("first")
    )
    inside = pl.col("offset").is_between(0, pl.col("element_sequence").str.len_bytes().cast(pl.Int64) - 1)
    whole, offset = pl.col("element_sequence"), pl.col("offset")
    ref, alt = (pl.col(name).replace({"-": ""}) for name in ("ref", "alt"))
    # Bases were changed and deleted, never inserted: REF "-" is a deletion with its alleles swapped.
    swapped = (ref == "") | ((whole.str.slice(offset, 1) != ref) & (whole.str.slice(offset, 1) == alt))
    removed, put = pl.when(swapped).then(alt).otherwise(ref), pl.when(swapped).then(ref).otherwise(alt)
    changed = pl.concat_str(whole.str.slice(0, offset), put, whole.str.slice(offset + removed.str.len_bytes()))
    return found.filter(inside).select(
        "source_row",
        whole.alias("ref_sequence"),
        pl.when(whole.str.slice(offset, 1) == removed).then(changed).alias("alt_sequence"),
        "offset",
    )
