from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.archives import member_names, open_member, open_packed

TEXT = b"variant_id\tslope\nchr1_1_A_G_b38\t0.5\n" * 50
MEMBERS = {
    "GTEx_v8/Whole_Blood.txt.gz": gzip.compress(TEXT, mtime=0),
    "GTEx_v8/Liver.txt": TEXT,
    "README": b"read me",
}
Pack = Callable[[Path, Mapping[str, bytes]], Path]


def _tar(mode: str) -> Pack:
    def pack(folder: Path, members: Mapping[str, bytes]) -> Path:
        path = folder / "archive.tar"
        with tarfile.open(path, f"w:{mode}") as archive:
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return path

    return pack


def _zip(folder: Path, members: Mapping[str, bytes]) -> Path:
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


every_kind = pytest.mark.parametrize("pack", [_tar(""), _tar("gz"), _tar("xz"), _zip], ids=["tar", "gz", "xz", "zip"])


def _read(path: Path, member: str, most_bytes: int = 10_000) -> bytes:
    with open_member(path, member, most_bytes=most_bytes) as stream:
        return stream.read()


@every_kind
@pytest.mark.parametrize("member", ["GTEx_v8/Whole_Blood.txt.gz", "Whole_Blood.txt.gz", "GTEx_v8/Liver.txt"])
def test_open_member__gives_the_text_whatever_it_is_packed_in(pack: Pack, member: str, tmp_path: Path) -> None:
    assert _read(pack(tmp_path, MEMBERS), member) == TEXT
    assert [path.name for path in tmp_path.iterdir()] == [pack(tmp_path, MEMBERS).name]


@every_kind
def test_open_member__names_the_nearest_when_there_is_none(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no member 'Whole_Blod.txt.gz'.*Did you mean '(GTEx_v8/)?Whole_Blood.txt.gz'"):
        _read(pack(tmp_path, MEMBERS), "Whole_Blod.txt.gz")


@every_kind
def test_open_member__refuses_a_name_that_stands_for_two(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"2 members are called 'a.txt'.*x/a.txt, y/a.txt"):
        _read(pack(tmp_path, {"x/a.txt": b"1", "y/a.txt": b"2"}), "a.txt")


@every_kind
@pytest.mark.parametrize("member", ["Whole_Blood.txt.gz", "Liver.txt"])
def test_open_member__stops_at_its_cap(pack: Pack, member: str, tmp_path: Path) -> None:
    path = pack(tmp_path, MEMBERS)
    assert _read(path, member, len(TEXT)) == TEXT
    with pytest.raises(UserError, match=rf"larger than it may be.*at most {len(TEXT) - 1:,} bytes"):
        _read(path, member, len(TEXT) - 1)


@every_kind
def test_open_member__takes_little_memory_for_what_unpacks_to_much(pack: Pack, tmp_path: Path) -> None:
    path = pack(tmp_path, {"bomb.gz": gzip.compress(bytes(50_000_000), 1)})
    tracemalloc.start()
    with pytest.raises(UserError, match="larger than it may be"):
        _read(path, "bomb.gz", 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_open_member__does_not_trust_a_size_that_a_zip_declares(tmp_path: Path) -> None:
    path = _zip(tmp_path, {"a.txt": TEXT})
    packed = bytearray(path.read_bytes())
    # The uncompressed size in the local header and in the central directory (APPNOTE 4.3.7 and 4.3.12).
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = packed.index(mark) + offset
        packed[at : at + 4] = (5).to_bytes(4, "little")
    path.write_bytes(packed)
    with pytest.raises(UserError):
        assert len(_read(path, "a.txt", 100)) <= 5


@every_kind
@pytest.mark.parametrize("kept", [0.3, 0.6])
def test_open_member__says_that_an_archive_is_cut_short(pack: Pack, kept: float, tmp_path: Path) -> None:
    path = pack(tmp_path, {"a.txt": bytes(range(256)) * 200, "b.txt": TEXT})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(UserError, match="too early|damaged|neither"):
        _read(path, "a.txt", 100_000)


def test_open_member__says_that_the_member_itself_is_cut_short(tmp_path: Path) -> None:
    path = _tar("")(tmp_path, {"a.txt.gz": gzip.compress(TEXT)[:-20]})
    with pytest.raises(UserError, match=r"member a.txt.gz: the archive ends too early"):
        _read(path, "a.txt.gz")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_open_member__follows_no_link(kind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(UserError, match="not a file that can be read"):
        _read(path, "a.txt")


def test_open_member__reads_names_that_would_leave_the_folder_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    assert _read(_tar("")(folder, {"../../evil.txt": TEXT}), "evil.txt") == TEXT
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "archive.tar"]


@pytest.mark.parametrize(("content", "expected"), [(None, "no such file"), (b"text", "neither a tar nor a zip")])
def test_open_member__says_that_there_is_no_archive(content: bytes | None, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=expected):
        _read(path, "a.txt")


@every_kind
def test_member_names__lists_the_files_of_an_archive(pack: Pack, tmp_path: Path) -> None:
    assert member_names(pack(tmp_path, MEMBERS)) == tuple(MEMBERS)


def test_member_names__something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive.tar").write_bytes(b"no archive at all")
    with pytest.raises(UserError, match="damaged"):
        member_names(tmp_path / "archive.tar")


def test_open_packed__gives_the_text_of_a_file_up_to_its_cap(tmp_path: Path) -> None:
    (tmp_path / "t.gz").write_bytes(gzip.compress(TEXT, mtime=0))
    with open_packed(tmp_path / "t.gz", most_bytes=len(TEXT)) as stream:
        assert stream.read() == TEXT
    with pytest.raises(UserError, match="larger"), open_packed(tmp_path / "t.gz", most_bytes=100) as stream:
        stream.read()
