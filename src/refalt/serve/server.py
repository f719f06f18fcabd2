"""The gRPC server: listens on the loopback address, checks keys, caps what comes in, and hands calls to services."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NoReturn

import grpc

from refalt.errors import UserError
from refalt.serve.methods import Answer, Call, Gate, Message, Method, RefusedError, Service

KEY_HEADER: Final = "x-goog-api-key"
LOOPBACK: Final = "127.0.0.1"
#: Fits a sequence of 1,048,576 letters, the longest request there is, with room to spare.
LARGEST_REQUEST: Final = 4 * 1024 * 1024


@dataclass(frozen=True)
class RunningServer:
    """A server that is listening; also a context manager that stops it.

    Attributes:
        address: host:port, as a gRPC channel takes it.
        port: The port, chosen by the system where 0 was asked for.
    """

    address: str
    port: int
    _server: Any

    def stop(self, grace: float = 0.0) -> None:
        """Refuse further calls, cancel those still running after `grace` seconds, and return when all is quiet."""
        self._server.stop(grace).wait()

    def wait(self) -> None:
        """Return when the server has been stopped."""
        self._server.wait_for_termination()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(
    *services: Service,
    host: str = LOOPBACK,
    port: int = 0,
    max_workers: int = 8,
    queue: int = 256,
    api_key: str | None = None,
    gate: Gate | None = None,
    largest_request: int = LARGEST_REQUEST,
) -> RunningServer:
    """Start serving, in threads of this process; returns at once.

    Traffic is not encrypted, so the address is the loopback one unless another is asked for.

    Args:
        services: What to serve.
        host: Address to listen on.
        port: Port; 0 lets the system choose.
        max_workers: Calls answered at the same time.
        queue: Further calls that may wait; beyond them a call is refused with RESOURCE_EXHAUSTED.
        api_key: What `x-goog-api-key` must hold; None asks for no key.
        gate: Stands between the server and its services.
        largest_request: Bytes of the longest request message; a longer one is refused with RESOURCE_EXHAUSTED.

    Raises:
        UserError: the address cannot be listened on.
    """
    server = grpc.server(
        ThreadPoolExecutor(max_workers, thread_name_prefix="refalt-serve"),
        maximum_concurrent_rpcs=max_workers + queue,
        options=[
            ("grpc.max_receive_message_length", largest_request),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
    )
    handlers: dict[str, dict[str, Any]] = {}
    for method in chain.from_iterable(service.methods() for service in services):
        handlers.setdefault(method.service, {})[method.name] = _handler(method, gate, api_key)
    for name, of_service in handlers.items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, of_service),))
    bound = _listen(server, host, port)
    server.start()
    return RunningServer(f"{host}:{bound}", bound, server)


def _listen(server: Any, host: str, port: int) -> int:
    try:
        bound: int = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise UserError(
            f"cannot listen on {host}:{port}",
            got=str(error),
            remedy="choose another port, or port 0 for any that is free; another server may be running",
        ) from error
    return bound


def _handler(method: Method, gate: Gate | None, api_key: str | None) -> Any:
    """The gRPC handler of one method, in the arity that the protocol gives it."""

    def answers(requests: Iterable[Message], context: Any) -> Iterator[Message]:
        headers = {name: value for name, value in context.invocation_metadata() if isinstance(value, str)}
        wait = _waiter(context)
        try:
            _check_key(headers, api_key)
            for request in requests:
                call = Call(method.name, request, headers, wait)
                yield from _answer(call, method.answer, gate)
        except RefusedError as refusal:
            _abort(context, refusal)
        except UserError as error:
            _abort(context, RefusedError("INVALID_ARGUMENT", str(error)))

    def one(requests: Iterable[Message], context: Any) -> Message:
        (message,) = answers(requests, context)
        return message

    chosen: Callable[..., Any] = answers if method.streams_answer else one
    behaviour = chosen if method.streams_request else lambda request, context: chosen([request], context)
    arity = f"{_side(method.streams_request)}_{_side(method.streams_answer)}_rpc_method_handler"
    return getattr(grpc, arity)(behaviour, method.request.FromString, method.encode)


def _side(streams: bool) -> str:
    return "stream" if streams else "unary"


def _answer(call: Call, answer: Answer, gate: Gate | None) -> Iterator[Message]:
    return answer(call) if gate is None else gate(call, answer)


def _waiter(context: Any) -> Callable[[float], bool]:
    gone = threading.Event()
    if not context.add_callback(gone.set):
        gone.set()
    return gone.wait


def _check_key(headers: dict[str, str], expected: str | None) -> None:
    """The two refusals with which Google's services meet a missing and a wrong key."""
    if expected is None:
        return
    given = headers.get(KEY_HEADER)
    if not given:
        raise RefusedError("PERMISSION_DENIED", "Requests need an API key, and none was sent.")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise RefusedError("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")


def _abort(context: Any, refusal: RefusedError) -> NoReturn:
    context.abort(grpc.StatusCode[refusal.code], refusal.message)
    raise AssertionError("abort always raises")
