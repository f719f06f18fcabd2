from __future__ import annotations

import dataclasses
import fcntl
import gzip
import hashlib
import resource
import signal
from pathlib import Path

import pytest

from refalt.errors import UserError
from refalt.sources.download import download, recorded_sha256
from refalt.sources.public_file import PublicFile
from refalt.sources.web import Web

from .conftest import Answer, Asked, LocalServer

BODY = bytes(range(256)) * 40
SHA256, MD5 = hashlib.sha256(BODY).hexdigest(), hashlib.md5(BODY, usedforsecurity=False).hexdigest()


def _ranges(asked: Asked, *, tag: str = '"v1"', body: bytes = BODY, cut: int | None = None) -> Answer:
    """As a server that takes Range and If-Range: `cut` bytes an answer."""
    headers = {"ETag": tag}
    begin = int(asked.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
    if "Range" not in asked.headers or asked.headers["If-Range"] != tag:
        return Answer(body, headers=headers, cut=cut)
    if begin >= len(body):
        return Answer(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    place = {"Content-Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"}
    return Answer(body[begin:], status=206, headers=headers | place, cut=cut)


@pytest.fixture
def published(server: LocalServer) -> PublicFile:
    """A file that the server publishes without a digest."""
    server.reply = _ranges
    return PublicFile(f"{server.url}/files/peaks.bed.gz?download=1")


def test_download__keeps_the_file_and_its_digest_and_nothing_else(
    published: PublicFile, tmp_path: Path, web: Web
) -> None:
    path = download(published, tmp_path / "cache", web=web)
    assert path.read_bytes() == BODY
    assert recorded_sha256(path) == SHA256
    assert sorted(each.name for each in path.parent.iterdir()) == ["peaks.bed.gz", "peaks.bed.gz.sha256"]


def test_download__asks_nobody_when_the_file_is_there(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    for _ in range(2):
        download(published, tmp_path, web=web)
    assert len(server.asked) == 1


def test_download__refuses_a_kept_file_that_was_changed(published: PublicFile, tmp_path: Path, web: Web) -> None:
    path = download(published, tmp_path, web=web)
    path.write_bytes(BODY[1:])
    with pytest.raises(UserError, match="not the file it should be"):
        download(published, tmp_path, web=web)
    assert path.is_file()


def test_download__refuses_a_publication_that_changed(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    download(published, tmp_path, web=web).unlink()
    server.reply = lambda asked: _ranges(asked, body=BODY[1:])
    with pytest.raises(UserError, match=rf"{SHA256}.*not what it was when it was first fetched"):
        download(published, tmp_path, web=web)
    assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == ["peaks.bed.gz.sha256"]


@pytest.mark.parametrize("digest", [f"sha256:{SHA256}", f"md5:{MD5.upper()}"])
def test_download__takes_a_file_with_its_published_digest(
    published: PublicFile, tmp_path: Path, web: Web, digest: str
) -> None:
    assert download(dataclasses.replace(published, digest=digest), tmp_path, web=web).read_bytes() == BODY


def test_download__refuses_another_digest_and_keeps_nothing_of_it(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    wrong = dataclasses.replace(published, digest="md5:" + "0" * 32, page="https://example.org/page")
    for _ in range(2):
        with pytest.raises(UserError, match=rf"Expected md5:0+; got md5:{MD5}.*https://example.org/page"):
            download(wrong, tmp_path, web=web)
    assert len(server.asked) == 2
    assert not list(tmp_path.glob("*peaks.bed.gz")) + list(tmp_path.glob(".*.part"))


def test_download__goes_on_where_each_transfer_broke_off(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    server.reply = lambda asked: _ranges(asked, cut=1000)
    # 11 transfers with only four attempts: one that brought something is no failure.
    assert download(published, tmp_path, web=web).read_bytes() == BODY
    assert [asked.headers.get("Range") for asked in server.asked[:3]] == [None, "bytes=1000-", "bytes=2000-"]
    assert len(server.asked) == 11


def test_download__goes_on_in_another_process(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    server.reply = lambda asked: _ranges(asked, cut=1000) if len(server.asked) == 1 else Answer(status=503)
    with pytest.raises(UserError, match="status 503"):
        download(published, tmp_path, web=web)
    server.reply = _ranges
    assert download(published, tmp_path, web=web).read_bytes() == BODY
    assert server.asked[-1].headers["Range"] == "bytes=1000-"


def test_download__starts_again_when_the_publication_changed_meanwhile(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    later = BODY[:100:-20]
    server.reply = lambda asked: (
        _ranges(asked, cut=1000) if len(server.asked) == 1 else _ranges(asked, tag='"v2"', body=later)
    )
    assert download(published, tmp_path, web=web).read_bytes() == later


def test_download__starts_again_when_the_server_names_no_version(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    server.script, server.reply = [Answer(BODY, cut=1000), Answer(BODY)], None
    assert download(published, tmp_path, web=web).read_bytes() == BODY
    assert "Range" not in server.asked[1].headers


def test_download__gives_up_when_nothing_more_comes(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    server.script, server.reply = [Answer(BODY, cut=1000)], None
    with pytest.raises(UserError, match=r"1,000 of 10,240 bytes|IncompleteRead"):
        download(published, tmp_path, web=web)
    assert len(server.asked) == 4
    assert not (tmp_path / "peaks.bed.gz").exists()


def test_download__gives_up_when_going_on_brings_nothing(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    server.reply = lambda asked: _ranges(asked, cut=1000 if len(server.asked) == 1 else 0)
    with pytest.raises(UserError, match="does not answer as it should"):
        download(published, tmp_path, web=web)
    assert len(server.asked) == 4


def test_download__says_that_the_disk_is_full(published: PublicFile, tmp_path: Path, web: Web) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(UserError, match="cannot write"):
            download(published, tmp_path, web=web)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_download__starts_again_when_what_is_there_is_longer_than_the_file(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    server.reply = lambda asked: _ranges(asked, cut=1000) if len(server.asked) == 1 else Answer(status=503)
    with pytest.raises(UserError):
        download(published, tmp_path, web=web)
    (tmp_path / ".peaks.bed.gz.part").write_bytes(BODY * 2)
    server.reply = _ranges
    assert download(published, tmp_path, web=web).read_bytes() == BODY


def test_download__refuses_another_part_than_it_asked_for(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web
) -> None:
    # As long as what is missing, but the beginning of the file and not its end.
    place = {"ETag": '"v1"', "Content-Range": f"bytes 0-1239/{len(BODY)}"}
    wrong = Answer(BODY[:1240], status=206, headers=place)
    server.reply = lambda asked: wrong if len(server.asked) == 2 else _ranges(asked, cut=9000)
    assert download(published, tmp_path, web=web).read_bytes() == BODY


@pytest.mark.parametrize("declared", [True, False])
def test_download__refuses_more_than_its_cap(
    published: PublicFile, server: LocalServer, tmp_path: Path, web: Web, declared: bool
) -> None:
    headers = {} if declared else {"Content-Length": "unknown"}
    server.script, server.reply = [Answer(BODY, headers=headers)], None
    with pytest.raises(UserError, match=r"larger than it may be.*at most 10,239 bytes.*by hand"):
        download(dataclasses.replace(published, most_bytes=len(BODY) - 1), tmp_path, web=web)
    assert len(server.asked) == 1
    assert (tmp_path / ".peaks.bed.gz.part").stat().st_size == 0


def test_download__refuses_a_web_page(published: PublicFile, server: LocalServer, tmp_path: Path, web: Web) -> None:
    server.script, server.reply = [Answer(b"\n<!DOCTYPE html><html>Please log in</html>")], None
    with pytest.raises(UserError, match="sent a web page instead of the file"):
        download(published, tmp_path, web=web)
    assert not list(tmp_path.glob("peaks*"))


def test_download__says_what_to_do_by_hand(server: LocalServer, tmp_path: Path, web: Web) -> None:
    file = PublicFile(f"{server.url}/GSE31388.txt.gz", name="dsqtl.txt.gz", page="https://example.org/GSE31388")
    with pytest.raises(UserError) as raised:
        download(file, tmp_path, web=web)
    assert f"get it by hand from https://example.org/GSE31388 and put it as dsqtl.txt.gz into {tmp_path}" in str(
        raised.value
    )


def test_download__leaves_a_file_to_the_process_that_is_fetching_it(
    published: PublicFile, tmp_path: Path, web: Web
) -> None:
    with (tmp_path / ".peaks.bed.gz.part").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another process is fetching peaks.bed.gz"):
            download(published, tmp_path, web=web)


def test_download__tells_how_far_it_is(published: PublicFile, tmp_path: Path, web: Web) -> None:
    seen: list[tuple[int, int | None]] = []
    download(published, tmp_path, web=web, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(BODY), len(BODY))


def test_file_name__is_the_end_of_the_address() -> None:
    assert PublicFile("https://example.org/a/b%2Bc.txt?x=1").file_name == "b+c.txt"


PACKED = gzip.compress(BODY, mtime=0)


def _packed(server: LocalServer, digest: str = "") -> PublicFile:
    server.reply = lambda asked: _ranges(asked, body=PACKED)
    return PublicFile(f"{server.url}/bigZips/toy.fa.gz", digest=digest, unpacked=True)


def test_download__unpacks_what_is_kept_unpacked_and_holds_the_packed_file_against_its_digest(
    server: LocalServer, tmp_path: Path, web: Web
) -> None:
    file = _packed(server, f"sha256:{hashlib.sha256(PACKED).hexdigest()}")
    for _ in range(2):
        assert download(file, tmp_path, web=web).read_bytes() == BODY
    assert sorted(each.name for each in tmp_path.iterdir()) == ["toy.fa", "toy.fa.sha256"]
    assert recorded_sha256(tmp_path / "toy.fa") == SHA256
    assert len(server.asked) == 1


@pytest.mark.parametrize("digest", ["md5:" + "0" * 32, "sha256:" + SHA256])
def test_download__keeps_nothing_of_a_packed_file_with_another_digest(
    server: LocalServer, tmp_path: Path, web: Web, digest: str
) -> None:
    with pytest.raises(UserError, match=f"toy.fa is not the file it should be.*Expected {digest}"):
        download(_packed(server, digest), tmp_path, web=web)
    assert not [each for each in tmp_path.iterdir() if not each.name.startswith(".")]


def test_download__a_packed_file_that_is_damaged_leaves_nothing(server: LocalServer, tmp_path: Path, web: Web) -> None:
    file = _packed(server)
    server.reply = lambda asked: _ranges(asked, body=PACKED[:-20])
    with pytest.raises(UserError, match="ends too early or is damaged"):
        download(file, tmp_path, web=web)
    assert not (tmp_path / "toy.fa").exists()
    server.reply = lambda asked: _ranges(asked, body=PACKED)
    assert download(file, tmp_path, web=web).read_bytes() == BODY
