"""A server that is played: answers from a list, and remembers what it was asked."""

import json
from typing import Any

import httpx

from wattmarket import Client


class Server:
    """Gives out tokens; answers everything else from its list, then with `ordinary`."""

    def __init__(
        self, *answers: httpx.Response | type[httpx.TransportError], ordinary: object = None
    ) -> None:
        self.answers = list(answers)
        self.ordinary = {"done": True} if ordinary is None else ordinary
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 600})
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json=self.ordinary)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("cut", request=request)

    def client(self) -> Client:
        http = httpx.Client(base_url="http://m", transport=httpx.MockTransport(self))
        return Client("http://m", market="v", client_id="c", client_secret="s", http=http)

    @property
    def sent(self) -> list[tuple[str, str, Any]]:
        """Method, path below the market's with its query, and body of what was asked."""
        return [
            (
                request.method,
                request.url.raw_path.decode().removeprefix("/v1/markets/v/"),
                json.loads(request.content) if request.content else None,
            )
            for request in self.asked
        ]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.asked]


def ok(**content: object) -> httpx.Response:
    return httpx.Response(200, json=content)


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": "why"})
