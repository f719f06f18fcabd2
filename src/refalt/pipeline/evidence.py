"""What audits are given beside the tables of a run, and what a dataset's rows must hold for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from refalt.columns import STRATUM_PREFIX
from refalt.errors import UserError, unknown_name
from refalt.genome import canonical_assembly
from refalt.pipeline.prepare import Prepared
from refalt.sources.intervals import IntervalSet, read_bed
from refalt.studies.claims import Claim, read_claims


def require_strata(prepared: Prepared, rows: pl.DataFrame) -> None:
    """Refuse a batch, or rows that a score was trained on, by a stratum that the dataset does not have.

    Raises:
        UserError: shows the nearest name.
    """
    strata = {name.removeprefix(STRATUM_PREFIX) for name in rows.columns if name.startswith(STRATUM_PREFIX)}
    named = {"batch": prepared.declared.batch}
    named |= {f"recorded.{name}.seen": r.seen.stratum for name, r in prepared.declared.recorded.items() if r.seen}
    for where, stratum in named.items():
        if stratum is not None and stratum not in strata:
            raise unknown_name("stratum", stratum, strata, where=f"{prepared.path}, [dataset] {where}")


def claims(prepared: Prepared) -> Sequence[Claim] | None:
    """What prose states, where the study names a file of it."""
    path = prepared.file("claims")
    return read_claims(path) if path else None


def folds(prepared: Prepared) -> Mapping[str, IntervalSet] | None:
    """Fold -> its intervals, where the study names a file of a model's folds in the genome's assembly.

    Raises:
        UserError: they are of another assembly, or their fourth column is missing.
    """
    path, declared = prepared.file("folds"), prepared.study.evaluation.folds
    if path is None or declared is None:
        return None
    assembly, where = canonical_assembly(declared.assembly), f"{prepared.path}, [evaluation] folds"
    if assembly != prepared.genome_assembly:
        raise UserError("the folds are of another assembly than the genome", where=where,
                        expected=prepared.genome_assembly, got=assembly)  # fmt: skip
    bed = read_bed(path)
    if len(bed.columns) < 4:
        raise UserError("the folds have no names", where=where, expected="a fourth column such as fold3")
    parts = bed.partition_by(bed.columns[3], as_dict=True)
    return {
        str(name): IntervalSet.of(assembly, part["chrom"], part["start"], part["end"])
        for (name,), part in parts.items()
    }
