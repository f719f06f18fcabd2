"""The simulated study on disk: genome, genes, peaks, blocks, table, study file, and the planted truth beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from refalt.errors import unknown_name
from refalt.files import write_text
from refalt.provenance import seed_from
from refalt.testing.simulation import world as worlds
from refalt.testing.simulation.breaks import MISTAKES, Broken
from refalt.testing.simulation.effects import PLANTED_R
from refalt.testing.simulation.table import make_table, place_variants

#: Fields of Measurements and the columns of the simulated table that fill them.
COLUMNS: Final[Mapping[str, str]] = {
    "chrom": "chrom", "pos": "pos", "ref": "ref", "alt": "alt", "label": "is_qtl", "standard_error": "se",
    "p_value": "p_value", "maf": "maf", "pip": "pip", "tss_distance": "tss_distance", "target_id": "gene",
}  # fmt: skip
_HEAD: Final = """\
# Everything here is simulated. The planted population value lies in truth.json, which no part of a run reads.

[study]
name     = "{name}"
question = "Does the motif model predict the simulated effects?"
seed     = {seed}

[dataset]
name      = "table"
file      = "qtls.tsv"
assembly  = "{assembly}"
simulated = true
quantity  = "{quantity}"
design    = "{design}"
effect    = {{ column = "{effect}", of = "{of}", scale = "slope", unit = "simulated units", source = "the simulation" }}
recorded  = {{ planted = {{ column = "{planted}", of = "alt" }} }}
{sequences}
[dataset.columns]
{columns}
"""
_GENOME: Final = """
[genome]
assembly  = "{assembly}"
fasta     = "genome.fa"
ld_blocks = {{ file = "ld_blocks.bed", assembly = "{assembly}" }}

[genes]
files = [{{ file = "genes.bed", assembly = "{assembly}" }}, {{ file = "genes.old.bed", assembly = "{old}" }}]
"""
_FILTER: Final = """
[filter]
within = {{ file = "{within}", assembly = "{assembly}" }}
"""
_SCORE: Final = """
[models.motif]

[[score]]
name  = "motif"
model = "motif"
"""
_EVALUATION: Final = """
[evaluation]
labels    = [{labels}]
strata    = [{strata}]
resamples = 1000
primary   = {{ score = "{primary}", metric = "pearson_r", label = "effect" }}
"""


def write_simulated_study(
    folder: Path, *, seed: int = 1, mistake: str | None = None, names: Mapping[str, str] | None = None
) -> Path:
    """Write a simulated study and return its study file.

    Args:
        folder: Where to; made when it is not there.
        seed: Of everything random; equal seeds give equal files.
        mistake: Name of a known mistake to plant, see `breaks.MISTAKES`.
        names: Other names for columns of the table, to show that nothing hangs on them.

    Raises:
        UserError: no such mistake, or the folder cannot be written to.
    """
    if mistake is not None and mistake not in MISTAKES:
        raise unknown_name("known mistake", mistake, MISTAKES)
    rng = np.random.default_rng(seed_from(seed, "simulation"))
    world = worlds.make_world(rng)
    table = make_table(world, place_variants(world, rng), rng)
    broken = MISTAKES[mistake].plant(table, world, rng) if mistake else Broken(table)
    names = names or {}
    files = {
        "genome.fa": worlds.fasta_text(world),
        "genes.bed": worlds.genes_text(world, old=False),
        "genes.old.bed": worlds.genes_text(world, old=True),
        "peaks.bed": worlds.peaks_text(world, old=False),
        "peaks.old.bed": worlds.peaks_text(world, old=True),
        "ld_blocks.bed": worlds.blocks_text(),
        "old_to_new.chain": worlds.chain_text(),
        "qtls.tsv": broken.table.rename(dict(names), strict=False).write_csv(separator="\t"),
        "truth.json": json.dumps({"planted": {"pearson_r": PLANTED_R}, "mistake": mistake}, indent=2) + "\n",
        "study.toml": _study_text(broken, seed=seed, mistake=mistake, names=names),
    }
    for name, text in files.items():
        write_text(folder / name, text)
    return folder / "study.toml"


def _study_text(broken: Broken, *, seed: int, mistake: str | None, names: Mapping[str, str]) -> str:
    fields = {field: column for field, column in {**COLUMNS, **broken.columns}.items() if column is not None}
    terms = {
        "name": f"demo-{mistake}" if mistake else "demo",
        "seed": seed,
        "assembly": worlds.NEW,
        "old": worlds.OLD,
        "quantity": "activity" if broken.activity else "effect",
        "design": "synthetic" if broken.activity else "natural",
        "effect": names.get(broken.effect_column, broken.effect_column),
        "of": "alt",
        "planted": names.get("planted", "planted"),
        "sequences": 'sequences = { ref = "sequence", offset = 0 }\n' if broken.activity else "",
        "columns": "\n".join(f'{field:14} = "{names.get(column, column)}"' for field, column in fields.items()),
        "within": broken.within,
        "labels": '"given"' if broken.activity else '"given", "direction"',
        "strata": "" if broken.activity else '"indel"',
        "primary": "planted" if broken.activity else "motif",
    }
    parts = [_HEAD, *([] if broken.activity else [_GENOME, _FILTER if broken.within else "", _SCORE]), _EVALUATION]
    return "".join(part.format(**terms) for part in parts)
