"""People who sign in: their codes, logins and passwords, and what they are told."""

from typing import Any
from uuid import uuid4

import httpx

from tests.api.authenticator import Browser
from tests.api.village import Village

PASSWORD = "copper kettle over a slow meadow"
ADA = {"role": "participant", "participant_id": "ada"}


def code_for(village: Village, **wanted: Any) -> str:  # noqa: ANN401 - JSON
    answer = village.act("/enrolments", "operator", wanted or {"role": "operator"})
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["code"]
    return code


def new_login(name: str = "ann") -> str:
    return f"{name}-{uuid4().hex[:8]}"


def sign_in(browser: Browser, login: str, password: str, code: str) -> httpx.Response:
    body = {"login": login, "password": password, "code": code}
    return browser.post("/v1/session:password", body)


def fault_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
