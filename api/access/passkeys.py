"""Passkeys (WebAuthn): what a browser is asked, and whether what it answers is right.

The one idea: the standard's checks are py_webauthn's; this page says which of them we ask for. A
passkey stays with its maker's device and stands for two factors (having the device, and being the
one it knows), so user verification is always required; which device it is we do not ask.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.access.challenges import LIFETIME_S

SITE_NAME: Final = "wattmarket"
CREDENTIAL_ID_BYTES_MAX: Final = 1_023
"""The standard's bound."""
_TIMEOUT_MS: Final = LIFETIME_S * 1_000

log = structlog.get_logger("api.passkeys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey as it is kept."""

    credential_id: bytes
    person_id: str
    public_key: bytes
    """In COSE form."""
    sign_count: int
    """The device's own count of signatures at the last one; many devices leave it at 0."""
    name: str
    added_s: int
    used_s: int | None
    """None: not yet."""
    backed_up: bool
    """True: the device's maker keeps a copy for the person's other devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePasskey:
    """What a device has made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedPasskey:
    """A passkey that has been shown to be there."""

    sign_count: int
    backed_up: bool


class Passkeys:
    """The ceremonies of one site.

    Args:
        site_id: the name passkeys belong to (RP ID), a host or a domain above it.
        origin: where the pages that use them come from.
    """

    def __init__(self, *, site_id: str, origin: str) -> None:
        self._site_id = site_id
        self._origin = origin

    def creation_options(
        self,
        challenge: bytes,
        *,
        person_id: str,
        login: str,
        name: str,
        existing: Iterable[bytes] = (),
    ) -> dict[str, Any]:
        """What `navigator.credentials.create` is given, as JSON."""
        return options_to_json_dict(
            generate_registration_options(
                rp_id=self._site_id,
                rp_name=SITE_NAME,
                user_id=person_id.encode(),
                user_name=login,
                user_display_name=name,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    require_resident_key=True,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=_descriptors(existing),
            )
        )

    def request_options(self, challenge: bytes, *, of: Iterable[bytes] = ()) -> dict[str, Any]:
        """What `navigator.credentials.get` is given, as JSON; `of` none: of whoever comes."""
        return options_to_json_dict(
            generate_authentication_options(
                rp_id=self._site_id,
                challenge=challenge,
                timeout=_TIMEOUT_MS,
                allow_credentials=_descriptors(of),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def made(self, credential: Mapping[str, Any], challenge: bytes) -> MadePasskey | None:
        """The passkey a device has made for this challenge; None: it is not right."""
        try:
            found = verify_registration_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._site_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception as fault:  # noqa: BLE001 - a stranger's bytes: however they fail, it is a no
            log.info("passkey not made", fault=type(fault).__name__)
            return None
        if len(found.credential_id) > CREDENTIAL_ID_BYTES_MAX:
            return None
        return MadePasskey(
            credential_id=found.credential_id,
            public_key=found.credential_public_key,
            sign_count=found.sign_count,
            backed_up=found.credential_backed_up,
        )

    def used(
        self, credential: Mapping[str, Any], challenge: bytes, passkey: Passkey
    ) -> UsedPasskey | None:
        """That this passkey has signed this challenge; None: it is not right.

        A count of signatures that does not rise says that there are two of the device: not right.
        """
        if user_handle_of(credential) not in {None, passkey.person_id.encode()}:
            return None
        try:
            found = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=self._site_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except Exception as fault:  # noqa: BLE001 - a stranger's bytes: however they fail, it is a no
            log.info("passkey not used", fault=type(fault).__name__)
            return None
        return UsedPasskey(sign_count=found.new_sign_count, backed_up=found.credential_backed_up)


def credential_id_of(credential: Mapping[str, Any]) -> bytes | None:
    """Which passkey a browser's answer is about; None: it does not say."""
    return _bytes(credential.get("id"))


def user_handle_of(credential: Mapping[str, Any]) -> bytes | None:
    """Whose it is by what the device says; None: it does not say."""
    response = credential.get("response")
    return _bytes(response.get("userHandle")) if isinstance(response, dict) else None


def passkey_text(credential_id: bytes) -> str:
    """A passkey's id as text."""
    return bytes_to_base64url(credential_id)


def passkey_of(text: str) -> bytes | None:
    """A passkey's id from its text; None: it is none."""
    return _bytes(text)


def _bytes(text: object) -> bytes | None:
    if not isinstance(text, str) or not text or not text.isascii():
        return None
    try:
        return base64url_to_bytes(text)
    except ValueError:
        return None


def _descriptors(credential_ids: Iterable[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in credential_ids]
