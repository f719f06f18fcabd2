"""A small genome with sites in it, for studies of real assemblies: FASTA, chain, LD blocks, a VCF of the sites."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from refalt.genome import chromosome_lengths
from refalt.serve.server import serve
from refalt.serve.start import local_services
from refalt.sources.fasta import open_genome
from refalt.studies.library import library_study

LENGTH = 600_000
#: A site of an older assembly lies this much further on in GRCh38.
SHIFT = 1_000
_BLOCK = 20_000
#: Text of a study file -> what stands there instead.
Replaced = Sequence[tuple[str, str]]
_TRANSITION = dict(zip("ACGT", "GTAC", strict=True))


@dataclass(frozen=True)
class Site:
    """A substitution; `pos` is 1-based in GRCh38, `old_pos` in the older assembly."""

    pos: int
    ref: str
    alt: str
    rsid: str

    @property
    def old_pos(self) -> int:
        return self.pos - SHIFT


@dataclass(frozen=True)
class World:
    """Where its files lie, and the sites in the order of the genome."""

    folder: Path
    sites: Sequence[Site]

    def write(self, name: str, lines: Sequence[str]) -> Path:
        """Write a file of lines."""
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def write_vcf(self, name: str) -> Path:
        """Write the sites at their older positions."""
        rows = [f"1\t{site.old_pos}\t{site.rsid}\t{site.ref}\t{site.alt}\t.\t.\t." for site in self.sites]
        return self.write(name, ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", *rows])


def make_world(folder: Path, *, n: int = 200, source: str | None = None, seed: int = 5) -> World:
    """Write hg38.fa, LD blocks and, for an older assembly, the chain from it."""
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("ACGT"), LENGTH)
    (folder / "hg38.fa").write_text(f">chr1\n{''.join(letters)}\n", encoding="ascii")
    places = 5_000 + (LENGTH - 10_000) // n * np.arange(n) + rng.integers(0, 1_000, n)
    world = World(folder, [_site(int(pos), str(letters[pos - 1]), i, rng) for i, pos in enumerate(places)])
    blocks = [f"chr1\t{start}\t{start + _BLOCK}" for start in range(0, LENGTH, _BLOCK)]
    for name in ("deCODE_EUR_LD_blocks.GRCh38.bed", "pyrho_AFR_LD_blocks.GRCh38.bed"):
        world.write(name, ["chr\tstart\tstop", *blocks])
    if source:
        sizes = [chromosome_lengths(name)["chr1"] for name in (source, "GRCh38")]
        mapped = LENGTH - SHIFT
        old, here = f"chr1 {sizes[0]} + 0 {mapped}", f"chr1 {sizes[1]} + {SHIFT} {LENGTH}"
        name = {"hg18": "hg18", "GRCh37": "hg19"}[source]
        world.write(f"{name}ToHg38.over.chain", [f"chain 1000 {old} {here} 1", str(mapped), ""])
    return world


def _site(pos: int, ref: str, number: int, rng: np.random.Generator) -> Site:
    others = [base for base in "ACGT" if base not in (ref, _TRANSITION[ref])]
    alt = _TRANSITION[ref] if rng.random() < 2 / 3 else str(rng.choice(others))
    return Site(pos, ref, alt, f"rs{1_000 + number}")


def with_motif_alone(world: World, name: str, replaced: Replaced = ()) -> Path:
    """Write a library study without the scores that need a service, its files being the world's."""
    text = _shipped(name, replaced)
    sections = re.split(r"(?m)^(?=\[)", text)
    text = "".join(section for section in sections if "alphagenome" not in section)
    text = re.sub(r'score = "ag-[a-z0-9-]+"', 'score = "motif"', text)
    return _written(world, name, text)


def with_address(world: World, name: str, address: str, replaced: Replaced = ()) -> Path:
    """Write a library study that asks another server, in the shortest windows that AlphaGenome takes."""
    text = _shipped(name, replaced).replace("[models.alphagenome]\n", f'[models.alphagenome]\naddress = "{address}"\n')
    return _written(world, name, re.sub(r"(?m)^window = [0-9]+$", "window = 16384", text))


def _shipped(name: str, replaced: Replaced) -> str:
    path = library_study(name)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    for old, fresh in (*replaced, (".over.chain.gz", ".over.chain"), (".vcf.gz", ".vcf")):
        text = text.replace(old, fresh)
    return text.replace("resamples = 2000", "resamples = 100\npermutations = 0")


def _written(world: World, name: str, text: str) -> Path:
    study = world.folder / f"{name}.toml"
    study.write_text(text, encoding="utf-8")
    return study


@contextlib.contextmanager
def served(world: World) -> Iterator[str]:
    """Address of a server on this machine that speaks as AlphaGenome does, of the world's genome."""
    with serve(*local_services(open_genome(world.folder / "hg38.fa", "GRCh38"))) as running:
        yield running.address


def draws(n: int, *, seed: int = 9) -> Iterator[float]:
    """Standard normal numbers."""
    return iter(np.random.default_rng(seed).normal(size=n).round(6).tolist())
