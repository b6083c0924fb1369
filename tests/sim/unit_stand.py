"""Units and clocks for tests of the unit agent."""

from market.control.unit import DEFAULT_PROFILE, profile_named

NOW_S = 1_465_984_800
PROFILE = profile_named(DEFAULT_PROFILE)
CAR = {
    "unit_id": "car", "participant_id": "ada", "area_id": "RUR", "kind": "ev_charger",
    "injection_max_kw": "0.000", "withdrawal_max_kw": "10.000", "controllable": True,
    "storage": None,
}  # fmt: skip
BATTERY = {
    **CAR, "unit_id": "battery", "kind": "storage", "injection_max_kw": "10.000",
    "storage": {
        "capacity_kwh": "20.000", "start_kwh": "10.000",
        "efficiency_charge_ppm": 950_000, "efficiency_discharge_ppm": 950_000,
    },
}  # fmt: skip


class Hand:
    """Both clocks, moved by hand; market time is real time."""

    def __init__(self) -> None:
        self.passed_ms = 0

    def wall_s(self) -> float:
        return NOW_S + self.passed_ms / 1_000

    def real_ms(self) -> int:
        return self.passed_ms
