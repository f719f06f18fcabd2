"""A small simulated study on disk: a genome, a table with two recorded scores, a study file.

The table has linkage blocks with a shared part of the effect, controls, swapped rows and an indel, so that every
stage has something to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

_BASES = np.array(list("ACGT"))
_STUDY = """
[study]
name     = "toy"
question = "Does the score follow the simulated effect?"

[dataset]
name      = "table"
file      = "toy.tsv"
assembly  = "simulated-toy"
simulated = true
effect    = { column = "beta", of = "alt", scale = "slope", unit = "simulated units", source = "the simulation" }
recorded  = { good = { column = "good", of = "alt" }, noise = { column = "noise", of = "alt" } }

[dataset.columns]
chrom          = "chrom"
pos            = "pos"
ref            = "ref"
alt            = "alt"
label          = "label"
p_value        = "p"
standard_error = "se"

[genome]
assembly = "simulated-toy"
fasta    = "toy.fa"

[evaluation]
labels    = ["given", "direction"]
strata    = ["chrom"]
resamples = 200
"""


@dataclass(frozen=True)
class ToyStudy:
    """Where it lies and what it holds.

    Attributes:
        path: The study file.
        table: The rows, as written to toy.tsv.
    """

    path: Path
    table: pl.DataFrame

    def rewrite(self, table: pl.DataFrame) -> None:
        """Replace the table's file by other rows."""
        table.write_csv(self.path.parent / "toy.tsv", separator="\t")

    def edit(self, before: str, after: str) -> None:
        """Change the study file's text.

        Raises:
            ValueError: the text to replace is not there.
        """
        text = self.path.read_text(encoding="utf-8")
        if before not in text:
            raise ValueError(f"{before!r} is not in the study file")
        self.path.write_text(text.replace(before, after), encoding="utf-8")


def write_toy_study(folder: Path, *, n: int = 400, seed: int = 7) -> ToyStudy:
    """Write the study into `folder` (which must exist) and return it.

    Args:
        folder: Where to.
        n: Rows; two thirds carry an effect, the rest are controls.
        seed: Of everything random.
    """
    rng = np.random.default_rng(seed)
    length = 400 * n
    genome = {name: rng.integers(0, 4, length) for name in ("chr1", "chr2")}
    chrom = np.where(np.arange(n) % 2 == 0, "chr1", "chr2")
    pos = 200 * (1 + np.arange(n))
    ref = np.array([genome[name][at - 1] for name, at in zip(chrom, pos, strict=True)])
    # Transitions (A-G, C-T) twice as often as chance has them, as in natural variation.
    alt = np.where(rng.uniform(size=n) < 2 / 3, ref ^ 2, (ref + rng.choice([1, 3], n)) % 4)
    effect = rng.normal(size=n) + 0.5 * rng.normal(size=n // 8 + 1)[np.arange(n) // 8]
    label = (np.arange(n) % 3 != 0).astype(int)
    table = pl.DataFrame(
        {
            "chrom": chrom,
            "pos": pos,
            "ref": _BASES[ref],
            "alt": _BASES[alt],
            "beta": np.where(label == 1, effect, 0.05 * effect).round(6),
            "se": np.full(n, 0.2),
            "p": rng.uniform(size=n).round(6),
            "label": label,
            "good": (np.where(label == 1, effect, 0.05 * effect) + 0.5 * rng.normal(size=n)).round(6),
            "noise": rng.normal(size=n).round(6),
        }
    )
    study = ToyStudy(folder / "toy.toml", table)
    study.path.write_text(_STUDY, encoding="utf-8")
    study.rewrite(table)
    fasta = "".join(f">{name}\n{''.join(_BASES[codes])}\n" for name, codes in genome.items())
    (folder / "toy.fa").write_text(fasta, encoding="ascii")
    return study
