from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import polars as pl

from refalt.models.motif import Motif
from refalt.pipeline.citations import citations
from refalt.pipeline.prepare import Prepared, prepare
from refalt.sources.fetch import FoundFile
from refalt.tables import Estimates
from refalt.testing.toy_study import ToyStudy


def _estimates(*methods: str, q_value: float | None = None) -> Estimates:
    schema = {column.name: column.dtype for column in Estimates.declared}
    counts = dict.fromkeys(("n", "n_variants", "n_inputs", "n_clusters", "n_missing"), 1)
    names = dict.fromkeys(("model", "score_name", "dataset", "label_name", "metric"), "x")
    rows = [{"method": method, "q_value": q_value, "stratum": str(place), "value": 0.1, "lower": 0.0, "upper": 0.2,
             "level": 0.95, "chance": 0.0, **counts, **names} for place, method in enumerate(methods)]  # fmt: skip
    return Estimates(pl.DataFrame(rows, schema=schema))


def test_citations__of_a_table_of_the_user_s_own_name_no_publication(toy: ToyStudy) -> None:
    assert citations(prepare(toy.path)) == []


def test_citations__name_models_and_one_lift_over(toy: ToyStudy) -> None:
    prepared = prepare(toy.path)
    chain = FoundFile("chain", "a.chain", toy.path, "hg19", "")
    models = {"motif": Motif(Motif.section())}
    lifted = SimpleNamespace(dataset=prepared.dataset, models=models, files=(*prepared.files, chain, chain))
    found = citations(cast(Prepared, lifted))
    assert [one["what"] for one in found] == ["model motif", "lift-over"]
    assert "JASPAR" in found[0]["text"]


def test_citations__name_the_methods_that_made_the_numbers(toy: ToyStudy) -> None:
    prepared = prepare(toy.path)
    found = citations(prepared, _estimates("cluster bootstrap, percentile, 200 resamples", "none", q_value=0.1))
    assert [one["what"] for one in found] == ["intervals, cluster bootstrap", "q, adjusted p"]
    assert citations(prepared, _estimates("none")) == []
