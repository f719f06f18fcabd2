"""Where a service listens, and whether plain text may go there."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from refalt.errors import UserError

HOSTED: Final = "gdmscience.googleapis.com:443"
_ADDRESS: Final = re.compile(r"(?P<scheme>[a-z]+://)?(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True)
class Address:
    """Where a service listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine itself, which plain text may reach."""
        if self.host == "localhost":
            return True
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        return False

    @property
    def origin(self) -> str:
        """Whose answers come from there, "" for the hosted service: keeps a test server's answers apart from it."""
        if f"{self.host}:{self.port}" == HOSTED:
            return ""
        return "loopback" if self.is_loopback else self.host.strip("[]").replace(":", "_")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read "host:port", also with "dns://" or "https://" before it.

    Raises:
        UserError: it is neither, or asks for plain text to another machine.
    """
    match = _ADDRESS.fullmatch(text.strip().removeprefix("dns:///"))
    if match is None or (match["scheme"] or "https://") not in ("https://", "http://", "grpc://"):
        raise UserError("this is not an address", where="address", expected="host:port", got=repr(text))
    address = Address(match["host"].lower(), int(match["port"]))
    if match["scheme"] in ("http://", "grpc://") and not address.is_loopback:
        raise UserError(
            f"{address} would be reached in plain text, and the API key with it",
            where="address",
            expected="an encrypted connection to any machine but this one",
            got=repr(text),
            remedy=f"write {address}, which is reached with TLS",
        )
    return address
