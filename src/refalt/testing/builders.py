"""Small tables for tests: builders fill every column that a test does not speak of.

All positions are 1-based. Alleles are drawn with twice as many transitions as transversions, as in real genomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from refalt.columns import Reason
from refalt.evaluation.clusters import Clusters
from refalt.evaluation.join import Joined
from refalt.studies.sections import DatasetSection
from refalt.studies.study import Study
from refalt.tables import AlleleChecks, Attrition, Comparison, Estimates, Inputs, Measurements, Predictions, Table

_TRANSITION = {"A": "G", "G": "A", "C": "T", "T": "C"}
_TRANSVERSIONS = {"A": "CT", "G": "CT", "C": "AG", "T": "AG"}
SPACING = 50_000


def snv_alleles(n: int, *, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """REF and ALT of n substitutions, two thirds of them transitions."""
    ref = rng.choice(list("ACGT"), n).tolist()
    either = rng.random(n) < 2 / 3
    side = rng.integers(0, 2, n)
    pairs = zip(ref, either, side, strict=True)
    return ref, [_TRANSITION[base] if ti else _TRANSVERSIONS[base][int(which)] for base, ti, which in pairs]


def build_measurements(n: int, *, seed: int = 0, **columns: Any) -> Measurements:
    """Measurements of n variants on chr1, 50 kb apart, with standard normal effects.

    Args:
        n: Rows.
        seed: Of alleles, positions and effects.
        **columns: Columns of Measurements to set: a sequence of n values, or one value for all rows; `elements`
            makes rows of designed elements, without a place in a genome.
    """
    rng = np.random.default_rng(seed)
    ref, alt = snv_alleles(n, rng=rng)
    filled: dict[str, Any] = {
        "source_row": list(range(1, n + 1)),
        "kind": "variant",
        "chrom": "chr1",
        "pos": (1_000_000 + SPACING * np.arange(n) + rng.integers(0, SPACING, n)).tolist(),
        "ref": ref,
        "alt": alt,
        "beta": rng.normal(size=n).tolist(),
        "flags": [[] for _ in range(n)],
        "reason": None,
    } | columns
    if "elements" in filled:
        filled |= {"kind": "element", "element_id": filled.pop("elements")}
        filled |= dict.fromkeys(("chrom", "pos", "ref", "alt"))
    frame = as_table(Measurements, {name: _column(values, n) for name, values in filled.items()})
    place = pl.format("{}:{}", pl.col("chrom"), pl.col("pos"))
    named = pl.coalesce(pl.format("{}:{}>{}", place, pl.col("ref"), pl.col("alt")), place, pl.col("rsid"))
    defaults = {"variant_id": named, "source_chrom": pl.col("chrom"), "source_pos": pl.col("pos")}
    return Measurements(frame.with_columns(**{name: e for name, e in defaults.items() if name not in columns}))


def _column(values: Any, n: int) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray | pl.Series):
        return [values] * n
    return list(values.tolist() if isinstance(values, np.ndarray) else values)


def as_table(table: type[Table], columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
    """A frame with all of a table's declared columns in their types, nulls where nothing is given."""
    n = max((len(values) for values in columns.values()), default=0)
    dtypes = {column.name: column.dtype for column in table.declared}
    given = [pl.Series(name, values, dtypes.get(name), strict=False) for name, values in columns.items()]
    absent = [pl.Series(name, [None] * n, dtype) for name, dtype in dtypes.items() if name not in columns]
    return pl.DataFrame([*given, *absent])


def build_checks(measurements: Measurements, *, orientation: Sequence[str] | str = "as_given") -> AlleleChecks:
    """Allele checks of every variant, in table order, held against a genome.

    Args:
        measurements: The rows.
        orientation: One a distinct variant, or one for all.
    """
    variants = measurements.frame.filter(pl.col("variant_id").is_not_null()).unique("variant_id", maintain_order=True)
    orientations = [orientation] * variants.height if isinstance(orientation, str) else list(orientation)
    swapped = [name.endswith("swapped") for name in orientations]
    turned = pl.format("{}:{}:{}>{}", "chrom", "pos", "alt", "ref")
    return AlleleChecks(
        variants.with_columns(pl.Series("swapped", swapped)).select(
            "variant_id",
            pl.when("swapped").then(turned).otherwise("variant_id").alias("asked_id"),
            pl.col("ref").alias("ref_in_genome"),
            pl.lit("genome").alias("anchor"),
            pl.Series("orientation", orientations),
            pl.when("swapped").then(-1).otherwise(1).cast(pl.Int8).alias("sign"),
            pl.Series("reason", [_unresolved(name) for name in orientations], dtype=pl.String),
            pl.lit([], pl.List(pl.String)).alias("flags"),
        )
    )


def _unresolved(orientation: str) -> str | None:
    return Reason.REF_MISMATCH.value if orientation == "unresolved" else None


def build_declared(**keys: Any) -> DatasetSection:
    """A `[dataset]` section: GRCh38, an effect on the slope scale for ALT with a source; keys replace defaults."""
    effect = {"column": "beta", "of": "alt", "source": "column definition in the paper's table S1"}
    effect |= keys.pop("effect", {}) or {}
    return DatasetSection.model_validate({"name": "built", "assembly": "GRCh38", "effect": effect} | keys)


def build_study(**sections: Any) -> Study:
    """A study file's content with one recorded score; sections replace defaults."""
    filled: dict[str, Any] = {
        "study": {"name": "built", "question": "Is it so?"},
        "dataset": {"name": "built"},
        "score": [{"name": "said", "model": "recorded", "method": "recorded"}],
    }
    return Study.model_validate(filled | sections)


def build_clusters(measurements: Measurements, ids: Sequence[str] | None = None) -> Clusters:
    """Clusters by the ids given, one a row, else one for each row."""
    rows = measurements.frame.get_column("source_row")
    names = ids if ids is not None else [f"row:{row}" for row in rows]
    frame = pl.DataFrame({"source_row": rows, "cluster_id": pl.Series(list(names), dtype=pl.String)})
    return Clusters(frame, "column", "Clusters as the test gives them.")


def build_joined(measurements: Measurements, **columns: Any) -> Joined:
    """Every row beside one score called `said`, none removed.

    Args:
        measurements: The rows; effects are their beta.
        **columns: Columns of Comparison to set: a sequence, or one value for all rows.
    """
    frame, n = measurements.frame, len(measurements)
    taken = [column.name for column in Comparison.declared if column.name in frame.columns]
    names = _names(frame)
    filled: dict[str, Any] = {name: frame.get_column(name).to_list() for name in taken} | {
        "score_name": "said",
        "asked_id": names,
        "input_id": names,
        "effect": frame.get_column("beta").to_list(),
        "effect_se": frame.get_column("standard_error").to_list(),
        "score": np.random.default_rng(n).normal(size=n).tolist(),
        "cluster_id": [f"row:{row}" for row in frame.get_column("source_row")],
    }
    compared = Comparison(as_table(Comparison, {k: _column(v, n) for k, v in (filled | columns).items()}))
    return Joined(compared, compared.frame.clear().with_columns(reason=pl.lit(None, pl.String)), _ledger(n, compared))


def _names(frame: pl.DataFrame) -> list[str]:
    return frame.select(pl.coalesce("variant_id", "element_id")).to_series().to_list()


def _ledger(n: int, compared: Comparison) -> Attrition:
    names = compared.frame.get_column("score_name").unique(maintain_order=True).to_list()
    kept = [compared.frame.filter(pl.col("score_name") == name).height for name in names]
    return Attrition(
        as_table(
            Attrition,
            {
                "stage": ["measurements", *["comparison"] * len(names)],
                "score_name": ["all", *names],
                "reason": ["kept"] * (len(names) + 1),
                "meaning": ["kept"] * (len(names) + 1),
                "n_rows": [n, *kept],
            },
        )
    )


def build_inputs(measurements: Measurements, *, flank: int = 10, seed: int = 0, **columns: Any) -> Inputs:
    """Carried sequences of every row: random flanks around REF and ALT, the variant at 0-based `flank`.

    Args:
        measurements: Rows with alleles, or elements (which get `ref_sequence` alone).
        flank: Bases on either side.
        seed: Of the flanks.
        **columns: Columns of Inputs to set instead.
    """
    frame, n = measurements.frame, len(measurements)
    rng = np.random.default_rng(seed)
    left, right = (["".join(row) for row in rng.choice(list("ACGT"), (n, flank))] for _ in range(2))
    whole = zip(left, frame.get_column("ref").fill_null("A"), right, strict=True)
    filled: dict[str, Any] = {
        name: frame.get_column(name).to_list() for name in ("source_row", "variant_id", "element_id")
    }
    filled["ref_sequence"] = ["".join(parts) for parts in whole]
    if frame.get_column("alt").null_count() < n:
        whole = zip(left, frame.get_column("alt").fill_null("A"), right, strict=True)
        filled |= {"alt_sequence": ["".join(parts) for parts in whole], "offset": flank}
    return Inputs(as_table(Inputs, {name: _column(values, n) for name, values in (filled | columns).items()}))


def build_predictions(asked: Sequence[str], values: Sequence[float], **columns: Any) -> Predictions:
    """One value for each asked variant or element, each from its own input."""
    n = len(asked)
    filled = {"asked_id": asked, "made_for": asked, "input_id": asked, "raw": [[float(v)] for v in values]} | columns
    return Predictions(as_table(Predictions, {name: _column(filled[name], n) for name in filled}))


def build_estimates(*rows: Mapping[str, Any]) -> Estimates:
    """Rows of Estimates; what a row does not say is the rank correlation of `said` with the effect, on all rows."""
    usual: dict[str, Any] = {
        "model": "recorded",
        "score_name": "said",
        "dataset": "built",
        "label_name": "effect",
        "metric": "spearman_rho",
        "stratum": "all",
        "level": 0.95,
        "method": "given",
        "n": 100,
        "n_variants": 100,
        "n_inputs": 100,
        "n_clusters": 100,
        "n_missing": 0,
    }
    names = dict.fromkeys(name for row in (usual, *rows) for name in row)
    return Estimates(as_table(Estimates, {name: [{**usual, **row}.get(name) for row in rows] for name in names}))
