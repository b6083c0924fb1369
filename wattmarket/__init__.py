"""wattmarket: a local electricity market, seen from outside."""

from wattmarket.client import AsyncClient, Client
from wattmarket.errors import (
    BusyError,
    ConflictError,
    InvalidError,
    NotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
    RefusedError,
    ServerError,
    StreamError,
    UnreachableError,
    UsageError,
    WattmarketError,
)
from wattmarket.feed import Event

__all__ = [
    "AsyncClient",
    "BusyError",
    "Client",
    "ConflictError",
    "Event",
    "InvalidError",
    "NotAllowedError",
    "NotAuthenticatedError",
    "NotFoundError",
    "RefusedError",
    "ServerError",
    "StreamError",
    "UnreachableError",
    "UsageError",
    "WattmarketError",
]
