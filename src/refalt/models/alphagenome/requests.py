"""What can be asked of AlphaGenome, in plain records, and the key under which an answer is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from refalt.models.alphagenome.scorers import Scorer
from refalt.models.metered import Identity
from refalt.provenance import canonical_json
from refalt.sequences import Codes, decode

#: What is kept of a predicted track; planes of a reduced answer.
KEPT: Final = ("MEAN", "MAX", "CENTRE")


@dataclass(frozen=True, slots=True)
class VariantRequest:
    """The scores of one variant.

    Attributes:
        chrom: Contig.
        start: 0-based start of the window; may be negative, the model fills with N.
        end: End of the window, excluded.
        pos: 1-based position of the first base of REF, after left-alignment.
        ref: REF.
        alt: ALT.
        scorers: What to answer with, in this order.
    """

    chrom: str
    start: int
    end: int
    pos: int
    ref: str
    alt: str
    scorers: tuple[Scorer, ...]

    @property
    def place(self) -> str:
        """The variant, for messages."""
        return f"{self.chrom}:{self.pos}:{self.ref}>{self.alt}"


@dataclass(frozen=True, slots=True)
class Reduction:
    """What is kept of predicted tracks, which are too long to keep: mean, maximum and one position of each.

    Attributes:
        first: 0-based index in the window of the first base that counts.
        end: Index after the last one.
        centre: Index of the base whose own prediction is kept.
    """

    first: int
    end: int
    centre: int


@dataclass(frozen=True, slots=True)
class SequenceRequest:
    """The predicted tracks of one sequence, reduced.

    Attributes:
        codes: uint8[window], the sequence.
        output: Which output.
        ontology: CURIEs of the tracks asked for; empty for all.
        reduction: What is kept.
    """

    codes: Codes
    output: str
    ontology: tuple[str, ...]
    reduction: Reduction

    @property
    def letters(self) -> str:
        """The sequence."""
        return decode(self.codes)

    @property
    def place(self) -> str:
        """What is asked, for messages."""
        return f"a sequence of {self.codes.size} bases"


Request = VariantRequest | SequenceRequest


def key_of(request: Request, identity: Identity, organism: str) -> str:
    """Canonical JSON of all that can change the answer: never the address, the key or the client's version."""
    common = {"model": identity.model, "revision": identity.revision, "organism": organism}
    if isinstance(request, VariantRequest):
        return canonical_json(
            common
            | {
                "method": "variant",
                "chrom": request.chrom,
                "interval": [request.start, request.end],
                "variant": [request.pos, request.ref, request.alt],
                "scorers": [str(scorer) for scorer in request.scorers],
            }
        )
    kept = request.reduction
    return canonical_json(
        common
        | {
            "method": "sequence",
            "sequence": hashlib.sha256(request.codes.tobytes()).hexdigest(),
            "bases": request.codes.size,
            "output": request.output,
            "ontology": list(request.ontology),
            "reductions": {"mean": [kept.first, kept.end], "max": [kept.first, kept.end], "centre": kept.centre},
        }
    )
