"""AS: does everything that is joined by position count positions in the same assembly?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from refalt.audits import builds
from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.audits.builds import GeneTables, Lifts, Reading
from refalt.audits.rows import share, shown_rows
from refalt.columns import Reason
from refalt.genome import canonical_assembly, species_of
from refalt.sources.fasta import Genome
from refalt.sources.fetch import FoundFile
from refalt.studies.sections import DatasetSection
from refalt.studies.study import Study
from refalt.tables import Measurements

#: Roles of files that hold positions and are joined to the rows by them. Gene tables are not: one an assembly
#: is given on purpose, as evidence.
JOINED_ROLES: Final = ("dataset", "fasta", "genome", "within", "intervals", "ld_blocks")
#: Between assemblies of one species a fifth of a percent of variants has no counterpart (11 of 5,671 here).
MOST_UNLIFTED: Final = 0.02
#: Models with outputs of several species, and the one they take where the study file is silent.
DEFAULT_ORGANISM: Final = {"alphagenome": "human"}


class OneAssembly(Audit):
    """AS001.

    The dataset, an interval file or a genome is of another assembly than the one rows are compared in, or declares
    none, and no chain leads there.
    """

    code = "AS001"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Everything joined by position is in one assembly, or a chain leads there."
    why = (
        "A published eQTL study kept the variants that lie in K562 peaks, with variants on GRCh38 and peaks on hg19. "
        "Such a join succeeds on every chromosome and chooses rows nearly at random."
    )
    example = "assembly = 'GRCh38' in [dataset], and a peak file of GRCh37 in [filter] within."
    remedy = "Give the file of the right assembly, or the chain file between the two in [genome] chain."

    def check(
        self, *, declared: DatasetSection, study: Study, files: Sequence[FoundFile] = (), lifts: Lifts | None = None
    ) -> Finding:
        """Compare every declared assembly with the one that rows are brought to."""
        source = canonical_assembly(declared.assembly)
        target = canonical_assembly(study.genome.assembly) if study.genome else source
        bridged = {(canonical_assembly(one), canonical_assembly(other)) for one, other in lifts or {}}
        if study.genome and study.genome.chain:
            bridged.add((source, target))
        parts = [("the dataset", source), *_declared_files(study), *_found_files(files)]
        loose = []
        for what, assembly in dict.fromkeys(parts):
            if assembly is None:
                loose.append(f"{what} declares no assembly")
            elif assembly != target and (assembly, target) not in bridged:
                loose.append(f"{what} is in {assembly}")
        n = len(dict.fromkeys(parts))
        if loose:
            return self.found(
                f"Rows are compared in {target}, and no chain leads there from everywhere: {'; '.join(loose)}.",
                n_affected=len(loose),
                n_examined=n,
            )
        return self.clear(f"All {n} inputs joined by position are in {target}, or a chain leads there.", n_examined=n)


def _declared_files(study: Study) -> Iterator[tuple[str, str | None]]:
    within, blocks = study.filter.within, study.genome.ld_blocks if study.genome else None
    for interval_file in (within, blocks):
        if interval_file is not None:
            yield interval_file.file, canonical_assembly(interval_file.assembly)


def _found_files(files: Sequence[FoundFile]) -> Iterator[tuple[str, str | None]]:
    for file in files:
        if file.role in JOINED_ROLES:
            what = "the dataset" if file.role == "dataset" else file.name
            yield what, canonical_assembly(file.assembly) if file.assembly else None


def _direct_readings(
    declared: str, measurements: Measurements, *, genome: Genome | None, genes: GeneTables, lifts: Lifts
) -> list[Reading]:
    """Evidence about the positions themselves, most trusted first."""
    fits = builds.fits_by_sequence(measurements, genome, lifts) if genome else []
    return [
        *([builds.reading_of_sequence(declared, fits)] if genome else []),
        builds.reading_of_lengths(declared, measurements),
        *([builds.reading_of_own_genes(declared, measurements, genes)] if genes else []),
    ]


class PositionsAreOfTheDeclaredAssembly(Audit):
    """AS002.

    The first kind of evidence that can tell decides for another assembly: bases of the genome, then contig lengths,
    then the rows' own genes, then gene starts. Evidence that does not suffice is skipped with its numbers.
    """

    code = "AS002"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Positions are of the declared assembly."
    why = (
        "The published dsQTL table counts in hg18; three re-analyses took it for hg19. Every position is then some "
        "other base, mostly a few hundred kilobases away, and nothing in the file says so."
    )
    example = "Declared GRCh37: REF or ALT stands at 51 % of the positions; lifted as hg18, at 100 %."
    remedy = "Declare the assembly that the evidence names, and give the chain file that leads to the genome's."

    def check(
        self,
        *,
        measurements: Measurements,
        declared: DatasetSection,
        genome: Genome | None = None,
        genes: GeneTables | None = None,
        lifts: Lifts | None = None,
    ) -> Finding:
        """Ask bases, contig ends, own genes and gene starts, in this order; the first that can tell decides."""
        assembly = canonical_assembly(declared.assembly)
        direct = _direct_readings(assembly, measurements, genome=genome, genes=genes or {}, lifts=lifts or {})
        starts = builds.reading_of_gene_starts(assembly, measurements, genes=genes or {}, lifts=lifts or {})
        reading = builds.first_that_decides([*direct, starts])
        if reading is None:
            return self.skipped("no evidence can tell: " + "; ".join(f"{r.kind}: {r.words}" for r in [*direct, starts]))
        numbers: Numbers = {"n_affected": reading.n_against, "n_examined": reading.n}
        said = f"{reading.kind.capitalize()}: {reading.words}"
        if reading.decides_for == assembly:
            return self.clear(f"{said}.", **numbers)
        if reading is starts:
            return self.found(
                f"{said}. Either positions are of {reading.decides_for}, or rows were selected with intervals of it. "
                "A genome, or the rows' own genes, would tell which; neither is claimed.",
                severity=Severity.SERIOUS,
                **numbers,
            )
        return self.found(f"{said}: positions are of {reading.decides_for}, not of {assembly}.", **numbers)


class LiftOverLostLittle(Audit):
    """AS003.

    More than two positions in a hundred have no counterpart, or share one.
    """

    code = "AS003"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "Lift-over lost little, and no two variants landed on one place."
    why = (
        "Rows that do not lift lie in regions that the assemblies disagree about, which is no random sample; and a "
        "wrong chain file loses many, or lands many on the same base."
    )
    example = "Of 5,671 positions 900 do not lift, because the chain is for another source assembly."
    remedy = "Check that the chain file leads from the dataset's assembly; list the rows lost in the report."

    def check(self, *, measurements: Measurements, lifts: Lifts) -> Finding:
        """Count positions without a counterpart and counterparts shared by several positions."""
        if not lifts:
            return self.skipped("nothing was lifted")
        asked = measurements.frame.filter(pl.col("source_pos").is_not_null() & _lift_mattered())
        lost = asked.filter(pl.col("reason") == Reason.NOT_LIFTED.value)
        source, target = ["source_chrom", "source_pos"], ["chrom", "pos"]
        arrived = asked.filter(pl.col("pos").is_not_null()).unique(source, maintain_order=True)
        merged = arrived.filter(pl.struct(target).is_duplicated())
        turned = int((arrived.get_column("lift_strand") == -1).sum())
        numbers: Numbers = {
            "n_affected": lost.height + merged.height,
            "n_examined": asked.height,
            "statistic": lost.height / asked.height if asked.height else None,
            "threshold": MOST_UNLIFTED,
        }
        said = (
            f"{share(lost.height, asked.height)} positions have no counterpart, {merged.height:,} share one; "
            f"{turned:,} came to the other strand and had their alleles complemented"
        )
        if lost.height <= MOST_UNLIFTED * asked.height and merged.height <= MOST_UNLIFTED * asked.height:
            return self.clear(f"{said}.", **numbers)
        return self.found(f"{said}.", examples=shown_rows(pl.concat([lost, merged])), **numbers)


def _lift_mattered() -> pl.Expr:
    return pl.col("reason").is_null() | pl.col("reason").is_in([Reason.NOT_LIFTED.value, Reason.REF_MISMATCH.value])


class SpeciesAreTheSame(Audit):
    """AS004.

    The dataset, the genome and a model's outputs are of several species.
    """

    code = "AS004"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Sequences are of the species that the model's outputs are for."
    why = "A mouse reporter assay was scored with human outputs of a model, which answers to any sequence it is shown."
    example = "assembly = 'mm9' in [dataset], and [models.alphagenome] with organism = 'human'."
    remedy = (
        "Set organism in [models.NAME] to the dataset's species, or waive AS004 and say why the other one is meant."
    )

    def check(self, *, declared: DatasetSection, study: Study) -> Finding:
        """Compare the species of dataset, genome and of each model that has outputs of several species."""
        species = species_of(canonical_assembly(declared.assembly))
        parts = {name: _organism(name, section) for name, section in study.models.items()}
        parts = {f"model {name}": organism for name, organism in parts.items() if organism}
        if study.genome:
            parts["the genome"] = species_of(canonical_assembly(study.genome.assembly))
        if not parts:
            return self.skipped("no model names its species and there is no genome")
        strangers = [f"{name} is for {other}" for name, other in parts.items() if other != species]
        if strangers:
            said = f"The dataset's sequences are {species}, but {'; '.join(strangers)}."
            return self.found(said, n_affected=len(strangers), n_examined=len(parts))
        return self.clear(f"Dataset, {', '.join(parts)}: {species}.", n_examined=len(parts))


def _organism(model: str, section: Mapping[str, object]) -> str:
    """ "human" or "mouse" where a model's section says so or the model has a default; Latin names count."""
    named = str(section.get("organism", DEFAULT_ORGANISM.get(model, ""))).lower().replace("_", " ")
    latin = {"homo sapiens": "human", "mus musculus": "mouse"}
    return latin.get(named, named)


class SelectedInTheDeclaredAssembly(Audit):
    """AS005.

    Positions are shown to be of the declared assembly while gene starts of another one are hit, so rows were chosen
    with intervals of that other one. Without the first evidence neither is claimed.
    """

    code = "AS005"
    phase = Phase.PREFLIGHT
    severity = Severity.FATAL
    affirms = "Rows were selected with intervals of the declared assembly."
    why = (
        "An eQTL study kept GRCh38 variants that overlap hg19 peaks. Its positions are right and its selection is not: "
        "one row in ten lies at a gene start of hg19 that is somewhere else in GRCh38."
    )
    example = (
        "Own genes are near in GRCh38 for 259 rows and in GRCh37 for 25, but gene starts are hit 97 to 12 for GRCh37."
    )
    remedy = (
        "Select the rows again with intervals of the declared assembly. Do not lift the rows: they are where they are."
    )

    def check(
        self,
        *,
        measurements: Measurements,
        declared: DatasetSection,
        genes: GeneTables,
        genome: Genome | None = None,
        lifts: Lifts | None = None,
    ) -> Finding:
        """Hold where rows are enriched against what their positions are."""
        assembly = canonical_assembly(declared.assembly)
        starts = builds.reading_of_gene_starts(assembly, measurements, genes=genes, lifts=lifts or {})
        said = f"{starts.kind.capitalize()}: {starts.words}"
        if starts.decides_for is None:
            return self.skipped(f"gene starts cannot tell: {starts.words}")
        if starts.decides_for == assembly:
            return self.clear(f"{said}.", n_examined=starts.n)
        direct = _direct_readings(assembly, measurements, genome=genome, genes=genes, lifts=lifts or {})
        decided = builds.first_that_decides(direct)
        if decided is None or decided.decides_for != assembly:
            return self.skipped(f"{said}; nothing says that positions are of {assembly}, see AS002")
        return self.found(
            f"{said}, while {decided.kind} says that positions are of {assembly} ({decided.words}): rows were chosen "
            f"with intervals of {starts.decides_for}.",
            n_affected=starts.n,
            n_examined=starts.n,
        )
