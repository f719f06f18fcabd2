"""CAGI4 eQTL-causal SNPs, first part: activity of one allele's element, with what a team submitted for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from pydantic import model_validator

from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.pairing import SUBMITTED, read_paired
from refalt.datasets.reading import SourceColumns, published
from refalt.sources.fetch import NeededFile
from refalt.studies.sections import DatasetSection, Filled, RowFilter

URL: Final = "https://genomeinterpretation.org/cagi4-2eqtl.html"
CITATION: Final = (
    "Kreimer A. et al. 2017, Human Mutation 38, 1240, doi:10.1002/humu.23197; "
    "Tewhey R. et al. 2016, Cell 165, 1519, doi:10.1016/j.cell.2016.04.027"
)
LICENCE: Final = "CAGI data use agreement"


class Cagi4ActivitySection(DatasetSection):
    """`[dataset]` of the activities: an answer key and one submission.

    Recorded scores `activity` (of the declared allele) and `hit` (that the element is active) are the submission's.
    """

    assembly: Filled = "GRCh37"
    quantity: Literal["effect", "activity"] = "activity"
    assay: str = "MPRA"
    biosample: str = "EFO:0002784"
    answers: Filled = "answer_key1.txt"
    submission: Filled
    allele: Literal["A", "B"] = "A"

    @model_validator(mode="before")
    @classmethod
    def _of_the_allele(cls, given: dict[str, Any]) -> dict[str, Any]:
        activity = f"C.{given.get('allele', 'A')}.log2FC"
        effect = {"column": activity, "scale": "log2_fold_change", "unit": "log2 RNA per DNA"}
        recorded = {
            "activity": {"column": SUBMITTED + activity},
            "hit": {"column": SUBMITTED + "Regulatory_Hit", "signed": False},
        }
        return {"effect": effect, "recorded": recorded, **given}


class Cagi4Activity(Dataset):
    """One row an element, known by the published name of its variant; positive where either allele was active."""

    card = Card(
        title="CAGI4 eQTL-causal SNPs, activity of elements",
        measures="Reporter RNA per DNA of 150-bp elements around variants in linkage with eQTLs, in lymphoblastoid "
        "cells, by massively parallel reporter assay.",
        citation=CITATION,
        url=URL,
        licence=LICENCE,
        effect_direction_source="not needed: an activity has no direction",
    )
    section = Cagi4ActivitySection
    declared: Cagi4ActivitySection

    def needed_files(self) -> Sequence[NeededFile]:
        """The answer key and the submission."""
        return [
            NeededFile("dataset", self.declared.answers, self.declared.assembly, URL),
            NeededFile("submission", self.declared.submission, origin=URL),
        ]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read both files, joined one to one by ID."""
        activity = f"C.{self.declared.allele}.log2FC"
        read = read_paired(
            files["dataset"],
            files["submission"],
            key="ID",
            wanted={activity: pl.Float64, "Regulatory_Hit": pl.Int64},
            submitted={activity: pl.Float64, "Regulatory_Hit": pl.Float64},
            keep=keep,
        )
        columns = SourceColumns(element_id="ID", label="Regulatory_Hit")
        return published(read, columns, declared=self.declared, keep=keep, where=str(files["dataset"]))
