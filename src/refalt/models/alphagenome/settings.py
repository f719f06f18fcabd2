"""What a study file says of AlphaGenome."""

from __future__ import annotations

from typing import Final, Literal

from refalt.models.alphagenome.address import HOSTED
from refalt.models.base import ModelSection

REVISIONS: Final = ("ALL_FOLDS", "FOLD_0", "FOLD_1", "FOLD_2", "FOLD_3")
ASSEMBLIES: Final = {"human": "GRCh38", "mouse": "mm10"}


class AlphaGenomeSection(ModelSection):
    """What a study says of AlphaGenome.

    Attributes:
        revision: Which weights. ALL_FOLDS has seen every chromosome; FOLD_0 to FOLD_3 each held some out.
        backend: "hosted", "atlas" (human single-base changes, computed before), or "local" (open weights).
        organism: Of the tracks and of the genome.
        address: Where the service listens; another server's answers are kept in another store.
        weights: Where open weights come from: "huggingface", "kaggle" or a folder.
        both_strands: Whether predicted sequences are averaged with their reverse complement; twice the requests.
    """

    revision: str = "ALL_FOLDS"
    backend: Literal["hosted", "atlas", "local"] = "hosted"
    organism: Literal["human", "mouse"] = "human"
    address: str = HOSTED
    weights: str = "huggingface"
    both_strands: bool = False
