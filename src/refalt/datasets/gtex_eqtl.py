"""GTEx eQTLs, as the portal publishes them: significant pairs, all pairs or eGenes, fine-mapping beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl
from pydantic import AfterValidator, model_validator

from refalt.columns import Reason
from refalt.datasets.base import Card, Dataset, Published
from refalt.datasets.fine_mapping import LABEL, PIP, ROLE, FineMappingSection, with_pip
from refalt.datasets.gtex_release import (
    ARCHIVE,
    FINE_MAPPED,
    LAYOUT,
    PAIRS,
    PORTAL,
    TISSUES,
    require_tissue,
    tissue_named,
)
from refalt.datasets.reading import SourceColumns, published, wanted_columns, with_reason
from refalt.errors import UserError, shown
from refalt.sources.delimited import ReadTable, Source, column_names, read_table
from refalt.sources.fetch import NeededFile
from refalt.sources.streamed import StreamedText, is_archive
from refalt.studies.sections import DatasetSection, EffectSection, Filled, RowFilter

_EFFECT: Final = EffectSection(
    column="slope",
    of="alt",
    scale="slope",
    unit="normalised expression per ALT allele",
    source="GTEx portal, methods of single-tissue eQTLs: effect of the alternate allele relative to the reference",
)
#: The usual form is read in one pass; contigs with an underscore in their name need a pattern that looks back.
_REST: Final = r"_(?<pos>[0-9]+)_(?<ref>[A-Za-z]+)_(?<alt>[A-Za-z]+)_b(?<build>[0-9]+)$"
_USUAL_ID: Final = r"^(?<chrom>[^_]+)" + _REST
_ANY_ID: Final = r"^(?<chrom>.+?)" + _REST
_BUILD: Final = "38"
#: Of one tissue's pairs, decompressed; those of Whole Blood are a tenth of it.
MOST_BYTES: Final = 4 << 30
#: Columns that some of the files lack, by the field they fill.
_OPTIONAL: Final = {
    "standard_error": "slope_se",
    "p_value": "pval_nominal",
    "maf": "maf",
    "tss_distance": "tss_distance",
    "rsid": "rs_id_dbSNP151_GRCh38p7",
    "pip": PIP,
}


class GtexFineMapping(FineMappingSection):
    """One of the three tables that GTEx publishes, whose file, columns and spelling of the tissue `method` says.

    Another table's are written out; CAVIAR's table without alleles is none that pairs could be met in.
    """

    method: Literal["dap-g", "caveman", "caviar"] | None = None

    @property
    def needed_file(self) -> NeededFile:
        """The file, or the archive it is published in."""
        if self.method is None:
            return super().needed_file
        published = FINE_MAPPED[self.method]
        unpacked = (published.member, published.member.removesuffix(".gz"))
        return NeededFile(ROLE, self.file, origin=PORTAL, published=published.archive, also=unpacked)


class GtexSection(DatasetSection):
    """`[dataset]` of GTEx: the tissue names the file of its significant pairs, unless `file` names another.

    That file is also read from within the archive of all tissues, under either name.
    """

    assembly: Filled = "GRCh38"
    effect: EffectSection | None = _EFFECT
    assay: str = "RNA_SEQ"
    tissue: Annotated[str, AfterValidator(tissue_named)] = "Whole_Blood"
    file: Filled
    fine_mapping: GtexFineMapping | None = None

    @model_validator(mode="before")
    @classmethod
    def _files_of_the_tissue(cls, given: dict[str, Any]) -> dict[str, Any]:
        tissue = str(given.get("tissue", "Whole_Blood"))
        filled = {"file": f"{tissue}{PAIRS}", **given}
        named = given.get("fine_mapping")
        written: dict[str, Any] = named if isinstance(named, dict) else {}
        if published := FINE_MAPPED.get(str(written.get("method"))):
            known = {"file": published.archive.file_name, "member": published.member, **published.columns}
            known["context"] = published.spelled.get(tissue, tissue)
            filled["fine_mapping"] = known | written
        return filled

    @model_validator(mode="after")
    def _file_is_of_the_tissue(self) -> GtexSection:
        named = next((tissue for tissue in TISSUES if self.file.rpartition("/")[2].startswith(f"{tissue}.v8.")), None)
        if named not in (None, self.tissue):
            raise ValueError(f"tissue = {named!r}, the tissue of {self.file}, and not {self.tissue!r}")
        return self


class GtexEqtl(Dataset):
    """One row a variant and gene; the gene, with its version, is the target and the tissue its context."""

    card = Card(
        title="GTEx v8 cis-eQTLs",
        measures="Change in normalised expression of a gene per copy of the alternate allele, in one of 49 tissues of "
        "838 donors.",
        citation="GTEx Consortium 2020, Science 369, 1318, doi:10.1126/science.aaz1776",
        url=PORTAL,
        licence="unstated",
        effect_direction_source=_EFFECT.source,
        layout=LAYOUT,
    )
    section = GtexSection
    declared: GtexSection

    def needed_files(self) -> Sequence[NeededFile]:
        """The associations and, where the study names them, inclusion probabilities."""
        archive = ARCHIVE if self.declared.file in (f"{self.declared.tissue}{PAIRS}", ARCHIVE.file_name) else None
        table = NeededFile("dataset", self.declared.file, self.declared.assembly, PORTAL, archive)
        fine_mapping = self.declared.fine_mapping
        return [table, fine_mapping.needed_file] if fine_mapping else [table]

    def read(self, files: Mapping[str, Path], *, keep: Sequence[RowFilter] = ()) -> Published:
        """Read the associations; a pair with a minor allele frequency of 0 was not tested."""
        path, fine_mapping = self._table(files["dataset"]), self.declared.fine_mapping
        columns = _columns(path, fine_mapping)
        wanted = wanted_columns(columns, self.declared, keep=keep)
        made = {"chrom", "pos", "ref", "alt", "tissue", *([PIP, LABEL] if fine_mapping else [])}
        types = {name: dtype for name, dtype in wanted.items() if name not in made}
        read = _with_alleles(read_table(path, {"variant_id": pl.String, **types}), path)
        read = ReadTable(read.frame.with_columns(tissue=pl.lit(self.declared.tissue)), read.unparsable, read.examples)
        if fine_mapping:
            read = with_pip(read, files[ROLE], fine_mapping, on=["variant_id", "gene_id"])
        rows = published(read, columns, declared=self.declared, keep=keep, where=str(path))
        untested = pl.col("maf") == 0 if "maf" in rows.rows.columns else pl.lit(value=False)
        marked = with_reason(rows.rows, untested, Reason.NOTHING_MEASURED)
        if fine_mapping and fine_mapping.labels:
            marked = with_reason(marked, pl.col("label").is_null(), Reason.FILTERED)
        return Published(marked, rows.sequences, rows.remarks)

    def _table(self, path: Path) -> Source:
        if not is_archive(path):
            return path
        require_tissue(path, self.declared.tissue)
        return StreamedText(path, self.declared.tissue + PAIRS, most_bytes=MOST_BYTES)


def _columns(path: Source, fine_mapping: FineMappingSection | None) -> SourceColumns:
    present = {*column_names(path), *([PIP] if fine_mapping else [])}
    optional = {field: name for field, name in _OPTIONAL.items() if name in present}
    if fine_mapping and fine_mapping.labels:
        optional["label"] = LABEL
    return SourceColumns(
        chrom="chrom", pos="pos", ref="ref", alt="alt", target_id="gene_id", context_id="tissue", **optional
    )


def _with_alleles(read: ReadTable, path: Source) -> ReadTable:
    """Take `chrom_pos_ref_alt_b38` apart; an identifier of another form is an unparsable cell.

    Raises:
        UserError: identifiers are of another build.
    """
    frame = _taken_apart(read.frame, _USUAL_ID)
    if frame.get_column("chrom").null_count() > frame.get_column("variant_id").null_count():
        frame = _taken_apart(read.frame, _ANY_ID)
    other = frame.filter(pl.col("build") != _BUILD).get_column("variant_id")
    if other.len():
        raise UserError(
            "variant identifiers are of another assembly",
            where=str(path),
            expected=f"chrom_pos_ref_alt_b{_BUILD}",
            got=shown(other.to_list(), 3),
            remedy="use the files of GTEx v8",
        )
    bad = frame.select(pl.col("variant_id").is_not_null() & pl.col("pos").is_null()).to_series()
    examples = [f"row {row + 1}, column variant_id: {frame['variant_id'][row]!r}" for row in bad.arg_true().head(2)]
    return ReadTable(frame.drop("build"), read.unparsable | bad, (*read.examples, *examples))


def _taken_apart(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    parts = pl.col("variant_id").str.extract_groups(pattern).struct.unnest()
    position = pl.col("pos").cast(pl.Int64, strict=False)
    return frame.lazy().with_columns(parts).with_columns(position).collect(engine="streaming")
