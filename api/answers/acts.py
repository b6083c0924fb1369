"""Acts of operators, and what they narrow, as the wire says them."""

from api.answers.values import Answer, optional
from market.model.act import (
    Act,
    ActPerformed,
    ActState,
    Curtailed,
    Decoupling,
    Narrowing,
    ProposedAct,
    StoredAct,
)
from market.model.interval import instant_text, moment_text
from market.model.power import UnitLimit
from market.model.units import energy_text, power_text


def _what(act: Act) -> Answer:
    return {
        "kind": act.kind.value,
        "level": act.level.value,
        "member_id": act.member_id,
        "from": optional(instant_text, act.from_s),
        "until": optional(instant_text, act.until_s),
        "withdrawal_max_kw": optional(power_text, act.withdrawal_max_w),
        "injection_max_kw": optional(power_text, act.injection_max_w),
        "limit_id": act.limit_id,
    }


def proposed_act(said: ProposedAct) -> Answer:
    """An act that waits for a second person, with what that person has to send back."""
    return {
        "act_id": said.act_id,
        **_what(said.act),
        "reason": said.reason,
        "by": [said.actor],
        "state": ActState.PROPOSED.value,
        "at": moment_text(said.since_us),
        "digest": said.digest,
        "second_person_until": moment_text(said.until_us),
    }


def performed_act(event: ActPerformed) -> Answer:
    """An act that was done."""
    return {
        "act_id": event.act_id,
        **_what(event.act),
        "reason": event.reason,
        "by": list(event.actors),
        "state": ActState.PERFORMED.value,
        "at": moment_text(event.now_us),
        "digest": None,
        "second_person_until": None,
    }


def stored_act(item: StoredAct) -> Answer:
    """An act of the list."""
    return {
        "act_id": item.act_id,
        **_what(item),
        "reason": item.reason,
        "by": list(item.actors),
        "of_area": item.of_area,
        "state": item.state.value,
        "at": moment_text(item.at_us),
    }


def narrowing(item: Narrowing) -> Answer:
    """A limit, a stop or an emergency stop that holds; a power that is null is not narrowed."""
    return {
        "act_id": item.narrowing_id,
        "kind": item.kind.value,
        "level": item.level.value,
        "member_id": item.member_id,
        "from": instant_text(item.from_s),
        "until": optional(instant_text, item.until_s),
        "withdrawal_max_kw": optional(power_text, item.withdrawal_max_w),
        "injection_max_kw": optional(power_text, item.injection_max_w),
        "reason": item.reason,
        "by": item.actor,
        "of_area": item.of_area,
        "since": moment_text(item.since_us),
    }


def decoupling(item: Decoupling) -> Answer:
    """An area that goes on alone."""
    return {
        "area_id": item.area_id,
        "reason": item.reason,
        "by": item.actor,
        "since": moment_text(item.since_us),
    }


def curtailment(item: Curtailed) -> Answer:
    """For a part of an interval a unit was told something else than it had traded."""
    return {
        "unit_id": item.unit_id,
        "start": instant_text(item.start_s),
        "from": instant_text(item.from_s),
        "until": instant_text(item.until_s),
        "change_kw": power_text(item.change_w),
        "energy_kwh": energy_text(item.energy_wh),
        "reason": item.reason.value,
    }


def unit_limit(item: UnitLimit) -> Answer:
    """What a unit may do at most, for a while."""
    return {
        "unit_id": item.unit_id,
        "from": instant_text(item.from_s),
        "until": instant_text(item.until_s),
        "withdrawal_max_kw": power_text(item.withdrawal_max_w),
        "injection_max_kw": power_text(item.injection_max_w),
        "sequence": item.sequence,
        "reason": item.reason,
    }
