"""Everything that is settled before a row is read: plug-ins found, sections checked, files located."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from refalt import datasets, models
from refalt.datasets.base import Dataset
from refalt.errors import UserError, nearest_name
from refalt.genome import canonical_assembly
from refalt.models.base import Model
from refalt.plugins import find_plugin
from refalt.sources.fetch import Fetch, FoundFile, InputFinder, NeededFile
from refalt.sources.public_file import downloads_folder
from refalt.sources.published import published_as
from refalt.studies.library import library_names, library_study
from refalt.studies.read import read_study, validate_section
from refalt.studies.resolve import ResolvedStudy
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection, Study

RECORDED = "recorded"
#: Of a VCF that rsIDs are looked up in.
RSIDS_ROLE = "rsids"
_CHAINS = "the UCSC Genome Browser's liftOver folder"


@dataclass(frozen=True)
class Prepared:
    """A study whose every name has been looked up.

    Attributes:
        path: The study file.
        study: As read, `pilot` set where a limit was given.
        dataset: The dataset plug-in with its checked section.
        models: Name -> model plug-in with its checked section.
        needed: Every file the study names.
        finder: Where files are looked for.
    """

    path: Path
    study: Study
    dataset: Dataset
    models: Mapping[str, Model]
    needed: Sequence[NeededFile]
    finder: InputFinder

    @property
    def declared(self) -> DatasetSection:
        """The dataset's section."""
        return self.dataset.declared

    @cached_property
    def scores(self) -> Sequence[ScoreSection]:
        """Scores that the source carries, then those of the study file, in their order."""
        listed = {score.name for score in self.study.score}
        implied = [
            ScoreSection(name=name, model=RECORDED, method="recorded", signed=recorded.signed)
            for name, recorded in self.declared.recorded.items()
            if name not in listed
        ]
        return (*implied, *self.study.score)

    @property
    def dataset_name(self) -> str:
        """Of the dataset in tables and figures; a table of the user's own goes by the study's name."""
        return self.study.study.name if self.declared.name == "table" else self.declared.name

    @property
    def source_assembly(self) -> str:
        """Canonical name of the assembly of the dataset's positions."""
        return canonical_assembly(self.declared.assembly, where=f"{self.path}, [dataset] assembly")

    @property
    def genome_assembly(self) -> str:
        """Canonical name of the assembly that variants are brought to."""
        genome = self.study.genome
        if genome is None:
            return self.source_assembly
        return canonical_assembly(genome.assembly, where=f"{self.path}, [genome] assembly")

    @property
    def simulated(self) -> bool:
        """Whether anything in the study is simulated."""
        return self.declared.simulated or self.source_assembly.startswith("simulated")

    @cached_property
    def files(self) -> Sequence[FoundFile]:
        """Every needed file, found; raises UserError for the first that is nowhere."""
        return [self.finder.find(needed) for needed in self.needed]

    def file(self, role: str) -> Path | None:
        """Path of the file with this role; None when the study names none."""
        return next((found.path for found in self.files if found.role == role), None)

    @cached_property
    def resolved(self) -> ResolvedStudy:
        """The study with defaults filled and every file's digest."""
        sections = {name: model.settings.model_dump(mode="json") for name, model in self.models.items()}
        return ResolvedStudy(self.study, self.declared.model_dump(mode="json"), sections, self.files)


def prepare(
    path: Path, *, folders: Sequence[Path] = (), limit: int | None = None, fetch: Fetch | None = None
) -> Prepared:
    """Read a study file and look up everything it names, except the files' content.

    Args:
        path: The study file, or the name of a study that comes with refalt.
        folders: Where input files are looked for.
        limit: Rows of a pilot, drawn with the study's seed.
        fetch: Brings public files that are missing, and says that public servers may be asked; None asks nobody.

    Raises:
        UserError: any mistake in the study file.
    """
    path = study_file(path)
    study = read_study(path)
    if limit is not None:
        study = study.model_copy(update={"study": study.study.model_copy(update={"pilot": limit})})
    dataset = _dataset(study, path)
    found_models = _models(study, path)
    needed = [*dataset.needed_files(), *_study_files(study)]
    needed += _rsid_files(dataset.declared, study)
    needed += [file for model in found_models.values() for file in model.needed_files()]
    finder = InputFinder(path.parent, folders, downloads=downloads_folder(), fetch=fetch)
    prepared = Prepared(path, study, dataset, found_models, [_with_address(file) for file in needed], finder)
    _check_scores(prepared)
    return prepared


def study_file(named: Path) -> Path:
    """The file itself, or the study of that name that comes with refalt.

    Raises:
        UserError: there is neither.
    """
    found = named if named.exists() else library_study(str(named))
    if found is None:
        near = nearest_name(str(named), library_names())
        raise UserError(
            f"there is no study file {named}",
            expected=f"a file, or one of the studies that come with refalt: {', '.join(library_names())}",
            remedy=f"did you mean {near!r}?" if near else "`refalt new study NAME` writes one with its blanks marked",
        )
    return found


def _dataset(study: Study, path: Path) -> Dataset:
    if "name" not in study.dataset:
        raise UserError("the key 'dataset.name' is missing", where=str(path), remedy='add name = "table"')
    plugin = find_plugin(datasets, str(study.dataset["name"]), Dataset, where=str(path))  # type: ignore[type-abstract]
    return plugin(validate_section(plugin.section, study.dataset, where=path, prefix="dataset"))


def _models(study: Study, path: Path) -> dict[str, Model]:
    built: dict[str, Model] = {}
    for name, content in {RECORDED: {}, **study.models}.items():
        plugin = find_plugin(models, name, Model, where=str(path))  # type: ignore[type-abstract]
        built[name] = plugin(validate_section(plugin.section, content, where=path, prefix=f"models.{name}"))
    return built


def _study_files(study: Study) -> list[NeededFile]:
    genome = study.genome
    needed = []
    if genome and genome.fasta:
        needed.append(NeededFile("genome", genome.fasta, genome.assembly))
    if genome and genome.chain:
        needed.append(NeededFile("chain", genome.chain, origin=_CHAINS))
    for assembly, name in (genome.other_chains if genome else {}).items():
        needed.append(NeededFile(f"chain {canonical_assembly(assembly)}", name, origin=_CHAINS))
    if genome and genome.ld_blocks:
        needed.append(NeededFile("ld_blocks", genome.ld_blocks.file, genome.ld_blocks.assembly))
    if study.filter.within:
        needed.append(NeededFile("within", study.filter.within.file, study.filter.within.assembly))
    for genes in study.genes.files:
        needed.append(NeededFile(f"genes {canonical_assembly(genes.assembly)}", genes.file, genes.assembly))
    if study.evaluation.folds:
        needed.append(NeededFile("folds", study.evaluation.folds.file, study.evaluation.folds.assembly))
    if study.audits.claims:
        needed.append(NeededFile("claims", study.audits.claims))
    return needed


def _rsid_files(declared: DatasetSection, study: Study) -> list[NeededFile]:
    alleles = declared.alleles
    if alleles is None or alleles.by_position or alleles.file is None:
        return []
    assembly = alleles.assembly or (study.genome.assembly if study.genome else declared.assembly)
    return [NeededFile(RSIDS_ROLE, alleles.file, assembly, "https://ftp.ncbi.nih.gov/snp/latest_release/VCF/")]


def _with_address(file: NeededFile) -> NeededFile:
    """The file, with where it is published if its name alone says so."""
    return file if file.published else dataclasses.replace(file, published=published_as(file.name))


def _check_scores(prepared: Prepared) -> None:
    if not prepared.scores:
        raise UserError(
            "the study names no score",
            where=str(prepared.path),
            expected="a [[score]] section, or [dataset] recorded",
        )
    for score in prepared.scores:
        if score.model == RECORDED and score.name not in prepared.declared.recorded:
            raise UserError(f"no recorded score is called {score.name!r}", where=str(prepared.path))
        prepared.models[score.model].check(score)
    primary = prepared.study.evaluation.primary
    if primary and primary.score not in {score.name for score in prepared.scores}:
        raise UserError(f"[evaluation] primary names no score: {primary.score!r}", where=str(prepared.path))
