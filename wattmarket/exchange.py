"""How a verb is said once and spoken twice: by the blocking and by the awaiting client.

The one idea: a verb is a generator that yields what it wants to send and is given the answer. It
does no input or output itself; a session drives it, one with blocking calls, one with awaited
ones. So there is one definition of every verb, and its signature is the same in both clients.
"""

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

import httpx

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One HTTP request."""

    method: str
    path: str
    params: dict[str, str | int] = field(default_factory=dict)
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    """Real seconds to let go by before it is sent."""


Exchange = Generator[Outgoing, httpx.Response, R]
"""A conversation in requests and responses that ends with a value of type R."""


class Blocking:
    """A session that waits for the answer in the calling thread."""

    def run(self, exchange: Exchange[R]) -> R:
        """Carry the conversation to its end."""
        raise NotImplementedError


class Awaiting:
    """A session whose answers are awaited."""

    async def run(self, exchange: Exchange[R]) -> R:
        """Carry the conversation to its end."""
        raise NotImplementedError


S_co = TypeVar("S_co", bound=Blocking | Awaiting, covariant=True)


class Group(Generic[S_co]):
    """Verbs that belong together, spoken over one session."""

    def __init__(self, session: S_co) -> None:
        self._session = session

    @property
    def session(self) -> S_co:
        """The session that carries the verbs."""
        return self._session


class Verb(Generic[P, R]):
    """A described verb; looked up on a group it becomes a call or a coroutine function."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Exchange[R]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, host: Group[Blocking], owner: type) -> Callable[P, R]: ...

    @overload
    def __get__(
        self, host: Group[Awaiting], owner: type
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...

    @overload
    def __get__(self, host: None, owner: type) -> "Verb[P, R]": ...

    def __get__(self, host: Group[Any] | None, owner: type) -> Any:  # said by the overloads
        """The verb bound to the group's session."""
        if host is None:
            return self
        describe = self._describe

        @wraps(describe)
        def call(*args: P.args, **kwargs: P.kwargs) -> R | Coroutine[Any, Any, R]:
            answer: R | Coroutine[Any, Any, R] = host.session.run(describe(host, *args, **kwargs))
            return answer

        return call


def verb(describe: Callable[Concatenate[Any, P], Exchange[R]]) -> Verb[P, R]:
    """Make a described exchange callable on both clients."""
    return Verb(describe)
