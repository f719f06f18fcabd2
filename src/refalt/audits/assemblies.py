"""AS: does everything that is joined by position count positions in the same assembly?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from refalt.audits.base import Audit, Finding, Phase, Severity
from refalt.audits.builds import Lifts
from refalt.genome import canonical_assembly
from refalt.sources.fetch import FoundFile
from refalt.studies.sections import DatasetSection
from refalt.studies.study import Study

#: Roles of files that hold positions and are joined to the rows by them. Gene tables are not: one an assembly
#: is given on purpose, as evidence.
JOINED_ROLES: Final = ("dataset", "fasta", "genome", "within", "intervals", "ld_blocks")


class OneAssembly(Audit):
    """AS001."""

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
