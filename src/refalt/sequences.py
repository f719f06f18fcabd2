"""DNA as byte codes, and the windows around variants that a model is shown.

A sequence is an array of uint8 codes: A=0, C=1, G=2, T=3, N=4. `pos` is 1-based, `start` is 0-based. Nothing here
reads a file; a contig is passed as its codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from refalt.errors import UserError

Codes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LETTERS: Final = b"ACGTN"
N_CODE: Final = 4
#: Code of each byte, 255 where the byte is not one of A, C, G, T, N in either case.
CODE_OF_BYTE: Final = bytes(LETTERS.find(bytes([byte]).upper()) % 256 for byte in range(256))
#: How many bases of windows must be made, all calls together, before compiled kernels repay their import.
COMPILED_ABOVE: Final = 1 << 32
_WORD_OF_SIZE: Final = MappingProxyType({4: np.uint32, 8: np.uint64, 16: np.complex128})
_COMPLEMENT_CODES: Final = bytes([3, 2, 1, 0, 4])
_COMPLEMENT_LETTERS: Final = str.maketrans("ACGTNacgtn", "TGCANtgcan")


@dataclass(frozen=True, slots=True, eq=False)
class Alleles:
    """Sequences of different lengths, end to end.

    Attributes:
        codes: uint8[total length], all sequences one after another.
        offsets: int64[n + 1]; sequence i is `codes[offsets[i]:offsets[i + 1]]`.
    """

    codes: Codes
    offsets: Indices

    @property
    def lengths(self) -> Indices:
        """int64[n], in bases."""
        return np.diff(self.offsets)


@dataclass(frozen=True, slots=True, eq=False)
class VariantWindows:
    """What a model is shown for each variant, both alleles.

    Attributes:
        reference: uint8[n, length], the genome as it is.
        alternate: uint8[n, length], the genome with REF replaced by ALT; equal to `reference` up to the variant.
        start: int64[n], 0-based start of the REF window on the contig; may be negative.
        padded: bool[n], whether either window runs over an end of the contig and was filled with N there.
    """

    reference: Codes
    alternate: Codes
    start: Indices
    padded: Mask


def encode(sequence: str | bytes) -> Codes:
    """Codes of one sequence, uint8[len(sequence)] (read-only); lower case is accepted.

    Raises:
        UserError: a letter other than A, C, G, T, N; names the letter and its 1-based position.
    """
    text = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    codes = np.frombuffer(text.translate(CODE_OF_BYTE), dtype=np.uint8)
    if codes.size and codes.max() > N_CODE:
        at = int(np.argmax(codes > N_CODE))
        found = sequence[at] if isinstance(sequence, str) else chr(sequence[at])
        raise _bad_letter(found, f"letter {at + 1}")
    return codes


def decode(codes: Codes) -> str:
    """The letters of uint8[L] codes, in upper case."""
    return codes.tobytes().translate(LETTERS.ljust(256, b"?")).decode("ascii")


def encode_alleles(alleles: Iterable[str]) -> Alleles:
    """Codes of sequences of any lengths, such as a column of REF alleles.

    Raises:
        UserError: an empty sequence, or a letter other than A, C, G, T, N; names the row (counted from 1).
    """
    sequences = alleles if isinstance(alleles, list) else list(alleles)
    lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    if len(sequences) and lengths.min() == 0:
        raise UserError("an allele is empty", where=f"row {int(np.argmin(lengths)) + 1}", expected="at least one base")
    text = "".join(sequences)
    codes = np.frombuffer(text.encode("ascii", "replace").translate(CODE_OF_BYTE), dtype=np.uint8)
    if codes.size and codes.max() > N_CODE:
        at = int(np.argmax(codes > N_CODE))
        row = int(np.searchsorted(offsets, at, side="right")) - 1
        raise _bad_letter(text[at], f"row {row + 1}, letter {at - int(offsets[row]) + 1}")
    return Alleles(codes, offsets)


def encode_many(sequences: Iterable[str]) -> Codes:
    """Codes of n sequences of one length, uint8[n, length]; no sequences give uint8[0, 0].

    Raises:
        UserError: lengths differ, an empty sequence, or a letter other than A, C, G, T, N; names the row (from 1).
    """
    packed = encode_alleles(sequences)
    lengths = packed.lengths
    if not lengths.size:
        return np.empty((0, 0), dtype=np.uint8)
    if (lengths != lengths[0]).any():
        row = int(np.argmax(lengths != lengths[0]))
        raise UserError(
            "sequences differ in length",
            where=f"row {row + 1}",
            expected=f"{lengths[0]} letters, as in row 1",
            got=str(lengths[row]),
        )
    return packed.codes.reshape(lengths.size, -1)


def reverse_complement(codes: Codes) -> Codes:
    """The other strand, read 5' to 3', along the last axis of uint8[..., length]; N stays N."""
    return np.frombuffer(_COMPLEMENT_CODES, dtype=np.uint8)[codes[..., ::-1]]


def reverse_complement_letters(sequences: Iterable[str]) -> list[str]:
    """The other strand of each sequence, read 5' to 3'; case is kept.

    Raises:
        UserError: an empty sequence, or a letter other than A, C, G, T, N; names the row (counted from 1).
    """
    given = list(sequences)
    encode_alleles(given)
    return "\n".join(given).translate(_COMPLEMENT_LETTERS)[::-1].split("\n")[::-1] if given else []


def windows(codes: Codes, start: npt.ArrayLike, length: int) -> tuple[Codes, Mask]:
    """Cut windows of one length from a contig.

    Args:
        codes: uint8[contig length].
        start: int[n], 0-based; a window may begin before the contig or end after it.
        length: of each window, in bases.

    Returns:
        uint8[n, length], N outside the contig; and bool[n], whether any base lies outside.
    """
    starts = np.asarray(start, dtype=np.int64)
    outside = (starts < 0) | (starts + length > codes.size)
    if starts.size and not outside.any():
        return _inner_windows(codes, starts, length), outside
    cut = np.full((starts.size, length), N_CODE, dtype=np.uint8)
    if not outside.all():
        cut[~outside] = _inner_windows(codes, starts[~outside], length)
    # Few windows run over an end, so these rows are cut one by one and need no index per base.
    for row in np.flatnonzero(outside):
        first = int(starts[row])
        inside = codes[max(first, 0) : max(first + length, 0)]
        cut[row, max(-first, 0) :][: inside.size] = inside
    return cut, outside


def variant_windows(
    codes: Codes, pos: npt.ArrayLike, *, ref_length: npt.ArrayLike, alt: Alleles, length: int, compiled: bool = False
) -> VariantWindows:
    """REF and ALT windows of variants on one contig, aligned at the left flank.

    The base at `pos` stands at index `length // 2 - 1` of both windows: where AlphaGenome puts it when a variant's
    reference interval of one or two bases is resized to an even length. After the variant the ALT window goes on
    with what follows REF on the contig, so an indel shifts in real sequence and never N.

    Args:
        codes: uint8[contig length].
        pos: int[n], 1-based position of the first REF base.
        ref_length: int[n], number of REF bases replaced.
        alt: the n ALT alleles; one that is longer than the rest of the window is cut at its end.
        length: of the windows, in bases; at least 2.
        compiled: use the compiled kernel, three times as fast and a second late on its first use; worth it where
            all calls together make more than `COMPILED_ABOVE` bases.
    """
    flank = length // 2 - 1
    starts = np.asarray(pos, dtype=np.int64) - 1 - flank
    shift = np.asarray(ref_length, dtype=np.int64) - alt.lengths
    padded = (starts < 0) | (starts + length + np.maximum(shift, 0) > codes.size)
    if compiled and not padded.any():
        pair = np.empty((2, starts.size, length), dtype=np.uint8)
        _compiled(_cut_variants)(codes, starts, flank, shift, alt.codes, alt.offsets, pair[0], pair[1])
        return VariantWindows(pair[0], pair[1], starts, padded)
    reference, _ = windows(codes, starts, length)
    alternate = reference.copy()
    indels = np.flatnonzero(shift)
    if indels.size:
        alternate[indels, flank:] = windows(codes, (starts + shift)[indels] + flank, length - flank)[0]
    rows = np.repeat(np.arange(starts.size), alt.lengths)
    columns = np.arange(alt.codes.size) - alt.offsets[rows] + flank
    shown = columns < length
    alternate[rows[shown], columns[shown]] = alt.codes[shown]
    return VariantWindows(reference, alternate, starts, padded)


def reference_matches(codes: Codes, pos: npt.ArrayLike, ref: Alleles) -> Mask:
    """Whether the contig reads REF at each position: bool[n].

    Args:
        codes: uint8[contig length].
        pos: int[n], 1-based position of the first REF base.
        ref: the n REF alleles; N matches nothing, and an allele that runs off the contig does not match.
    """
    first = np.asarray(pos, dtype=np.int64) - 1
    inside = (first >= 0) & (first + ref.lengths <= codes.size)
    if not codes.size or not first.size:
        return inside
    at = np.repeat(first - ref.offsets[:-1], ref.lengths) + np.arange(ref.codes.size)
    here = codes[np.clip(at, 0, codes.size - 1)]
    equal = (here == ref.codes) & (here != N_CODE)
    return inside & (equal if equal.size == first.size else np.logical_and.reduceat(equal, ref.offsets[:-1]))


def one_hot(codes: Codes, dtype: npt.DTypeLike = np.uint8, *, compiled: bool = False) -> npt.NDArray[Any]:
    """One-hot of uint8[..., length] codes: `dtype`[..., length, 4] in the order A, C, G, T; N is four zeros.

    Args:
        codes: the sequences.
        dtype: uint8, float16 or float32.
        compiled: as in `variant_windows`.
    """
    rows = np.eye(5, 4, dtype=dtype)
    # The four numbers of a base are looked up as one word of their size.
    words: npt.NDArray[Any] = rows.view(_WORD_OF_SIZE[rows[0].nbytes]).ravel()
    if not compiled:
        return np.take(words, codes)[..., np.newaxis].view(dtype)
    found = np.empty(codes.shape, dtype=words.dtype)
    _compiled(_look_up)(np.ascontiguousarray(codes).ravel(), words, found.ravel())
    return found[..., np.newaxis].view(dtype)


@lru_cache
def _compiled(kernel: Callable[..., None]) -> Callable[..., None]:
    """The kernel as machine code, kept on disk; numba is imported here because that alone takes half a second."""
    import numba

    machine_code: Callable[..., None] = numba.njit(nogil=True, cache=True)(kernel)
    return machine_code


def _cut_variants(
    codes: Codes,
    starts: Indices,
    flank: int,
    shift: Indices,
    alt: Codes,
    offsets: Indices,
    reference: Codes,
    alternate: Codes,
) -> None:
    # Loops over slices, not offsets into the contig, are what the compiler turns into memcpy.
    for i in range(starts.size):
        there, here, changed = codes[starts[i] :], reference[i], alternate[i]
        for j in range(here.size):
            here[j] = there[j]
        for j in range(flank):
            changed[j] = there[j]
        bases = alt[offsets[i] : offsets[i + 1]][: here.size - flank]
        middle, after = changed[flank:], changed[flank + bases.size :]
        for j in range(bases.size):
            middle[j] = bases[j]
        there = codes[starts[i] + shift[i] + flank + bases.size :]
        for j in range(after.size):
            after[j] = there[j]


def _look_up(codes: Codes, words: npt.NDArray[Any], found: npt.NDArray[Any]) -> None:
    for i in range(codes.size):
        found[i] = words[codes[i]]


def _inner_windows(codes: Codes, starts: Indices, length: int) -> Codes:
    return np.lib.stride_tricks.sliding_window_view(codes, length)[starts]


def _bad_letter(letter: str, where: str) -> UserError:
    return UserError(f"{letter!r} is not a DNA letter", where=where, expected="A, C, G, T or N")
