"""A passkey device in software, and a browser that has one.

The one idea: the ceremonies are made by the standard's text and not by the library the server checks
them with, so that both are held against each other.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from api.access.totp import code_at
from tests.api.described import check_answer
from tests.api.hosting import Server
from tests.patience import PATIENCE_S
from wattmarket.client import trusted

PRESENT, VERIFIED, MAY_BE_BACKED_UP, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(told: str) -> bytes:
    return urlsafe_b64decode(told + "===")


@dataclass
class Key:
    """One passkey on the device."""

    credential_id: bytes
    private: ec.EllipticCurvePrivateKey
    user_handle: bytes
    sign_count: int = 0


@dataclass
class Authenticator:
    """A device; what a test wants wrong with it is set beforehand."""

    origin: str
    rp_id: str = "localhost"
    counts: bool = True
    """False: it leaves its count at 0, as many do."""
    flags: int = PRESENT | VERIFIED
    keys: list[Key] = field(default_factory=list)

    def create(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:  # noqa: ANN401
        """`navigator.credentials.create`."""
        private = ec.generate_private_key(ec.SECP256R1())
        key = Key(secrets.token_bytes(32), private, raw(options["user"]["id"]))
        self.keys.append(key)
        numbers = private.public_key().public_numbers()
        cose = {
            1: 2, 3: -7, -1: 1,
            -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big"),
        }  # fmt: skip
        attested = (
            bytes(16)
            + len(key.credential_id).to_bytes(2, "big")
            + key.credential_id
            + cbor2.dumps(cose)
        )
        data = self._data(key, self.flags | ATTESTED) + attested
        client = self._client("webauthn.create", options["challenge"], changed)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "id": text(key.credential_id),
            "rawId": text(key.credential_id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": text(client), "attestationObject": text(attestation)},
        }

    def get(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:  # noqa: ANN401
        """`navigator.credentials.get`."""
        allowed = {raw(one["id"]) for one in options.get("allowCredentials") or ()}
        key = next(one for one in self.keys if not allowed or one.credential_id in allowed)
        if self.counts:
            key.sign_count += 1
        data = self._data(key, self.flags)
        client = self._client("webauthn.get", options["challenge"], changed)
        signed = key.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return {
            "id": text(key.credential_id),
            "rawId": text(key.credential_id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(client),
                "authenticatorData": text(data),
                "signature": text(signed),
                "userHandle": text(changed.get("user_handle", key.user_handle)),
            },
        }

    def _data(self, key: Key, flags: int) -> bytes:
        site = hashlib.sha256(self.rp_id.encode()).digest()
        return site + bytes([flags]) + key.sign_count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, changed: dict[str, Any]) -> bytes:
        said = {
            "type": changed.get("kind", kind),
            "challenge": changed.get("challenge", challenge),
            "origin": changed.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(said).encode()


class Browser:
    """A browser on the site's own page, with its cookies and a device."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.device = Authenticator(server.origin)
        self.cookie: str | None = None
        self.totp_secret = b""
        self.http = httpx.Client(
            base_url=server.url,
            timeout=PATIENCE_S,
            event_hooks={"response": [check_answer]},
            verify=trusted(),
        )

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A request as the page's script sends it."""
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": self.server.origin}
        if self.cookie is not None:
            sent["Cookie"] = f"__Host-wattmarket={self.cookie}"
        given = {} if body is None else {"json": body}
        answer = self.http.request(method, path, headers={**sent, **(headers or {})}, **given)
        told = answer.headers.get("set-cookie")
        if told is not None:
            name, _, value = told.partition(";")[0].partition("=")
            assert name == "__Host-wattmarket"
            self.cookie = value or None
        return answer

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.send("POST", path, {} if body is None else body)

    def enrol_options(self, code: str, login: str, name: str = "Somebody") -> dict[str, Any]:
        answer = self.post("/v1/people:enrol-options", {"code": code, "login": login, "name": name})
        assert answer.status_code == 200, answer.text
        options: dict[str, Any] = answer.json()
        self.totp_secret = b32(options["totp"]["secret"])
        return options

    def enrol(self, code: str, login: str) -> dict[str, Any]:
        """Sign in for the first time, with a passkey."""
        options = self.enrol_options(code, login)
        answer = self.post(
            "/v1/people:enrol",
            {
                "challenge_id": options["challenge_id"],
                "credential": self.device.create(options["public_key"]),
            },
        )
        assert answer.status_code == 201, answer.text
        session: dict[str, Any] = answer.json()
        return session

    def enrol_by_password(self, code: str, login: str, password: str) -> httpx.Response:
        options = self.enrol_options(code, login)
        return self.post(
            "/v1/people:enrol",
            {
                "challenge_id": options["challenge_id"],
                "password": password,
                "code": self.time_code(),
            },
        )

    def time_code(self, ahead_s: float = 0) -> str:
        return code_at(self.totp_secret, self.server.real_time_s() + ahead_s)

    def by_passkey(self, what: str, **changed: Any) -> httpx.Response:  # noqa: ANN401
        """Sign in (`passkey`) or step up (`step-up`)."""
        options = self.post(f"/v1/session:{what}-options").json()
        credential = self.device.get(options["public_key"], **changed)
        return self.post(
            f"/v1/session:{what}",
            {"challenge_id": options["challenge_id"], "credential": credential},
        )

    def step_up(self) -> None:
        answer = self.by_passkey("step-up")
        assert answer.status_code == 200, answer.text


def b32(told: str) -> bytes:
    from base64 import b32decode

    return b32decode(told + "=" * (-len(told) % 8))
