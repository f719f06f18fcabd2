"""This machine and others, told apart by their addresses."""

from __future__ import annotations

import pytest

from refalt.errors import UserError
from refalt.models.alphagenome.address import HOSTED, parse_address


@pytest.mark.parametrize(
    ("text", "shown", "loopback", "origin"),
    [
        (HOSTED, HOSTED, False, ""),
        (f"dns:///{HOSTED}", HOSTED, False, ""),
        (f"https://{HOSTED}", HOSTED, False, ""),
        ("127.0.0.1:50051", "127.0.0.1:50051", True, "loopback"),
        ("http://127.1.2.3:80", "127.1.2.3:80", True, "loopback"),
        ("localhost:50051", "localhost:50051", True, "loopback"),
        ("[::1]:50051", "[::1]:50051", True, "loopback"),
        ("genomics.example.org:443", "genomics.example.org:443", False, "genomics.example.org"),
        ("10.0.0.1:443", "10.0.0.1:443", False, "10.0.0.1"),
        ("localhost.example.org:443", "localhost.example.org:443", False, "localhost.example.org"),
    ],
)
def test_parse_address__knows_this_machine_from_others(text: str, shown: str, loopback: bool, origin: str) -> None:
    address = parse_address(text)
    assert (str(address), address.is_loopback, address.origin) == (shown, loopback, origin)


@pytest.mark.parametrize(
    "text", ["http://genomics.example.org:80", "grpc://10.0.0.1:50051", "http://127.0.0.1.example.org:80"]
)
def test_parse_address__refuses_plain_text_to_another_machine(text: str) -> None:
    with pytest.raises(UserError, match="plain text, and the API key with it"):
        parse_address(text)


@pytest.mark.parametrize("text", ["", "here", "host:port", "ftp://host:1", "host:1/path", "user@host:1", "unix:/x"])
def test_parse_address__refuses_what_is_none(text: str) -> None:
    with pytest.raises(UserError, match="not an address"):
        parse_address(text)
