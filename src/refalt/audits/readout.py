"""MD: does the model's readout answer the question that was measured?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl

from refalt.audits.base import Audit, Finding, Numbers, Phase, Severity
from refalt.evaluation.join import RECORDED, Joined
from refalt.studies.sections import DatasetSection
from refalt.studies.study import ScoreSection, TrackChoice
from refalt.tables import Tracks

#: What assays see, by a word in their name; the first that occurs counts.
READOUTS: Final = {
    "SPLICE": "splicing",
    "CONTACT": "contacts",
    "HISTONE": "histone marks",
    "H3K": "histone marks",
    "CHIP_TF": "factor binding",
    "DNASE": "accessibility",
    "ATAC": "accessibility",
    "MPRA": "reporter activity",
    "STARR": "reporter activity",
    "REPORTER": "reporter activity",
    "RNA": "expression",
    "EQTL": "expression",
    "CAGE": "expression",
    "PROCAP": "expression",
}
_WHOLE_WINDOW_MEAN: Final = r"\w+\([^,()]+,\s*None\s*,\s*MEAN\b"
#: The sd of a mean over the window falls as one over its length; measured on the offender: -0.884.
DILUTED, FEWEST_WINDOWS = (-1.2, -0.8), 3


def _reads_tracks(score: ScoreSection) -> bool:
    return score.tracks != TrackChoice()


class TracksAreTheDeclaredCell(Audit):
    """MD001.

    A score's tracks are of another cell than the declared one, or of several assays, histone marks, factors or
    cells.
    """

    code = "MD001"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.FATAL
    affirms = "The tracks that a score averages are of the declared cell and of one assay and mark."
    why = (
        "A score reported as K562 accessibility was the mean over all 305 DNase tracks, brain and liver included. "
        "Effects of one cell disappear in the mean of all of them."
    )
    example = "tracks = { output = 'DNASE' } for a dataset with biosample = 'EFO:0002067'."
    remedy = "Choose tracks by ontology_curie, and for histone marks by histone_mark; `refalt list tracks` shows them."

    def check(
        self,
        *,
        declared: DatasetSection,
        scores: Sequence[ScoreSection],
        tracks: Tracks | None = None,
        joined: Joined | None = None,
    ) -> Iterator[Finding]:
        """Before predictions: what the scores ask for. After them: what the model took."""
        if joined is not None or tracks is not None:
            tracks = tracks or Tracks.empty()
            for score in scores:
                chosen = tracks.frame.filter(pl.col("score_name") == score.name)
                if chosen.height and score.model != RECORDED:
                    yield self._verdict(score.name, _taken(chosen, declared), chosen.height)
            return
        asking = [score for score in scores if _reads_tracks(score)]
        if not asking:
            yield self.skipped("no score chooses tracks")
        for score in asking:
            yield self._verdict(score.name, _asked(score.tracks, declared), 1)

    def _verdict(self, name: str, complaints: list[str], n: int) -> Finding:
        if complaints:
            return self.found(f"{name}: {'; '.join(complaints)}.", subject=name, n_affected=n, n_examined=n)
        return self.clear(f"{name}: its tracks are of one assay and of the declared cell.", subject=name, n_examined=n)


def _asked(choice: TrackChoice, declared: DatasetSection) -> list[str]:
    complaints = []
    if declared.biosample and not _is_biosample(declared.biosample, choice.ontology_curie, choice.biosample_name):
        chosen = choice.ontology_curie or choice.biosample_name
        complaints.append(f"its tracks are of {chosen or 'all cells'}, and the dataset's cell is {declared.biosample}")
    if (choice.output or "").upper() == "CHIP_HISTONE" and choice.histone_mark is None:
        complaints.append("its tracks are of all histone marks")
    return complaints


def _taken(tracks: pl.DataFrame, declared: DatasetSection) -> list[str]:
    complaints = []
    for name, words in (("assay", "assays"), ("histone_mark", "histone marks"), ("transcription_factor", "factors")):
        values = tracks.get_column(name).unique().sort().to_list()
        if len(values) > 1:
            complaints.append(f"{tracks.height} tracks of {len(values)} {words} are averaged")
    cells = tracks.select("ontology_curie", "biosample_name").unique()
    named = cells.filter(pl.any_horizontal(pl.all().is_not_null()))
    if declared.biosample:
        strangers = [pair for pair in named.iter_rows() if not _is_biosample(declared.biosample, *pair)]
        if strangers:
            shown = ", ".join(str(pair[1] or pair[0]) for pair in strangers[:3])
            complaints.append(f"{len(strangers)} of its cells are not the dataset's {declared.biosample} ({shown})")
    elif named.height > 1:
        complaints.append(f"{tracks.height} tracks of {named.height} cells are averaged")
    return complaints


def _is_biosample(declared: str, curie: str | None, name: str | None) -> bool:
    return declared.strip().lower() in {text.strip().lower() for text in (curie, name) if text}


class ReadoutAnswersTheQuestion(Audit):
    """MD002.

    The readout that a score's output stands for is another one than the dataset's assay measures.
    """

    code = "MD002"
    phase = Phase.PREFLIGHT
    severity = Severity.SERIOUS
    affirms = "The score reads out what the dataset measured."
    why = (
        "Accessibility at a variant says little about the expression of a gene 200 kb away, and a plasmid has no "
        "chromatin. A low correlation between two kinds of readout is not a fault of the model."
    )
    example = "Slopes of expression held against a DNase score; an MPRA against endogenous CAGE."
    remedy = "Add a score of the measured kind, or waive MD002 and say what the comparison is for."

    def check(self, *, declared: DatasetSection, scores: Sequence[ScoreSection]) -> Iterator[Finding]:
        """Compare what the assay sees with what each score's tracks see."""
        measured = readout_of(declared.assay)
        asking = [score for score in scores if score.model != RECORDED and readout_of(_output_of(score))]
        if measured is None or not asking:
            reason = "the dataset's assay is not declared" if measured is None else "no score names its output"
            yield self.skipped(reason)
            return
        for score in asking:
            said = f"{score.name} reads {readout_of(_output_of(score))}; {declared.assay} measures {measured}"
            if readout_of(_output_of(score)) == measured:
                yield self.clear(f"{said}.", subject=score.name, n_examined=1)
            else:
                yield self.found(f"{said}.", subject=score.name, n_affected=1, n_examined=1)


def readout_of(assay: str) -> str | None:
    """What an assay or output sees, in words; None for names that say nothing."""
    spelled = assay.upper().replace("-", "_")
    return next((readout for word, readout in READOUTS.items() if word in spelled), None)


def _output_of(score: ScoreSection) -> str:
    return score.tracks.output or score.scorer


class ScoreIsNotDiluted(Audit):
    """MD004.

    A scorer averages over the whole window; or over three windows and more the spread of the score falls as one
    over their length.
    """

    code = "MD004"
    phase = Phase.PREFLIGHT
    again_in = (Phase.POST,)
    severity = Severity.SERIOUS
    affirms = "The score looks at the variant, and not at the mean of a whole window."
    why = (
        "A change of a hundred bases, averaged over a million, is divided by ten thousand. Longer windows then give "
        "smaller scores, and a study concluded that context does not help."
    )
    example = "Sequence(DNASE, None, MEAN, DIFFERENCE); sd of the score falls by 54 from 2 kb to 131 kb."
    remedy = "Use a scorer with a centre mask (CenterMask) or a width of some hundred bases around the variant."

    def check(self, *, scores: Sequence[ScoreSection], joined: Joined | None = None) -> Iterator[Finding]:
        """Before predictions: scorers that name the whole window. After them: spread against window length."""
        if joined is None:
            made = [s for s in scores if s.method in ("sequence", RECORDED)]
            whole = [s.name for s in made if re.match(_WHOLE_WINDOW_MEAN, s.scorer)]
            if whole:
                said = f"Means over the whole window: {', '.join(whole)}"
                yield self.found(f"{said}.", n_affected=len(whole), n_examined=len(scores))
            else:
                yield self.clear("No score is the mean of a whole window.", n_examined=len(scores))
            return
        for name, swept in _sweeps(scores).items():
            yield self._slope(name, swept, joined)

    def _slope(self, name: str, swept: Sequence[ScoreSection], joined: Joined) -> Finding:
        rows = joined.comparison.frame
        spread = [rows.filter(pl.col("score_name") == score.name).get_column("score").std() for score in swept]
        pairs = [(s.window, sd) for s, sd in zip(swept, spread, strict=True) if isinstance(sd, float) and sd > 0]
        if len(pairs) < FEWEST_WINDOWS:
            return self.skipped(f"{len(pairs)} windows have a score that varies", subject=name)
        length, size = np.log(np.array(pairs, dtype=np.float64)).T
        slope = float(np.polyfit(length, size, 1)[0])
        numbers: Numbers = {"subject": name, "n_examined": len(pairs), "statistic": slope, "threshold": DILUTED[1]}
        said = f"Over {len(pairs)} windows the spread of the score goes as their length to the power {slope:.3f}"
        if DILUTED[0] <= slope <= DILUTED[1]:
            return self.found(f"{said}, as a mean over the window does.", n_affected=len(pairs), **numbers)
        return self.clear(f"{said}.", **numbers)


def _sweeps(scores: Sequence[ScoreSection]) -> Mapping[str, list[ScoreSection]]:
    """Scores that differ in their window only, by the name of the first."""
    groups: dict[str, list[ScoreSection]] = {}
    for score in scores:
        if score.window:
            alike = score.model_dump_json(exclude={"name", "window"})
            groups.setdefault(alike, []).append(score)
    return {swept[0].name: swept for swept in groups.values() if len({s.window for s in swept}) >= FEWEST_WINDOWS}
