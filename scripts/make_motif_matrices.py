"""Write the matrices that refalt ships, from the JASPAR database inside the `pyjaspar` package.

    pip install "pyjaspar>=4.0"
    python scripts/make_motif_matrices.py

The same release gives the same bytes: motifs are in the order of their identifiers, the archive is not compressed and
its members carry no time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from Bio.motifs.jaspar import Motif
from pyjaspar import jaspardb

RELEASE = "JASPAR2026"
COLLECTION = "CORE"
TAXON = "vertebrates"
EXPECTED_MATRICES = 1019
LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
SHIPPED = Path(__file__).resolve().parents[1] / "src" / "refalt" / "motifs" / "jaspar_2026_core_vertebrates.npz"


def main() -> None:
    """Write the archive and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=SHIPPED)
    output: Path = parser.parse_args().output
    motifs = sorted(
        jaspardb(release=RELEASE).fetch_motifs(collection=COLLECTION, tax_group=[TAXON]),
        key=lambda motif: str(motif.matrix_id),
    )
    if len(motifs) != EXPECTED_MATRICES:
        raise SystemExit(f"{RELEASE} {COLLECTION} {TAXON} holds {len(motifs)} matrices, not {EXPECTED_MATRICES}")
    write(motifs, output)
    print(f"{output.name}: {len(motifs)} matrices, {sum(map(len, motifs))} columns, {output.stat().st_size} bytes")


def write(motifs: Iterable[Motif], output: Path) -> None:
    """Store identifiers, names, families and classes as UTF-8 bytes, counts as float64[columns, 4] (A, C, G, T)."""
    listed = list(motifs)
    np.savez(
        output,
        ids=as_bytes(motif.matrix_id for motif in listed),
        names=as_bytes(motif.name for motif in listed),
        families=as_bytes(partners(motif.tf_family) for motif in listed),
        classes=as_bytes(partners(motif.tf_class) for motif in listed),
        lengths=np.array([len(motif) for motif in listed], dtype=np.int64),
        counts=np.concatenate(
            [np.array([motif.counts[base] for base in "ACGT"], dtype=np.float64).T for motif in listed]
        ),
        release=as_bytes([f"{RELEASE} {COLLECTION} {TAXON}"]),
        licence=as_bytes([LICENCE]),
    )


def partners(values: list[str] | None) -> str:
    """One label, or those of the partners of a dimer joined by '::'; empty where the release gives none."""
    return "::".join(values or [])


def as_bytes(values: Iterable[str]) -> np.ndarray:
    """Fixed-width bytes, a quarter of the size of numpy's own strings."""
    return np.array([value.encode() for value in values])


if __name__ == "__main__":
    main()
