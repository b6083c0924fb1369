"""What may differ between two deployments; read once from the environment, then passed on.

The one idea: rules of a market (gates, ticks, fees, limits) are not here. They are facts in its
database.
"""

from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.access.throttle import Budgets, Kind
from market.model.interval import MICROSECONDS, second_of
from market.store.database import url_of

BUDGETS_PER_KIND: Final = 3


class Settings(BaseSettings):
    """Settings of one server; each has an environment variable WATTMARKET_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="WATTMARKET_", extra="forbid", frozen=True)

    var: Path = Path("var")
    """Where everything the server keeps lies."""
    database_url: SecretStr | None = None
    """Of a PostgreSQL database that keeps the markets; None: a file for each under `var`."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    """0: any free port."""
    start: datetime | None = None
    """Where a simulated clock starts; None: the real clock."""
    speed: float = Field(default=1.0, gt=0, le=100_000)
    """Market seconds per real second of a simulated clock."""
    paused: bool = False
    """True: a simulated clock waits for POST /v1/clock:start."""
    verify: bool = False
    """True: a start proves every market's whole journal, not only what it reads."""
    behind_tls: bool = False
    """True: a proxy in front speaks TLS; without it a public address is refused."""
    origin: str | None = None
    """Where people's browsers find the pages: scheme, host and port; None: localhost and the port."""
    rp_id: str | None = None
    """The name people's passkeys belong to; None: the host of `origin`."""
    token_lifetime_s: int = Field(default=600, ge=5, le=3_600)
    metrics: Literal["operator", "loopback"] = "operator"
    """Who reads /metrics: operators with their token, or also whoever asks on this machine itself."""
    payment_port: Literal["bank_file", "test_gateway"] = "bank_file"
    """How markets are joined to a bank: by files that people carry, or to one that is none."""
    payment_seed: int = 1
    """From what the test gateway draws who pays and what is rejected."""
    connections_max: int = Field(default=4_000, ge=10)
    """Most connections and requests under way at once; further ones are turned away with 503."""
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field(default="json", pattern="^(json|text)$")
    # Three budgets each: of one client, of one participant (for logins: of one address), of all
    # together. The first number may be asked for at once; it fills up again in the time given.
    limit_new: str = "1000000/20 second; 2000000/40 second; 4000000/20 second"
    """Rows of new orders. A client may keep half of a machine of two cores busy, and send a hundred
    full batches at once before that."""
    limit_change: str = "10000/10 second; 20000/10 second; 100000/10 second"
    """Whatever else changes something."""
    limit_cancel: str = "4000000/20 second; 8000000/40 second; 16000000/20 second"
    """Cancels: more than orders, so that what can be placed can be taken back."""
    limit_query: str = "20000/10 second; 40000/10 second; 200000/10 second"
    limit_login: str = "600/minute; 6000/minute; 12000/minute"
    """Tokens and enrolments. Secrets cannot be guessed; this only keeps the work in bounds."""
    limit_sign_in: str = "10/minute; 100/minute; 600/minute"
    """People who sign in. A password can be guessed, and each guess costs work: few are let through,
    of a login at an address and of an address; all of them keep half a core busy at most."""
    limit_subscribe: str = "20000/10 second; 40000/10 second; 100000/10 second"

    @field_validator(*(f"limit_{kind.value}" for kind in Kind))
    @classmethod
    def _three_budgets(cls, text: str) -> str:
        if len(parse_many(text)) != BUDGETS_PER_KIND:
            raise ValueError("three budgets are wanted: 100/second; 200/second; 1000/second")
        return text

    @property
    def budgets(self) -> dict[Kind, Budgets]:
        """What each kind of request may ask for."""
        return {kind: _budgets(getattr(self, f"limit_{kind.value}")) for kind in Kind}

    @field_validator("database_url")
    @classmethod
    def _is_an_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            url_of(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _simulated_clock_is_whole(self) -> Self:
        if self.start is None and (self.paused or self.speed != 1.0):
            raise ValueError("speed and paused want a simulated clock: give start too")
        if self.start is not None and self.start.tzinfo is None:
            raise ValueError("start wants a time zone: 2016-06-14T22:00:00+01:00")
        return self

    @model_validator(mode="after")
    def _loopback_is_this_machine(self) -> Self:
        if self.behind_tls and self.metrics == "loopback":
            raise ValueError(
                "metrics for the loopback address with behind_tls: behind a proxy of this machine"
                " everybody comes from there; let an operator's token read them"
            )
        return self

    @model_validator(mode="after")
    def _pages_are_found_securely(self) -> Self:
        address = urlsplit(self.page_origin)
        host = address.hostname or ""
        whole = f"{address.scheme}://{address.netloc}"
        if self.origin is not None and (whole != self.origin or not host or "@" in whole):
            raise ValueError("origin wants scheme, host and port only: https://market.example")
        plain = address.scheme != "https" and (self.behind_tls or host != "localhost")
        if self.origin is not None and plain:
            raise ValueError("origin must be https, or http://localhost without TLS")
        if self.rp_id is not None and host != self.rp_id and not host.endswith(f".{self.rp_id}"):
            raise ValueError("rp_id must be the host of origin or a domain above it")
        return self

    @property
    def page_origin(self) -> str:
        """Where the pages come from, as browsers say it."""
        return self.origin or f"http://localhost:{self.port}"

    @property
    def site_id(self) -> str:
        """The name passkeys belong to."""
        return self.rp_id or urlsplit(self.page_origin).hostname or ""

    @property
    def start_us(self) -> int | None:
        """Where a simulated clock starts, UTC microseconds; None: the real clock."""
        if self.start is None:
            return None
        return second_of(self.start) * MICROSECONDS + self.start.microsecond

    @property
    def is_public(self) -> bool:
        """True when the address can be reached from other machines."""
        if self.host == "localhost":
            return False
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return True  # a name: nobody knows where it leads

    @property
    def database_address(self) -> str | None:
        """Of the database that keeps the markets, with its password; None: files."""
        return None if self.database_url is None else self.database_url.get_secret_value()

    @property
    def markets_dir(self) -> Path:
        """One file per market, unless a database keeps them."""
        return self.var / "markets"

    @property
    def identity_path(self) -> Path:
        """Clients and the signing key."""
        return self.var / "identity.sqlite"

    @property
    def operator_path(self) -> Path:
        """The first operator's credential."""
        return self.var / "credentials" / "operator.json"


def _budgets(text: str) -> Budgets:
    client, participant, everybody = parse_many(text)
    return Budgets(client=client, participant=participant, all=everybody)
