"""`refalt list tracks`: the outputs of a model that a selection matches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import typer

#: Options of `refalt list tracks`, by the key that `[[score]] tracks` has for them.
CHOICES: Final = ("output", "ontology_curie", "biosample_name", "histone_mark", "transcription_factor", "strand")
_SHOWN: Final = ("track_id", "assay", "ontology_curie", "biosample_name", "histone_mark", "transcription_factor")


def list_tracks(
    model: str, choice: dict[str, str | None], *, address: str | None, store: Path | None, as_json: bool
) -> int:
    """Print every track of a model that a choice matches, from the store's own table where it has one.

    Raises:
        UserError: the model has no tracks to choose from, none matches, or the service cannot be asked.
    """
    from refalt.errors import UserError
    from refalt.models.alphagenome import AlphaGenome
    from refalt.pipeline.score import build_model
    from refalt.scoring.store import open_store
    from refalt.studies.study import TrackChoice

    built = build_model(model, {"address": address} if address else {})
    if not isinstance(built, AlphaGenome):
        raise UserError(f"the model {model!r} has no tracks to choose from", remedy="give --model alphagenome")
    with open_store(built.identity, store) as shelf:
        frame = built.matching_tracks(TrackChoice.model_validate(choice), shelf)
    shown = frame.select(name for name in _SHOWN if name in frame.columns)
    if as_json:
        typer.echo(json.dumps(shown.to_dicts(), indent=2))
        return 0
    lines = ["\t".join(shown.columns), *("\t".join(str(cell or "") for cell in row) for row in shown.iter_rows())]
    typer.echo("\n".join(lines))
    return 0
