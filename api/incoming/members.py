"""Bodies that say who and what takes part: participants, units, deposits."""

from typing import Annotated, Literal

from pydantic import Field

from api.incoming.body import (
    ROWS_MAX,
    Body,
    EnergyWh,
    Flag,
    Id,
    InstantS,
    MoneyQuanta,
    Name,
    OrderEnergyWh,
    PowerW,
    Ppm,
    rows,
)
from market.model.mandate import Mandate
from market.model.messages import Deposit
from market.model.participant import Participant, StorageData, Unit, UnitKind, VoltageLevel


class ParticipantIn(Body):
    """A party with an account and one metering point."""

    participant_id: Id
    name: Name
    area_id: Id
    is_last_resort: Flag = False
    voltage_level: VoltageLevel = VoltageLevel.LOW

    def participant(self) -> Participant:
        """The market's noun."""
        return Participant(**self.model_dump())


class StorageIn(Body):
    """What storage adds to a unit."""

    capacity_wh: EnergyWh = Field(alias="capacity_kwh")
    start_wh: EnergyWh = Field(alias="start_kwh")
    efficiency_charge_ppm: Ppm
    efficiency_discharge_ppm: Ppm


class UnitIn(Body):
    """A device or group of devices."""

    unit_id: Id
    participant_id: Id
    area_id: Id
    kind: Literal[
        "load",
        "solar",
        "storage",
        "heat_pump",
        "ev_charger",
        "generator",
        "wind",
        "hydro",
        "retailer",
    ]
    injection_max_w: PowerW = Field(alias="injection_max_kw")
    withdrawal_max_w: PowerW = Field(alias="withdrawal_max_kw")
    controllable: Flag
    storage: StorageIn | None = None

    def unit(self) -> Unit:
        """The market's noun."""
        return Unit(
            unit_id=self.unit_id,
            participant_id=self.participant_id,
            area_id=self.area_id,
            kind=UnitKind(self.kind),
            injection_max_w=self.injection_max_w,
            withdrawal_max_w=self.withdrawal_max_w,
            controllable=self.controllable,
            storage=None if self.storage is None else StorageData(**self.storage.model_dump()),
        )


class DepositIn(Body):
    """Money paid in from outside."""

    deposit_id: Id
    participant_id: Id
    amount_quanta: MoneyQuanta = Field(alias="amount")

    def deposit(self) -> Deposit:
        """The market's noun."""
        return Deposit(**self.model_dump())


class SuspendIn(Body):
    """Why a participant is kept out."""

    reason: Name


class ParticipantsIn(Body):
    """Participants to register, all or none."""

    items: Annotated[tuple[ParticipantIn, ...], *rows(1, ROWS_MAX)]


class UnitsIn(Body):
    """Units to register, all or none."""

    items: Annotated[tuple[UnitIn, ...], *rows(1, ROWS_MAX)]


class DepositsIn(Body):
    """Deposits to book, all or none."""

    items: Annotated[tuple[DepositIn, ...], *rows(1, ROWS_MAX)]


class MandateIn(Body):
    """Who may trade which of one's units, when, and how much at most."""

    client_mandate_id: Id
    agent: Id
    unit_ids: Annotated[tuple[Id, ...], *rows(0, 1_000)] = ()
    from_s: InstantS = Field(alias="from")
    until_s: InstantS = Field(alias="until")
    energy_wh_max: OrderEnergyWh | None = Field(default=None, alias="energy_kwh_max")
    value_quanta_max: MoneyQuanta | None = Field(default=None, alias="value_max")

    def mandate(self, owner: str) -> Mandate:
        """The market's noun; its id is given when it is taken in."""
        return Mandate(mandate_id="", owner=owner, **dict(self))


class OwnLimitsIn(Body):
    """Limits one sets oneself; what is not named is unlimited."""

    order_value_quanta_max: MoneyQuanta | None = Field(default=None, alias="order_value_max")
    exposure_quanta_max: MoneyQuanta | None = Field(default=None, alias="exposure_max")
