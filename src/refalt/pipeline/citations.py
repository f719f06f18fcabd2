"""What a run stands on, to be cited: the data, the models, the tools between them and the methods that were used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import polars as pl

from refalt.pipeline.prepare import Prepared
from refalt.sources.fetch import FoundFile
from refalt.tables import Estimates

#: How `method` of an estimate begins -> the publication of that interval.
_INTERVALS: Final = MappingProxyType(
    {
        "cluster bootstrap": "Cameron A. C., Gelbach J. B. and Miller D. L. 2008, Review of Economics and Statistics "
        "90, 414, doi:10.1162/rest.90.3.414",
        "t on clusters": "Cameron A. C. and Miller D. L. 2015, Journal of Human Resources 50, 317, "
        "doi:10.3368/jhr.50.2.317",
        "cluster jackknife": "Efron B. and Stein C. 1981, Annals of Statistics 9, 586, doi:10.1214/aos/1176345462",
    }
)
_ADJUSTED: Final = (
    "Benjamini Y. and Hochberg Y. 1995, Journal of the Royal Statistical Society B 57, 289, "
    "doi:10.1111/j.2517-6161.1995.tb02031.x"
)
_LIFTED: Final = "Hinrichs A. S. et al. 2006, Nucleic Acids Research 34, D590, doi:10.1093/nar/gkj144"
_GAPPED: Final = "Ghandi M. et al. 2014, PLoS Computational Biology 10, e1003711, doi:10.1371/journal.pcbi.1003711"


def citations(prepared: Prepared, estimates: Estimates | None = None) -> Sequence[Mapping[str, str]]:
    """What to cite for a run, in the order of the methods: `what` it is for, and the publication as `text`.

    A table of the user's own names no publication, and a model that states none is left out.

    Args:
        prepared: The study, looked up.
        estimates: Of the run, where it came to them: what they were made with is cited as well.
    """
    card = prepared.dataset.card
    found = [] if card.citation.startswith("Yours") else [("data", card.citation)]
    found += [(f"model {name}", model.citation) for name, model in prepared.models.items() if model.citation]
    found += [("lift-over", _LIFTED) for file in prepared.files if _is_chain(file)][:1]
    if estimates is not None:
        found += _methods(estimates.frame)
    return [{"what": what, "text": text} for what, text in found]


def _is_chain(file: FoundFile) -> bool:
    return file.role.startswith("chain")


def _methods(rows: pl.DataFrame) -> list[tuple[str, str]]:
    methods = rows.get_column("method").drop_nulls().unique()
    found = [(f"intervals, {name}", text) for name, text in _INTERVALS.items() if methods.str.starts_with(name).any()]
    if rows.get_column("q_value").is_not_null().any():
        found.append(("q, adjusted p", _ADJUSTED))
    if rows.get_column("score_name").str.starts_with("kmer").any():
        found.append(("gapped k-mer baseline", _GAPPED))
    return found
