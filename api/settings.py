"""What may differ between two deployments; read once from the environment, then passed on.

The one idea: rules of a market (gates, ticks, fees, limits) are not here. They are facts in its
database.
"""

from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from market.model.interval import MICROSECONDS, second_of


class Settings(BaseSettings):
    """Settings of one server; each has an environment variable WATTMARKET_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="WATTMARKET_", extra="forbid", frozen=True)

    var: Path = Path("var")
    """Where everything the server keeps lies."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    """0: any free port."""
    start: datetime | None = None
    """Where a simulated clock starts; None: the real clock."""
    speed: float = Field(default=1.0, gt=0, le=100_000)
    """Market seconds per real second of a simulated clock."""
    paused: bool = False
    """True: a simulated clock waits for POST /v1/clock:start."""
    behind_tls: bool = False
    """True: a proxy in front speaks TLS; without it a public address is refused."""
    token_lifetime_s: int = Field(default=600, ge=5, le=3_600)
    connections_max: int = Field(default=4_000, ge=10)
    """Most connections and requests under way at once; further ones are turned away with 503."""
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @model_validator(mode="after")
    def _simulated_clock_is_whole(self) -> Self:
        if self.start is None and (self.paused or self.speed != 1.0):
            raise ValueError("speed and paused want a simulated clock: give start too")
        if self.start is not None and self.start.tzinfo is None:
            raise ValueError("start wants a time zone: 2016-06-14T22:00:00+01:00")
        return self

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
    def markets_dir(self) -> Path:
        """One file per market."""
        return self.var / "markets"

    @property
    def identity_path(self) -> Path:
        """Clients and the signing key."""
        return self.var / "identity.sqlite"

    @property
    def operator_path(self) -> Path:
        """The first operator's credential."""
        return self.var / "credentials" / "operator.json"
