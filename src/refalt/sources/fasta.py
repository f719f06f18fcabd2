"""A genome as published: FASTA, plain or compressed, read into byte codes one contig at a time."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import mmap
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from refalt.errors import UserError, unknown_name
from refalt.sequences import CODE_OF_BYTE, LETTERS, N_CODE, Codes
from refalt.sources.intervals import ContigColumn, PositionColumn, contig_numbers, positions_of

Text = bytes | bytearray | mmap.mmap
_BLANKS: Final = b"\n\r\t "
#: As in `sequences`, but an IUPAC ambiguity code is N: published assemblies hold a few.
_GENOME_CODE: Final = bytes(N_CODE if byte in b"RYSWKMBDHVryswkmbdhv" else CODE_OF_BYTE[byte] for byte in range(256))
_REGION: Final = re.compile(r"(?P<contig>.+):(?P<first>[0-9]+)-(?P<last>[0-9]+)")
_LETTER_OF_CODE: Final = np.frombuffer(LETTERS, dtype=np.uint8)
_BLOCK: Final = 1 << 24
_GZIP_MAGIC: Final = b"\x1f\x8b"
#: The empty block that ends every complete bgzip file (SAM specification, section 4.1.2).
BGZF_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one contig: its text is bytes `begin` to `end` of the file, its first base is 0-based `start`."""

    begin: int
    end: int
    region: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Genome:
    """The sequence of an assembly, or of slices of it, held as byte codes (A=0, C=1, G=2, T=3, N=4).

    A plain file is mapped, so only contigs that are asked for are read. A compressed one is decompressed into
    memory whole. Ambiguity codes are read as N.

    A contig is found by its name as given, else with or without "chr", and M under MT (`contig_spellings`).
    Where the header names a region, as `chr8:11496144-11627216`, the sequence lies at that place of the contig,
    which is N before it and ends with it. The region is 0-based half-open or 1-based inclusive; the number
    of letters says which.

    Attributes:
        assembly: as declared by the caller; nothing in a FASTA says it.
        where: the file, for messages.
    """

    assembly: str
    where: str
    _text: Text = field(repr=False)
    _pieces: Mapping[str, tuple[_Piece, ...]] = field(repr=False)
    _decoded: dict[str, Codes] = field(repr=False, default_factory=dict)

    @property
    def contigs(self) -> tuple[str, ...]:
        """Names as in the file, in its order."""
        return tuple(self._pieces)

    @cached_property
    def lengths(self) -> Mapping[str, int]:
        """Contig -> length in bases; of a contig known by regions, the end of the last one."""
        return {name: max(map(self._end_of, pieces)) for name, pieces in self._pieces.items()}

    @cached_property
    def digest(self) -> str:
        """sha256 over the names and `contig_digest` of all contigs, sorted: line width, case and order don't count."""
        lines = (f"{name}\t{self.contig_digest(name)}\n" for name in sorted(self._pieces))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def contig_digest(self, contig: str) -> str:
        """sha256 of the contig's byte codes, in hexadecimal."""
        return hashlib.sha256(self.codes(contig).data).hexdigest()

    def has(self, contig: str) -> bool:
        """Whether the contig is there, under any of its spellings."""
        return bool(contig_numbers([contig], self.contigs)[0] >= 0)

    def codes(self, contig: str) -> Codes:
        """uint8[contig length], read-only; base `pos` is at index `pos - 1`.

        Raises:
            UserError: no such contig, or its sequence holds something other than DNA letters.
        """
        number = int(contig_numbers([contig], self.contigs)[0])
        if number < 0:
            raise unknown_name("contig", contig, self.contigs, where=self.where)
        name = self.contigs[number]
        if name not in self._decoded:
            self._decoded[name] = self._decode(name)
        return self._decoded[name]

    def bases_at(self, contig: ContigColumn, pos: PositionColumn, length: PositionColumn) -> pl.Series:
        """What the genome reads at each position, in upper case: String[n].

        Args:
            contig: n names.
            pos: int[n], 1-based position of the first base.
            length: int[n] or one int, number of bases, at least 1.

        Returns:
            n strings; null where the contig is missing, the span runs off it, or a number is null.
        """
        first = positions_of(pos) - 1
        lengths = np.broadcast_to(np.maximum(positions_of(length), 0), first.shape)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        letters = np.full(int(offsets[-1]), ord("N"), dtype=np.uint8)
        known = np.zeros(first.size, dtype=np.bool_)
        numbers = contig_numbers(contig, self.contigs)
        for number in np.unique(numbers[numbers >= 0]):
            codes = self.codes(self.contigs[number])
            rows = np.flatnonzero((numbers == number) & (first >= 0) & (lengths > 0) & (first + lengths <= codes.size))
            known[rows] = True
            within = _counting(lengths[rows])
            source = np.repeat(first[rows], lengths[rows]) + within
            letters[np.repeat(offsets[rows], lengths[rows]) + within] = _LETTER_OF_CODE[codes[source]]
        return _strings(letters, offsets).zip_with(pl.Series(known), pl.Series([None], dtype=pl.String))

    def _end_of(self, piece: _Piece) -> int:
        return piece.region[1] if piece.region else _count_letters(self._text, piece.begin, piece.end)

    def _decode(self, name: str) -> Codes:
        pieces = self._pieces[name]
        parts = [self._decode_piece(name, piece) for piece in pieces]
        if pieces[0].region is None:
            return parts[0]
        codes = np.full(max(map(self._end_of, pieces)), N_CODE, dtype=np.uint8)
        for piece, part in zip(pieces, parts, strict=True):
            assert piece.region is not None
            codes[piece.region[0] : piece.region[1]] = part
        codes.flags.writeable = False
        return codes

    def _decode_piece(self, name: str, piece: _Piece) -> Codes:
        raw = self._text[piece.begin : piece.end]
        codes = np.frombuffer(raw.translate(_GENOME_CODE, _BLANKS), dtype=np.uint8)
        if codes.size and codes.max() > N_CODE:
            letter = raw.translate(None, _BLANKS)[int(np.argmax(codes > N_CODE))]
            line = self._text[: piece.begin].count(b"\n") + raw[: raw.index(letter)].count(b"\n") + 1
            raise UserError(
                f"the sequence of {name} holds {chr(letter)!r}",
                where=f"{self.where}, line {line}",
                expected="DNA letters, or IUPAC codes, which are read as N",
            )
        return codes


def open_genome(path: Path, assembly: str) -> Genome:
    """Find the contigs of a FASTA file (plain, gzip or bgzip); sequences are read when they are asked for.

    Args:
        path: the file.
        assembly: the caller's word for what it holds.

    Raises:
        UserError: the file is missing, empty, not FASTA or cut short; a contig is there twice; or a header
            names a region that its sequence does not fill.
    """
    return _find_contigs(_read_whole(path), assembly, str(path))


def genome_from_sequences(sequences: Mapping[str, str], assembly: str) -> Genome:
    """A genome that is in no file: contig name -> sequence, by the same rules as `open_genome`."""
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items())
    return _find_contigs(text.encode(), assembly, f"the sequences of {assembly}")


def _read_whole(path: Path) -> Text:
    """A file's bytes, decompressed if it is gzip or bgzip; a plain file is mapped, not copied.

    Raises:
        UserError: the file is missing, empty, cut short or damaged.
    """
    if not path.is_file():
        raise UserError("there is no such file", where=str(path), remedy="check the name and the folder")
    with path.open("rb") as stream:
        if not stream.read(1):
            raise UserError("the file is empty", where=str(path), remedy="fetch it again")
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[:2] != _GZIP_MAGIC:
        return mapped
    text = _decompress(path)
    if mapped[12:14] == b"BC" and not mapped[-len(BGZF_END) :] == BGZF_END:
        raise _cut_short(path, text, "the block that ends a bgzip file is missing")
    return text


def _decompress(path: Path) -> bytearray:
    text = bytearray()
    try:
        with gzip.open(path) as stream:
            while block := stream.read(_BLOCK):
                text += block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _cut_short(path, text, str(error)) from error
    if not text:
        raise UserError("the file is empty", where=str(path), remedy="fetch it again")
    return text


def _cut_short(path: Path, text: bytearray, reason: str) -> UserError:
    lines = text.count(b"\n")
    return UserError(
        "the compressed file is cut short or damaged",
        where=f"{path}, after line {lines}",
        got=reason,
        remedy="fetch it again and compare its size or digest with the source's",
    )


def _find_contigs(text: Text, assembly: str, where: str) -> Genome:
    headers = _header_starts(text)
    if not headers or _count_letters(text, 0, headers[0]):
        raise UserError("this is not a FASTA file", where=where, expected="a line that begins with '>'")
    found: dict[str, list[_Piece]] = {}
    for begin, end in zip(headers, [*headers[1:], len(text)], strict=True):
        line_end = text.find(b"\n", begin, end)
        line_end = end if line_end < 0 else line_end
        words = bytes(text[begin + 1 : line_end]).split(maxsplit=1)
        name = words[0].decode("utf-8", "replace") if words else ""
        contig, region = (
            _region_of(name, _count_letters(text, line_end, end), where) if _REGION.fullmatch(name) else (name, None)
        )
        found.setdefault(contig, []).append(_Piece(line_end, end, region))
    for contig, pieces in found.items():
        _refuse_overlap(contig, pieces, where)
    return Genome(assembly, where, text, {contig: tuple(pieces) for contig, pieces in found.items()})


def _header_starts(text: Text) -> list[int]:
    """Offsets of '>' at the beginning of a line; one inside a line belongs to a description."""
    view = np.frombuffer(text, dtype=np.uint8)
    blocks = range(0, view.size, _BLOCK)
    signs = np.concatenate([np.flatnonzero(view[at : at + _BLOCK] == ord(">")) + at for at in blocks])
    return [int(at) for at in signs if at == 0 or view[at - 1] in b"\r\n"]


def _count_letters(text: Text, begin: int, end: int) -> int:
    view = np.frombuffer(text, dtype=np.uint8)[begin:end]
    return sum(int(np.count_nonzero(view[at : at + _BLOCK] > ord(" "))) for at in range(0, view.size, _BLOCK))


def _region_of(name: str, n_letters: int, where: str) -> tuple[str, tuple[int, int]]:
    match = _REGION.fullmatch(name)
    assert match is not None
    first, last = int(match["first"]), int(match["last"])
    for start in (first, first - 1):
        if last - start == n_letters and start >= 0:
            return match["contig"], (start, last)
    raise UserError(
        f"the sequence does not fill the region its header names, {name}",
        where=where,
        expected=f"{last - first} letters (0-based, end excluded) or {last - first + 1} (1-based, end included)",
        got=f"{n_letters} letters",
        remedy="cut the slice again, or name the header after the contig alone",
    )


def _refuse_overlap(contig: str, pieces: list[_Piece], where: str) -> None:
    regions = sorted(piece.region or (0, np.iinfo(np.int64).max) for piece in pieces)
    if any(after[0] < before[1] for before, after in itertools.pairwise(regions)):
        raise UserError(f"contig {contig!r} is there more than once", where=where, remedy="keep one of them")


def _counting(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0, 1, ... up to each length in turn: [2, 3] gives [0, 1, 0, 1, 2]."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if ends.size else 0) - np.repeat(ends - lengths, lengths)


def _strings(letters: Codes, offsets: npt.NDArray[np.int64]) -> pl.Series:
    import pyarrow as pa

    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    column = pl.from_arrow(pa.LargeStringArray.from_buffers(offsets.size - 1, *buffers[1:]))
    assert isinstance(column, pl.Series)
    return column
