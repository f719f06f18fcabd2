"""The resolved study: defaults filled, plug-in versions and the digest of every input file.

Its digest names the run. Names of files are replaced by digests of their content before it is computed, so a
renamed file finds its old run and a changed one makes another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w

import refalt
from refalt.provenance import SHORT, digest_of
from refalt.sources.fetch import FoundFile
from refalt.studies.study import Study


@dataclass(frozen=True)
class ResolvedStudy:
    """A study with nothing left open.

    Attributes:
        study: The study file.
        dataset: The dataset's own section, defaults filled, as plain values.
        models: Model name -> its section, defaults filled, as plain values.
        files: Every input file with its digest.
    """

    study: Study
    dataset: Mapping[str, Any]
    models: Mapping[str, Mapping[str, Any]]
    files: Sequence[FoundFile]

    @property
    def content(self) -> dict[str, Any]:
        """Everything that may change a number, as plain values with file names as written."""
        filled = self.study.model_dump(mode="json", exclude_none=True)
        whole: dict[str, Any] = _without_none(filled | {"dataset": self.dataset, "models": self.models})
        return whole

    @property
    def digest(self) -> str:
        """sha256 of the content with each file name replaced by the digest of the file."""
        digests = {found.name: f"sha256:{found.sha256}" for found in self.files}
        return digest_of({"refalt": refalt.__version__, "study": _replaced(self.content, digests)})

    @property
    def run_name(self) -> str:
        """Name of the run folder."""
        return f"{self.study.study.name}-{self.digest[:SHORT]}"

    def lock_text(self) -> str:
        """The lock file: the content, the inputs with their digests, and the digest of it all."""
        inputs = [
            {"role": f.role, "name": f.name, "sha256": f.sha256, "bytes": f.size, "assembly": f.assembly or ""}
            for f in self.files
        ]
        return tomli_w.dumps({"digest": self.digest, "refalt": refalt.__version__, **self.content, "inputs": inputs})


def _without_none(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _without_none(value) for key, value in content.items() if value is not None}
    if isinstance(content, list | tuple):
        return [_without_none(value) for value in content]
    return content


def _replaced(content: Any, names: Mapping[str, str]) -> Any:
    if isinstance(content, Mapping):
        return {key: _replaced(value, names) for key, value in content.items()}
    if isinstance(content, list):
        return [_replaced(value, names) for value in content]
    return names.get(content, content) if isinstance(content, str) else content
