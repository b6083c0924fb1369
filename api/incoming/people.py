"""Bodies of signing in and of people."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from api.access.passwords import LENGTH_MAX, LENGTH_MIN
from api.incoming.body import Body, Name, reader
from api.wire import fields
from api.wire.fields import FieldError
from market.model.rejection import Code

_LOGIN_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._@+-]{2,63}"
_TIME_CODE_PATTERN: Final = r"[0-9]{6}"
_SECRET_LENGTH_MAX: Final = 128
_PASSWORD_LENGTH_MAX: Final = 4 * LENGTH_MAX
"""What is read of a password that is compared; none that is kept is longer than LENGTH_MAX."""


def _password(text: str) -> str:
    """A password that is compared: whatever it is."""
    if not 1 <= len(text) <= _PASSWORD_LENGTH_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return _whole(text)


def _new_password(text: str) -> str:
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return _whole(text)


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise FieldError(Code.FIELD_FORMAT) from None
    return text


def _secret(text: str) -> str:
    if not 1 <= len(text) <= _SECRET_LENGTH_MAX:
        raise FieldError(Code.FIELD_RANGE)
    return _whole(text)


Login = Annotated[str, *reader(fields.login, _LOGIN_PATTERN, "ada@example.org")]
Password = Annotated[str, *reader(_password, None, "correct horse battery staple")]
NewPassword = Annotated[str, *reader(_new_password, None, "correct horse battery staple")]
TimeCode = Annotated[str, *reader(fields.time_code, _TIME_CODE_PATTERN, "287082")]
Secret = Annotated[str, *reader(_secret, None, "k3Jq…")]
Credential = dict[str, Any]
"""What `PublicKeyCredential.toJSON()` gives; its checks are the standard's."""


class NothingIn(Body):
    """No fields."""


class PasskeyIn(Body):
    """What a device answers."""

    challenge_id: Secret
    credential: Credential


class PasswordIn(Body):
    """Password and time code."""

    login: Secret
    password: Password
    code: Secret


class StepUpIn(Body):
    """What a device answers, or password and time code."""

    challenge_id: Secret | None = None
    credential: Credential | None = None
    password: Password | None = None
    code: Secret | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        _either(
            (self.challenge_id, self.credential),
            (self.password, self.code),
        )
        return self


class EnrolOptionsIn(Body):
    """A one-time code, and who is about to use it."""

    code: Secret
    login: Login
    name: Name


class PersonEnrolIn(Body):
    """What a device answers, or a password with the first time code."""

    challenge_id: Secret
    credential: Credential | None = None
    password: NewPassword | None = None
    code: TimeCode | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        _either((self.credential,), (self.password, self.code))
        return self


class PersonIn(Body):
    """What of oneself is to be another."""

    name: Name | None = None
    language: Literal["en", "zh-CN"] | None = None


class NewPasskeyIn(PasskeyIn):
    """One more passkey, with a name by which it is told apart."""

    name: Name


class NewPasswordIn(Body):
    """Another password, with a time code."""

    password: NewPassword
    code: TimeCode
    challenge_id: Secret | None = None
    """Of `password-options`: its new secret for time codes counts from now on. None: the old one."""


def _either(*ways: tuple[object, ...]) -> None:
    """Exactly one way is given, and wholly."""
    whole = [all(part is not None for part in way) for way in ways]
    begun = [any(part is not None for part in way) for way in ways]
    if whole.count(True) != 1 or begun.count(True) != 1:
        raise PydanticCustomError(Code.FIELD_FORMAT.value, "one way, and all of it")
