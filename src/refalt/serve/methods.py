"""What a service is to the server: its remote methods, and how a method says no.

Nothing here knows gRPC: a service turns one request message into answer messages, or refuses it with the name of a
gRPC status. The server alone turns these into calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

#: A protobuf message; the generated classes carry no types.
Message = Any


class RefusedError(Exception):
    """A request that gets an error status instead of an answer.

    Attributes:
        code: Name of a gRPC status, as "INVALID_ARGUMENT".
        message: What the client is told.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


def invalid(message: str) -> RefusedError:
    """The refusal of a request that can never be answered."""
    return RefusedError("INVALID_ARGUMENT", message)


@dataclass(frozen=True)
class Call:
    """One request, as it reached the server.

    Attributes:
        method: Short name, as "ScoreVariant".
        request: The message.
        metadata: Headers sent with the call, names in lower case.
        wait: Sleeps for so many seconds; returns early, with True, when the client is gone.
    """

    method: str
    request: Message
    metadata: Mapping[str, str]
    wait: Callable[[float], bool]


Answer = Callable[[Call], Iterator[Message]]
#: Stands between server and service: gets the call and the way to answer it, and yields what is to be sent.
Gate = Callable[[Call, Answer], Iterator[Message]]


@dataclass(frozen=True)
class Method:
    """One remote method.

    Attributes:
        service: Full name of the service it belongs to.
        name: As in the protocol, as "ScoreVariant".
        request: Class of the request message.
        answer: Call -> answer messages, exactly one where `streams_answer` is false.
        streams_request: Whether the client sends a stream of requests, each answered in turn.
        streams_answer: Whether the answer is a stream.
        encode: Answer message -> bytes.
    """

    service: str
    name: str
    request: Any
    answer: Answer
    streams_request: bool
    streams_answer: bool
    encode: Callable[[Message], bytes]


class Service(Protocol):
    """Something that a server can serve."""

    def methods(self) -> Iterable[Method]:
        """Its remote methods."""
        ...


def encode_message(message: Message) -> bytes:
    """The message's bytes, the same in every process for the same content."""
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def methods_of(descriptor: Any, answers: Mapping[str, Answer]) -> Iterator[Method]:
    """The methods of one service, with what answers each.

    Args:
        descriptor: Protobuf descriptor of the service.
        answers: Name of each of its methods -> function.
    """
    for method in descriptor.methods:
        yield Method(
            service=descriptor.full_name,
            name=method.name,
            request=method.input_type._concrete_class,
            answer=answers[method.name],
            streams_request=method.client_streaming,
            streams_answer=method.server_streaming,
            encode=encode_message,
        )
