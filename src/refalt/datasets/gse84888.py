"""Synthetic elements around PPARg sites of the mouse genome, by massively parallel reporter assay (GSE84888)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from pydantic import model_validator

from refalt.columns import Reason
from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.filters import keeps
from refalt.datasets.gse84888_counts import carried_elements, read_counts, read_elements, with_predictions
from refalt.datasets.gse84888_names import POOLS
from refalt.datasets.reading import SourceColumns, published, with_reason
from refalt.sources.delimited import ReadTable
from refalt.sources.fetch import NeededFile
from refalt.sources.published import geo_supplement
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter, Section

URL: Final = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE84888"
ACTIVITY: Final = "activity"
DIFFERENCE: Final = "difference_from_wild_type"
#: GEO's names of supplementary files begin with the accession of the series or sample.
_SUPPLEMENT: Final = re.compile(r"(?P<accession>GSE84888|GSM225316[67])_[A-Za-z0-9_.]+\.txt$")
_STRATA: Final = {"factor": "factors", "strand": "strand", "pool": "pool", "locus": "locus", "tags": "tags"}
_UNITS: Final = {
    ACTIVITY: "log2 of (RNA + 1) over (plasmid + 1)",
    DIFFERENCE: "log2 of (RNA + 1) over (plasmid + 1), less that of the wild type of the same locus and pool",
}


class ElementFiles(Section):
    """Files that hold the designed elements, one a pool: the columns with their names and their sequences.

    An element may stand in several rows, one a barcode. GEO's record does not describe the columns of its barcode
    files, so a study names them, and a name that is not in the header is told with those that are.
    """

    pool6: Filled
    pool7: Filled
    name: Filled
    sequence: Filled


class PredictionFile(Section):
    """A file of predictions, and its column with the names of the elements; `recorded` names the scores in it."""

    file: Filled
    name: Filled


class Gse84888Section(DatasetSection):
    """`[dataset]` of the assay: the counts of Pools 6 and 7.

    `value` is what is compared: `activity` of each element, or its `difference_from_wild_type`, which is an effect of
    what was changed in it. `counts` are taken as they were counted or per million of their pool. Without `elements`,
    what a model can be shown is the 16-base site in each name, the same for all elements of a locus.
    """

    assembly: Filled = "mm9"
    quantity: Literal["effect", "activity"] = "activity"
    design: Literal["natural", "mutagenesis", "base_editor", "synthetic"] = "synthetic"
    assay: str = "MPRA"
    biosample: str = "EFO:0001084"
    batch: Filled | None = "pool"
    pool6: Filled = "GSE84888_Pool6_MPRA.txt"
    pool7: Filled = "GSE84888_Pool7_MPRA.txt"
    value: Literal["activity", "difference_from_wild_type"] = "activity"
    counts: Literal["as_counted", "per_million"] = "as_counted"
    elements: ElementFiles | None = None
    predictions: PredictionFile | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_the_value(cls, given: dict[str, Any]) -> dict[str, Any]:
        if set(given) & {"effect", "quantity"}:
            raise ValueError("what is measured follows from `value`: leave effect and quantity out")
        if bool(given.get("recorded")) != bool(given.get("predictions")):
            raise ValueError("predictions names the file and recorded the scores in it: give both or neither")
        value = given.get("value", ACTIVITY)
        differs = value == DIFFERENCE
        effect = EffectSection(
            column=str(value),
            of="alt" if differs else "unknown",
            scale="log2_fold_change",
            unit=_UNITS.get(str(value), ""),
            source="taken from the counts: the element is ALT, the wild type of its locus and pool REF",
        )
        return {"effect": effect, "quantity": "effect" if differs else "activity", **given}


class Gse84888(Dataset):
    """One row an element: its locus is the target, its pool the context."""

    card = Card(
        title="Synthetic elements around PPARg sites (Pools 6 and 7)",
        measures="Reporter RNA per plasmid of elements made from 18 PPARg sites of the mouse genome, in which sites of "
        "other transcription factors were taken out, replaced or arranged anew, in adipocytes of the line 3T3-L1, by "
        "massively parallel reporter assay.",
        citation="Grossman S.R. et al. 2017, PNAS 114, E1291, doi:10.1073/pnas.1621150114",
        url=URL,
        licence="unstated",
        effect_direction_source="not needed: a difference from the wild type is taken from the counts",
    )
    section = Gse84888Section
    declared: Gse84888Section

    def needed_files(self) -> Sequence[NeededFile]:
        """Counts of both pools and, where the study names them, their elements and a file of predictions."""
        declared = self.declared
        needed = [_needed(pool, getattr(declared, pool), declared.assembly) for pool in ("pool6", "pool7")]
        if declared.elements:
            needed.append(_needed("elements6", declared.elements.pool6))
            needed.append(_needed("elements7", declared.elements.pool7))
        if declared.predictions:
            needed.append(NeededFile("predictions", declared.predictions.file))
        return needed

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read both pools, Pool 6 first; source rows are numbered through."""
        declared, remarks = self.declared, []
        paths = [files["pool6"], files["pool7"]]
        counted = read_counts(paths, per_million=declared.counts == "per_million", keep=keep)
        frame = _with_difference(counted.frame.with_columns(keeps(counted.frame, keep).alias("passes")))
        unparsable = counted.unparsable
        if declared.predictions:
            scores = [score.column for score in declared.recorded.values()]
            found = with_predictions(frame, files["predictions"], name=declared.predictions.name, scores=scores)
            frame, unparsable = found.frame, unparsable | found.unparsable
        read = published(
            ReadTable(frame, unparsable), self._columns(), declared=declared, strata=_STRATA, keep=keep,
            where=str(paths[0].parent),
        )  # fmt: skip
        rows = _flagged(read.rows, frame)
        if declared.value == DIFFERENCE:
            own = pl.Series("own", frame.get_column("is_wild_type").fill_null(value=False))
            rows = with_reason(rows.with_columns(own), pl.col("own"), Reason.REF_EQUALS_ALT).drop("own")
        elements = None
        if declared.elements:
            names = (declared.elements.name, declared.elements.sequence)
            elements = read_elements([files["elements6"], files["elements7"]], *names, wanted=frame.get_column("name"))
        sequences = carried_elements(frame, elements, beside_wild_type=declared.value == DIFFERENCE)
        remarks += [*counted.remarks, *_what_is_shown(declared, frame.height, sequences.height)]
        return Published(rows, sequences, tuple(remarks))

    def _columns(self) -> SourceColumns:
        shared = {"chrom": "chromosome", "target_id": "locus", "context_id": "pool", "wild_type_id": "wild_type"}
        if self.declared.value == ACTIVITY:
            return SourceColumns(**shared, start="start", element_id="name")
        # An effect is a variant's: it goes by its published name, and lies nowhere that alleles could be looked up.
        return SourceColumns(**shared, rsid="name")


def _needed(role: str, name: str, assembly: str | None = None) -> NeededFile:
    """A file of the assay; one that is called as GEO calls it can be fetched from there."""
    found = _SUPPLEMENT.match(name)
    published = geo_supplement(found["accession"], f"{name}.gz", page=URL) if found else None
    return NeededFile(role, name, assembly, URL, published)


def _with_difference(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the wild type of each element's locus and pool, and the difference from it.

    A wild type that a filter leaves out is none: its activity is not taken to be known.
    """
    wild = pl.col("is_wild_type").fill_null(value=False)
    known = frame.filter(wild & pl.col("passes") & pl.col(ACTIVITY).is_not_null())
    wild_types = known.unique(["locus", "pool"], keep="first", maintain_order=True).select(
        "locus", "pool", pl.col("name").alias("wild_type"), pl.col(ACTIVITY).alias("of_wild_type")
    )
    joined = frame.join(wild_types, on=["locus", "pool"], how="left", maintain_order="left", validate="m:1")
    return joined.with_columns((pl.col(ACTIVITY) - pl.col("of_wild_type")).alias(DIFFERENCE)).drop("passes")


def _flagged(rows: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows without a single RNA read have the activity that their plasmid count gives them, and are flagged."""
    nothing = pl.lit([], pl.List(pl.String))
    none_read = pl.Series("none_read", frame.get_column("counts.rna") == 0)
    flag = pl.when("none_read").then(pl.lit(["zero_rna"])).otherwise(nothing)
    return rows.with_columns(none_read).with_columns(pl.concat_list("flags", flag)).drop("none_read")


def _what_is_shown(declared: Gse84888Section, n_rows: int, n_carried: int) -> list[str]:
    if declared.elements is None:
        return ["no file holds the designed elements: a model can only be shown the site that a locus was chosen for"]
    lost = n_rows - n_carried
    return [f"{lost:,} of {n_rows:,} rows have no sequence in the files of {' and '.join(POOLS)}"] if lost else []
