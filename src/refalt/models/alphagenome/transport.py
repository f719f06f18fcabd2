"""The way to the service: where it is, the key, and what its status codes mean.

The key is read from the environment when a channel is opened, goes into the metadata of each call and nowhere else.
It leaves this machine encrypted or not at all: an address that is not this machine itself is reached with TLS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import grpc
import grpc.experimental

from refalt.errors import API_KEY_VARIABLE, UserError, redact
from refalt.models.alphagenome.address import Address
from refalt.models.alphagenome.troubles import DeniedError, RefusedError, TransientError

_NO_LIMITS: Final = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
#: Without a thread of its own for each call, a short answer costs half.
_SINGLE_THREAD: Final = ((grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1),)
_STATUS: Final = grpc.StatusCode
_TRANSIENT: Final = {
    _STATUS.UNAVAILABLE: False,
    _STATUS.INTERNAL: False,
    _STATUS.UNKNOWN: False,
    _STATUS.ABORTED: False,
    _STATUS.RESOURCE_EXHAUSTED: True,
    _STATUS.DEADLINE_EXCEEDED: True,
}
_DENIED: Final = (_STATUS.UNAUTHENTICATED, _STATUS.PERMISSION_DENIED)


def read_key() -> str:
    """The API key.

    Raises:
        UserError: it is not set, or is not a key.
    """
    key = os.environ.get(API_KEY_VARIABLE, "").strip()
    if not key:
        raise UserError(
            "there is no API key",
            where=f"${API_KEY_VARIABLE}",
            expected="the key for AlphaGenome",
            remedy=f"get one at https://deepmind.google.com/science/alphagenome and set {API_KEY_VARIABLE} to it; "
            "it is read from nowhere else",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UserError("the API key holds characters that no key has", where=f"${API_KEY_VARIABLE}")
    return key


class Line:
    """An open channel with the key's metadata. It cannot be copied or pickled, because the key would go along."""

    def __init__(self, address: Address, *, key: str) -> None:
        """Open the channel; nothing is sent yet."""
        self.address = address
        self._metadata = (("x-goog-api-key", key),)
        self._secret = key.encode()
        options = [*_NO_LIMITS, *_SINGLE_THREAD]
        if address.is_loopback:
            # A proxy named in the environment would see the key in plain text.
            self._channel = grpc.insecure_channel(str(address), options=[*options, ("grpc.enable_http_proxy", 0)])
        else:
            self._channel = grpc.secure_channel(str(address), grpc.ssl_channel_credentials(), options=options)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("an open line to the service cannot be pickled; it carries the API key")

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait for the service to take the connection.

        Raises:
            UserError: it does not within the time.
        """
        ready = grpc.channel_ready_future(self._channel)
        try:
            ready.result(timeout=timeout_s)
        except grpc.FutureTimeoutError:
            ready.cancel()
        else:
            return
        raise UserError(
            f"{self.address} cannot be reached",
            expected=f"an answer within {timeout_s:g} s",
            remedy="check the network, a proxy or firewall and the address; what was answered before is kept",
        )

    def call(self, method: str, request: Any, answer: Any, *, timeout_s: float) -> Iterator[Any]:
        """Send one request and give the messages that come back.

        Every method of the service but metadata takes a stream of requests; on the wire one request is such a
        stream, and asking this way saves a thread per call.

        Args:
            method: Full name, "/package.Service/Method".
            request: The message to send.
            answer: Class of the messages that come back.
            timeout_s: For the whole answer.

        Raises:
            TransientError, RefusedError, DeniedError: by status code.
        """
        ask = self._channel.unary_stream(
            method, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString
        )
        return self._translated(lambda: ask(request, metadata=self._metadata, timeout=timeout_s))

    def call_once(self, method: str, request: Any, answer: Any, *, timeout_s: float) -> Any:
        """Like `call`, for a method that answers with one message."""
        ask = self._channel.unary_unary(
            method, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString
        )
        return next(self._translated(lambda: iter([ask(request, metadata=self._metadata, timeout=timeout_s)])))

    def refuse_echo(self, content: bytes) -> None:
        """Refuse content in which the service sends the key back, so that it is never kept."""
        if self._secret in content:
            raise RefusedError("the service sent the API key back in its answer; the answer is not kept")

    def close(self) -> None:
        """Break off every call."""
        self._channel.close()

    def _translated(self, start: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        call = None
        try:
            call = start()
            yield from call
        except grpc.RpcError as error:
            trouble = _trouble(error, self.address)
        except ValueError as error:
            # grpc's own word for a channel that was closed meanwhile.
            trouble = TransientError(f"the connection was closed: {error}")
        else:
            return
        finally:
            if isinstance(call, grpc.Call):
                call.cancel()
            # Not even a traceback with variables may hold what the service said in full: it can send the key back.
            call = None
        raise trouble


def _trouble(error: grpc.RpcError, address: Address) -> Exception:
    code = error.code() if isinstance(error, grpc.Call) else _STATUS.UNKNOWN
    details = (error.details() or "") if isinstance(error, grpc.Call) else ""
    text = redact(f"{code.name}: {details}" if details else code.name)
    # Google's services call a wrong key an invalid argument.
    if code in _DENIED or (code is _STATUS.INVALID_ARGUMENT and "api key" in details.lower()):
        return DeniedError(
            f"{address} does not accept the API key",
            where=f"${API_KEY_VARIABLE}",
            got=text,
            remedy="correct the key; what was answered before is kept",
        )
    if code in _TRANSIENT:
        return TransientError(text, overloaded=_TRANSIENT[code])
    return RefusedError(text)
