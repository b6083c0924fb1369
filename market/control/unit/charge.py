"""What a storage's state of charge allows: now, and for a set-point that is still to come."""

from market.control.unit.profile import Profile
from market.control.unit.setpoints import UnitControl
from market.model.participant import StorageData
from market.model.power import PowerLimits, Setpoint
from market.model.units import PPM, round_toward_zero, round_up

_SECONDS_PER_HOUR = 3_600


class Charge:
    """The state of charge of one storage, as it was last measured."""

    def __init__(self, data: StorageData, profile: Profile, reserve_wh: int | None) -> None:
        self._data = data
        self._tolerance_wh = data.capacity_wh * profile.charge_tolerance_ppm // PPM
        self._hysteresis_wh = data.capacity_wh * profile.charge_hysteresis_ppm // PPM
        self._reserve_wh = (
            data.capacity_wh * profile.reserve_ppm // PPM if reserve_wh is None else reserve_wh
        )
        self.stored_wh: int | None = None
        """None: not known, and the storage stays idle."""
        self._is_empty = False
        self._is_full = False

    def see(self, stored_wh: int | None, *, for_market: bool) -> None:
        """Take in a reading.

        Args:
            stored_wh: what the device says is stored.
            for_market: a set-point holds, which may use the reserve.
        """
        self.stored_wh = stored_wh
        if stored_wh is None:
            return
        floor_wh = 0 if for_market else self._reserve_wh
        back_wh = self._hysteresis_wh
        self._is_empty = stored_wh <= floor_wh + (back_wh if self._is_empty else 0)
        full_wh = self._data.capacity_wh
        self._is_full = stored_wh >= full_wh - (back_wh if self._is_full else 0)

    def narrowed(self, limits: PowerLimits) -> PowerLimits:
        """Nothing out of an empty storage, nothing into a full one, nothing at all into the dark."""
        is_dark = self.stored_wh is None
        return PowerLimits(
            withdrawal_max_w=0 if is_dark or self._is_full else limits.withdrawal_max_w,
            injection_max_w=0 if is_dark or self._is_empty else limits.injection_max_w,
        )

    def can(self, setpoint: Setpoint, schedule: UnitControl, now_s: int) -> bool:
        """False when the set-point asks clearly more than will be stored, or than there is room for.

        What is stored at its start is reckoned from now along the schedule that is already taken.
        """
        if self.stored_wh is None:
            return True
        begin_s = max(now_s, setpoint.start_s)
        stored_wh, at_s = self.stored_wh, now_s
        for turn_s in (*schedule.turns(now_s, begin_s), begin_s):
            stored_wh = self._after(stored_wh, schedule.target_w(at_s), turn_s - at_s)
            at_s = turn_s
        turn_s = max(begin_s, setpoint.start_s + setpoint.wait_s)
        stored_wh = self._after(stored_wh, setpoint.before_w, turn_s - begin_s)
        asked_wh = round_toward_zero(
            setpoint.target_w * (setpoint.until_s - turn_s), _SECONDS_PER_HOUR
        )
        data = self._data
        if asked_wh > 0:
            needed_wh = round_up(asked_wh * PPM, data.efficiency_discharge_ppm)
            return needed_wh <= stored_wh + self._tolerance_wh
        gained_wh = -asked_wh * data.efficiency_charge_ppm // PPM
        return gained_wh <= data.capacity_wh - stored_wh + self._tolerance_wh

    def _after(self, stored_wh: int, power_w: int, seconds: int) -> int:
        energy_wh = round_toward_zero(power_w * seconds, _SECONDS_PER_HOUR)
        data = self._data
        if energy_wh > 0:
            return max(0, stored_wh - round_up(energy_wh * PPM, data.efficiency_discharge_ppm))
        gained_wh = -energy_wh * data.efficiency_charge_ppm // PPM
        return min(data.capacity_wh, stored_wh + gained_wh)
