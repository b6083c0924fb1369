"""What an area's process says and hears, in the words of the wire."""

from collections.abc import Mapping
from typing import Any, Final

from market.control.reach import Inside, Member
from market.control.unit import DEFAULT_PROFILE, profile_named
from market.model.participant import Unit
from market.model.power import PowerLimits, Setpoint, UnitLimit
from market.model.reach import AreaBound, AreaLimits, AreaReport, Standing
from sim.unit_kept import unit_of
from wattmarket.values import count_of, seconds_from_time, text_of, time_from_seconds

POWER_DECIMALS: Final = 3


def member_of(row: Mapping[str, Any]) -> Member:
    """A unit as the market lists it."""
    unit = unit_of(dict(row))
    return Member(unit=unit, failsafe=failsafe_of(unit))


def inside_of(area_id: str, areas: list[dict[str, Any]]) -> list[Inside]:
    """The areas inside one, at any depth, from the market's definition."""
    found: dict[str, Inside] = {}
    around = {area_id}
    while more := [a for a in areas if a.get("parent") in around and a["area_id"] not in found]:
        around = {row["area_id"] for row in more}
        for row in more:
            found[row["area_id"]] = Inside(
                area_id=row["area_id"], parent=row["parent"], connection=connection_of(row)
            )
    return list(found.values())


def connection_of(row: Mapping[str, Any]) -> PowerLimits | None:
    """What an area's connection carries; None: at least one direction has no limit."""
    taken, given = row["import_limit_kw"], row["export_limit_kw"]
    if taken is None or given is None:
        return None
    return PowerLimits(
        withdrawal_max_w=count_of(taken, POWER_DECIMALS),
        injection_max_w=count_of(given, POWER_DECIMALS),
    )


def failsafe_of(unit: Unit) -> PowerLimits:
    """What a unit may do when nobody calls, by the default profile: a storage nothing."""
    profile = profile_named(DEFAULT_PROFILE)
    if unit.storage is not None:
        return PowerLimits(withdrawal_max_w=0, injection_max_w=0)
    return PowerLimits(
        withdrawal_max_w=min(unit.withdrawal_max_w, profile.failsafe_withdrawal_max_w),
        injection_max_w=min(unit.injection_max_w, profile.failsafe_injection_max_w),
    )


def setpoint_row(item: Setpoint) -> dict[str, Any]:
    """A set-point as the stream says it."""
    return {
        "unit_id": item.unit_id,
        "start": time_from_seconds(item.start_s),
        "until": time_from_seconds(item.until_s),
        "target_kw": text_of(item.target_w, POWER_DECIMALS),
        "fallback_kw": text_of(item.fallback_w, POWER_DECIMALS),
        "wait_s": item.wait_s,
        "before_kw": text_of(item.before_w, POWER_DECIMALS),
        "sequence": item.sequence,
    }


def limit_row(item: UnitLimit) -> dict[str, Any]:
    """A limit as the stream says it."""
    return {
        "unit_id": item.unit_id,
        "from": time_from_seconds(item.from_s),
        "until": time_from_seconds(item.until_s),
        "withdrawal_max_kw": text_of(item.withdrawal_max_w, POWER_DECIMALS),
        "injection_max_kw": text_of(item.injection_max_w, POWER_DECIMALS),
        "sequence": item.sequence,
        "reason": item.reason,
    }


def report_row(report: AreaReport) -> dict[str, Any]:
    """A report as the market takes it."""
    alone_s = report.alone_since_s
    return {
        "sequence": report.sequence,
        "standing": report.standing.value,
        "alone_since": None if alone_s is None else time_from_seconds(alone_s),
        "limits_epoch": report.limits_epoch,
        "limits_sequence": report.limits_sequence,
        "given_import_kw": text_of(report.given_import_w, POWER_DECIMALS),
        "given_export_kw": text_of(report.given_export_w, POWER_DECIMALS),
        "given_until": time_from_seconds(report.given_until_s),
    }


def report_of(area_id: str, row: Mapping[str, Any]) -> AreaReport:
    """A report of an area inside."""
    alone = row.get("alone_since")
    return AreaReport(
        area_id=area_id,
        sequence=row["sequence"],
        standing=Standing(row["standing"]),
        alone_since_s=None if alone is None else seconds_from_time(alone),
        limits_epoch=row.get("limits_epoch", 0),
        limits_sequence=row.get("limits_sequence", 0),
        given_import_w=count_of(row["given_import_kw"], POWER_DECIMALS),
        given_export_w=count_of(row["given_export_kw"], POWER_DECIMALS),
        given_until_s=seconds_from_time(row["given_until"]),
    )


def lent_row(item: AreaLimits) -> dict[str, Any]:
    """What an area is lent by the one around it, as that one's stream says it."""
    return {
        "area_id": item.area_id,
        "from": time_from_seconds(item.from_s),
        "until": time_from_seconds(item.until_s),
        "import_max_kw": text_of(item.import_max_w, POWER_DECIMALS),
        "export_max_kw": text_of(item.export_max_w, POWER_DECIMALS),
        "sequence": item.sequence,
        "epoch": item.epoch,
    }


def lent_of(row: Mapping[str, Any]) -> AreaLimits:
    """The same, heard."""
    return AreaLimits(
        area_id=row["area_id"],
        from_s=seconds_from_time(row["from"]),
        until_s=seconds_from_time(row["until"]),
        import_max_w=count_of(row["import_max_kw"], POWER_DECIMALS),
        export_max_w=count_of(row["export_max_kw"], POWER_DECIMALS),
        sequence=row["sequence"],
        epoch=row["epoch"],
    )


def bound_of(row: Mapping[str, Any], rated: PowerLimits) -> AreaBound:
    """An operator's limit of an area's sum; a direction that it does not name is as rated."""
    until = row.get("until")
    taken, given = row["withdrawal_max_kw"], row["injection_max_kw"]
    return AreaBound(
        from_s=seconds_from_time(row["from"]),
        until_s=None if until is None else seconds_from_time(until),
        limits=PowerLimits(
            withdrawal_max_w=rated.withdrawal_max_w
            if taken is None
            else count_of(taken, POWER_DECIMALS),
            injection_max_w=rated.injection_max_w
            if given is None
            else count_of(given, POWER_DECIMALS),
        ),
    )
