"""Asking a public server politely: encrypted, with a time-out, asked again after a failure that may pass.

Nothing here decides whether the network may be used at all; callers ask their user first.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import ipaddress
import json
import random
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Final, TypeVar

import refalt
from refalt.errors import StoppedByLimitError, UserError

_T = TypeVar("_T")
#: Statuses that say "later" and not "no" (RFC 9110, section 15; RFC 6585 for 429).
_LATER: Final = frozenset({408, 429, 500, 502, 503, 504})
_BLOCK: Final = 1 << 16


class BrokenAnswerError(Exception):
    """An answer came and cannot be used: cut short, not JSON, or not what was asked. It is asked for again.

    Attributes:
        progressed: Something of it was kept, so that it does not count as a failed attempt.
    """

    def __init__(self, what: str, *, progressed: bool = False) -> None:
        super().__init__(what)
        self.progressed = progressed


@dataclass(frozen=True)
class Web:
    """How servers are asked.

    Attributes:
        attempts: Of one request, the first included.
        timeout_s: Seconds without a byte after which a request has failed; four times that for a whole answer.
        first_wait_s: Ceiling of the first wait between attempts; it doubles, and the wait is uniform below it.
        longest_wait_s: Ceiling that is never passed; a server that asks for more ends the work.
        pause_s: Seconds after each answer to `ask` before the next request.
        most_bytes: Of one answer to `ask`.
        sleep, now, clock, rng: Time and chance; they change no number.
    """

    attempts: int = 6
    timeout_s: float = 60.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 120.0
    pause_s: float = 0.25
    most_bytes: int = 1 << 26
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    rng: random.Random = field(default_factory=random.Random)

    def ask(
        self,
        url: str,
        *,
        read: Callable[[bytes], _T],
        remedy: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _T:
        """What `read` makes of the answer to a GET, or to a POST of `body`.

        Args:
            url: Whole address.
            read: Gets the answer's bytes; raises `BrokenAnswerError` for an answer that should be asked for again.
            remedy: What the user can do when the server cannot be reached.
            body: Sent when given.
            headers: Beside the usual ones.

        Raises:
            StoppedByLimitError: the server does not answer now, and may later.
            UserError: the address is not encrypted, the server cannot be reached, or it refuses.
        """

        def once() -> _T:
            with self.opened(url, body=body, headers=headers) as response:
                return read(self._whole(response))

        answer = self.retrying(once, url=url, remedy=remedy)
        self.sleep(self.pause_s)
        return answer

    @contextlib.contextmanager
    def opened(
        self, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The response to one attempt; its status is 2xx."""
        request = urllib.request.Request(checked_address(url), data=body, headers=dict(headers or {}))
        request.add_header("User-Agent", f"refalt/{refalt.__version__}")
        # A proxy cannot reach this machine's own loopback.
        direct = [urllib.request.ProxyHandler({})] if _is_loopback(url) else []
        with urllib.request.build_opener(_EncryptedRedirects(), *direct).open(
            request, timeout=self.timeout_s
        ) as answer:
            yield answer

    def retrying(self, once: Callable[[], _T], *, url: str, remedy: str) -> _T:
        """Call `once` until it succeeds, at most `attempts` times without progress.

        Raises:
            UserError: as `ask`.
        """
        failed = 0
        while True:
            try:
                return once()
            except BrokenAnswerError as error:
                why, asked_wait, failed = str(error), 0.0, 0 if error.progressed else failed
            except (OSError, http.client.HTTPException) as error:
                why, asked_wait = self._why_it_may_pass(error, url, remedy)
            failed += 1
            wait = asked_wait + self.rng.uniform(0, min(self.longest_wait_s, self.first_wait_s * 2 ** (failed - 1)))
            if failed >= self.attempts or asked_wait > self.longest_wait_s:
                patience = f" and asks to wait {asked_wait:.0f} s" if asked_wait > self.longest_wait_s else ""
                raise StoppedByLimitError(
                    f"{host_of(url)} does not answer as it should", got=why + patience, remedy=remedy
                )
            self.sleep(wait)

    def _why_it_may_pass(self, error: Exception, url: str, remedy: str) -> tuple[str, float]:
        """Why an attempt failed, and the seconds the server asks to wait.

        Raises:
            UserError: the failure will not pass.
        """
        if isinstance(error, urllib.error.HTTPError):
            with error:
                if error.code in _LATER:
                    return f"status {error.code}", self._retry_after(error.headers.get("Retry-After"))
                raise UserError(f"{host_of(url)} refuses {url}", got=f"status {error.code}", remedy=remedy) from error
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, socket.gaierror | ssl.SSLCertVerificationError):
            raise UserError(f"{host_of(url)} cannot be reached", got=str(cause), remedy=remedy) from error
        if isinstance(cause, TimeoutError):
            return f"no answer within {self.timeout_s:g} s", 0.0
        return str(cause) or type(cause).__name__, 0.0

    def _retry_after(self, said: str | None) -> float:
        """Seconds in a Retry-After header, which holds a number or a date (RFC 9110, section 10.2.3)."""
        if said is None:
            return 0.0
        if said.strip().isdigit():
            return float(said)
        with contextlib.suppress(ValueError):
            return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - self.now())
        return 0.0

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        whole, end = bytearray(), self.clock() + 4 * self.timeout_s
        while block := response.read1(_BLOCK):
            whole += block
            if len(whole) > self.most_bytes:
                raise UserError(f"{host_of(response.url)} sent more than {self.most_bytes:,} bytes")
            if self.clock() > end:
                raise TimeoutError
        expected = response.headers.get("Content-Length")
        if expected is not None and expected.isdigit() and len(whole) < int(expected):
            raise BrokenAnswerError(f"{len(whole):,} of {expected} bytes")
        return bytes(whole)


class _EncryptedRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        # Only an address on this machine may send to another one on it.
        if _is_loopback(newurl) and not _is_loopback(req.full_url):
            raise UserError(f"{host_of(req.full_url)} redirects to this machine", got=newurl)
        return super().redirect_request(req, fp, code, msg, headers, checked_address(newurl))


def read_json(answer: bytes) -> object:
    """JSON of an answer.

    Raises:
        BrokenAnswerError: it is none, or cut short.
    """
    try:
        return json.loads(answer)
    except ValueError as error:
        raise BrokenAnswerError(f"{len(answer):,} bytes that are not JSON, or not all of it") from error


def checked_address(url: str) -> str:
    """The address itself.

    Raises:
        UserError: it is neither https nor on this machine.
    """
    scheme = urllib.parse.urlsplit(url).scheme
    if scheme == "https" or (scheme == "http" and _is_loopback(url)):
        return url
    raise UserError(
        "this address would be read in plain text, and what comes from it could have been changed on the way",
        where=url,
        expected="https:// (http:// only on this machine)",
        got=f"{scheme}://" if scheme else "no scheme",
    )


def host_of(url: str) -> str:
    """The machine an address names, with its port if it names one."""
    return urllib.parse.urlsplit(url).netloc.rpartition("@")[2]


def _is_loopback(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
