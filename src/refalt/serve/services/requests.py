"""What a request must be: the checks of the hosted service, each with a sentence that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from alphagenome.protos.v1 import dna_model_pb2

from refalt.errors import UserError, shown
from refalt.sequences import Codes, encode
from refalt.serve.methods import Message, invalid
from refalt.serve.services.encoding import ontology_message
from refalt.serve.services.scorer_requests import enum_name
from refalt.serve.simulation.scene import Variant, Window
from refalt.serve.simulation.tracks import RESOLUTIONS, TrackTable

#: Bases of the windows that the service takes.
LENGTHS: Final = (16_384, 131_072, 524_288, 1_048_576)
VERSIONS: Final = ("ALL_FOLDS", "FOLD_0", "FOLD_1", "FOLD_2", "FOLD_3")
#: Bases that one request may mutate.
WIDEST_ISM: Final = 10
_ORGANISMS: Final = {
    dna_model_pb2.ORGANISM_HOMO_SAPIENS: "human",
    dna_model_pb2.ORGANISM_MUS_MUSCULUS: "mouse",
}


@dataclass(frozen=True, eq=False)
class Wanted:
    """One output of a prediction, and which of its tracks: int[k]."""

    output: str
    tracks: npt.NDArray[np.intp]


def organism(number: int) -> str:
    """ "human" or "mouse".

    Raises:
        RefusedError: another organism.
    """
    if number not in _ORGANISMS:
        raise invalid(f"Organism {number} is not supported; it must be human (9606) or mouse (10090).")
    return _ORGANISMS[number]


def version(name: str) -> str:
    """The model version asked for, the usual one where none is named.

    Raises:
        RefusedError: there is no such version.
    """
    if name and name not in VERSIONS:
        raise invalid(f"There is no model version {name!r}; there are {', '.join(VERSIONS)}.")
    return name or VERSIONS[0]


def window(message: Message) -> Window:
    """The window of an interval of a length that is taken; its strand makes no difference to the answer.

    Raises:
        RefusedError: another length.
    """
    _check_length(message.end - message.start)
    return Window(message.chromosome, message.start, message.end - message.start)


def sequence(letters: str) -> Codes:
    """Codes of a sequence, upper-case A, C, G, T or N, of a length that is taken.

    Raises:
        RefusedError: another length or letter.
    """
    _check_length(len(letters))
    return _encoded(letters, "The sequence")


def variant(message: Message, within: Window) -> Variant:
    """The variant, whose REF must lie in the window.

    Raises:
        RefusedError: a position below 1, another letter, another chromosome, or bases outside the window.
    """
    if message.position < 1:
        raise invalid(f"The variant's position is {message.position}; positions begin at 1.")
    _encoded(message.reference_bases, "The reference allele")
    _encoded(message.alternate_bases, "The alternate allele")
    read = Variant(message.chromosome, message.position, message.reference_bases, message.alternate_bases)
    if read.contig != within.contig:
        raise invalid(f"The variant is on {read.contig}, the interval on {within.contig}.")
    if not (within.start <= read.start < within.end and read.end <= within.end):
        raise invalid(
            f"The variant at {read.contig}:{read.pos} does not lie in the interval {within.start}-{within.end}."
        )
    return read


def mutated(message: Message, within: Window) -> Window:
    """The stretch whose every base is to be mutated.

    Raises:
        RefusedError: wider than 10 bases, empty, or outside the window.
    """
    width = message.end - message.start
    if not 0 < width <= WIDEST_ISM:
        raise invalid(f"The ISM interval has {width} bases; it must have 1 to {WIDEST_ISM}.")
    inside = message.chromosome == within.contig and message.start >= within.start and message.end <= within.end
    if not inside:
        raise invalid("The ISM interval does not lie in the interval.")
    return Window(message.chromosome, message.start, width)


def outputs(numbers: Iterable[int], ontology_terms: Iterable[Message], table: TrackTable) -> list[Wanted]:
    """The outputs asked for, in the order asked, each once, with the tracks of the ontology terms asked for.

    No terms choose all tracks. Tracks without a term, as splice sites are, belong to every choice.

    Raises:
        RefusedError: an output that there is not.
    """
    terms = {(term.ontology_type, term.id) for term in ontology_terms}
    names = dict.fromkeys(enum_name(dna_model_pb2.OutputType, number, "OUTPUT_TYPE_") for number in numbers)
    wanted = []
    for name in names:
        if name not in RESOLUTIONS:
            raise invalid(f"There is no output {name}.")
        samples = [track.biosample for track in table.by_output[name]]
        kept = [not terms or sample is None or _term(sample.curie) in terms for sample in samples]
        wanted.append(Wanted(name, np.flatnonzero(kept)))
    return wanted


def _term(curie: str) -> tuple[int, int]:
    message = ontology_message(curie)
    return message.ontology_type, message.id


def _check_length(length: int) -> None:
    if length not in LENGTHS:
        raise invalid(f"Sequence length {length} is not supported; it must be one of {shown(LENGTHS)}.")


def _encoded(letters: str, what: str) -> Codes:
    try:
        codes = encode(letters)
    except UserError as error:
        raise invalid(f"{what} holds a letter other than A, C, G, T and N: {error}") from error
    if not letters.isupper() and letters:
        raise invalid(f"{what} holds a lower-case letter; letters must be upper case.")
    return codes
