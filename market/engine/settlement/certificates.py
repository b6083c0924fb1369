"""What people do with their certificates (绿证): moved, retired, exported; each at most once.

The one idea: what a lot has left is read from the lists and comes with the command, with the number of acts
and the versions of the days it was read at; if either is another one by now, it is read again. How much a participant
has in all is known here, so nobody ever gives away more than that
(docs/decisions/0058-what-a-lot-has-left-is-read.md).
"""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256

from market.certificates.errors import CertificateError
from market.certificates.registry import total_wh
from market.engine.decisions import applied, refused
from market.engine.state import MarketState
from market.model.certificate import (
    BUNDLE_WH,
    NOTHING_ISSUED,
    Bundle,
    CertificateCommand,
    CertificatesExported,
    CertificatesIssued,
    CertificatesMoved,
    CertificatesRetired,
    ExportCertificates,
    IssuedCertificates,
    Lot,
    LotPart,
    LotRead,
    MoveCertificates,
    RetireCertificates,
)
from market.model.messages import Decision
from market.model.rejection import Code, Rejection
from market.model.settlement_run import SettlementBegun
from market.model.units import energy_text


def move_certificates(state: MarketState, command: MoveCertificates) -> Decision:
    """Certificates go to another participant; all of it or nothing, with every fault."""
    said = _said(state, command, (command.receiver_id, command.parts))
    if said is not None:
        return said
    faults = _of_participant(state, command.participant_id)
    if command.receiver_id == command.participant_id:
        faults.append(Rejection(code=Code.FIELD_RANGE, pointer="receiver_id"))
    elif command.receiver_id not in state.participants:
        faults.append(Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="receiver_id"))
    faults += _of_parts(state, command.parts)
    if not faults:
        faults = _stale(state, command, command.parts) or list(_beyond(state, command))
    if faults:
        return refused(faults)
    return applied(
        CertificatesMoved(
            participant_id=command.participant_id,
            reference=command.reference,
            receiver_id=command.receiver_id,
            parts=command.parts,
            actor=command.actor,
            now_us=command.now_us,
        )
    )


def retire_certificates(state: MarketState, command: RetireCertificates) -> Decision:
    """Certificates are used up, as far as use of their intervals is not covered yet."""
    said = _said(state, command, (command.parts,))
    if said is not None:
        return said
    faults = [
        *_of_participant(state, command.participant_id),
        *_of_parts(state, command.parts),
    ]
    if not faults:
        faults = _stale(state, command, command.parts) or [
            *_beyond(state, command),
            *_beyond_use(command),
        ]
    if faults:
        return refused(faults)
    return applied(
        CertificatesRetired(
            participant_id=command.participant_id,
            reference=command.reference,
            parts=command.parts,
            actor=command.actor,
            now_us=command.now_us,
        )
    )


def export_certificates(state: MarketState, command: ExportCertificates) -> Decision:
    """Whole bundles leave, oldest certificates first; what is less than one stays."""
    said = _said(state, command, (command.bundles_max,))
    if said is not None:
        return said
    faults = _of_participant(state, command.participant_id) or _stale(state, command, None)
    if faults:
        return refused(faults)
    read_wh = sum(item.balance_wh for item in command.read.lots)
    count = min(state.certificates.free_wh(command.participant_id), read_wh) // BUNDLE_WH
    if command.bundles_max is not None:
        count = min(count, command.bundles_max)
    return applied(
        CertificatesExported(
            participant_id=command.participant_id,
            reference=command.reference,
            bundles=tuple(_bundled(command.read.lots, state.certificates.bundles, count)),
            bundles_max=command.bundles_max,
            actor=command.actor,
            now_us=command.now_us,
        )
    )


def _bundled(lots: tuple[LotRead, ...], before: int, count: int) -> Iterator[Bundle]:
    """So many bundles of the first lots."""
    standing = iter(lots)
    lot, left_wh = Lot(start_s=0, unit_id=""), 0
    for number in range(before + 1, before + count + 1):
        parts, lacking_wh = [], BUNDLE_WH
        while lacking_wh:
            if not left_wh:
                item = next(standing)
                lot, left_wh = item.lot, item.balance_wh
            taken_wh = min(left_wh, lacking_wh)
            parts.append(LotPart(lot=lot, energy_wh=taken_wh))
            left_wh, lacking_wh = left_wh - taken_wh, lacking_wh - taken_wh
        yield Bundle(number=number, parts=tuple(parts))


# --- what speaks against it ------------------------------------------------------------


def _digest(kind: str, content: object) -> str:
    return sha256(repr((kind, content)).encode()).hexdigest()


def _said(state: MarketState, command: CertificateCommand, content: object) -> Decision | None:
    """The answer to an act whose reference was used before: the same again is no other one."""
    before = state.certificates.said.get((command.participant_id, command.reference))
    if before is None:
        return None
    if before == _digest(type(command).__name__, content):
        return applied()
    return refused([Rejection(code=Code.EXISTS_WITH_DIFFERENT_FIELDS, pointer="reference")])


def _of_participant(state: MarketState, participant_id: str) -> list[Rejection]:
    if participant_id in state.participants:
        return []
    return [Rejection(code=Code.PARTICIPANT_UNKNOWN, pointer="participant_id")]


def _of_parts(state: MarketState, parts: tuple[LotPart, ...]) -> list[Rejection]:
    """What is wrong with what is asked for, whatever is held."""
    faults = [] if parts else [Rejection(code=Code.FIELD_RANGE, pointer="lots")]
    seen: set[Lot] = set()
    for row, part in enumerate(parts):
        if part.energy_wh <= 0:
            faults.append(Rejection(code=Code.FIELD_RANGE, pointer=f"lots/{row}/energy_kwh"))
        if part.lot.unit_id not in state.units:
            faults.append(Rejection(code=Code.UNIT_UNKNOWN, pointer=f"lots/{row}/unit_id"))
        if part.lot in seen:
            faults.append(Rejection(code=Code.FIELD_RANGE, pointer=f"lots/{row}"))
        seen.add(part.lot)
    return faults


def _stale(
    state: MarketState, command: CertificateCommand, parts: tuple[LotPart, ...] | None
) -> list[Rejection]:
    """Whether what was read has changed since. `parts`: None: whatever there is, oldest first."""
    read, lots = command.read, tuple(item.lot for item in command.read.lots)
    versions = dict(read.versions)
    days = {state.local_day(lot.start_s) for lot in lots}
    wanted = tuple(sorted(set(lots))) if parts is None else tuple(part.lot for part in parts)
    if (
        read.acts != state.certificates.acts.get(command.participant_id, 0)
        or any(versions.get(day, 0) != _version(state, day) for day in days)
        or lots != wanted
        or (parts is None and any(item.balance_wh <= 0 for item in read.lots))
    ):
        return [Rejection(code=Code.REVISION_MISMATCH)]
    return []


def _version(state: MarketState, day: str) -> int:
    standing = state.settlements.days.get(day)
    return 0 if standing is None else standing.version


def _beyond(
    state: MarketState, command: MoveCertificates | RetireCertificates
) -> Iterator[Rejection]:
    """Nobody gives more of a lot than it has, nor of all lots than is free."""
    free_wh = state.certificates.free_wh(command.participant_id)
    within = True
    for row, (part, item) in enumerate(zip(command.parts, command.read.lots, strict=True)):
        most_wh = min(max(0, item.balance_wh), free_wh)
        if part.energy_wh > most_wh:
            within = False
            yield _over(f"lots/{row}/energy_kwh", most_wh)
    if within and total_wh(command.parts) > free_wh:
        yield _over("lots", free_wh)


def _beyond_use(command: RetireCertificates) -> Iterator[Rejection]:
    """Certificates are retired for use of their own interval only."""
    taken_wh: defaultdict[int, int] = defaultdict(int)
    for row, (part, item) in enumerate(zip(command.parts, command.read.lots, strict=True)):
        most_wh = max(0, item.open_wh - taken_wh[part.lot.start_s])
        if part.energy_wh > most_wh:
            yield _over(f"lots/{row}/energy_kwh", most_wh)
        taken_wh[part.lot.start_s] += part.energy_wh


def _over(pointer: str, most_wh: int) -> Rejection:
    parameters = {"energy_kwh_max": energy_text(most_wh)}
    return Rejection(code=Code.VOLUME_MAX, pointer=pointer, parameters=parameters)


# --- with a run ------------------------------------------------------------------------


def issued_by_run(
    begun: SettlementBegun, issued: IssuedCertificates | None
) -> tuple[CertificatesIssued, ...]:
    """The fact of what a run issues; none where its version changes nothing.

    Raises:
        CertificateError: it does not add up.
    """
    if issued is None or issued == NOTHING_ISSUED:
        return ()
    held_wh = sum(energy_wh for _, energy_wh in issued.held_wh)
    if issued.issued_wh != issued.own_use_wh + issued.used_wh + held_wh:
        raise CertificateError(f"certificates of {begun.run_id} do not add up")
    return (
        CertificatesIssued(
            run_id=begun.run_id, day=begun.day, version=begun.version, issued=issued
        ),
    )


# --- facts -----------------------------------------------------------------------------


def issued(state: MarketState, event: CertificatesIssued) -> None:
    """A version's certificates stand."""
    state.certificates.issue(event.issued)


def moved(state: MarketState, event: CertificatesMoved) -> None:
    """Certificates are another participant's."""
    _keep(state, event, MoveCertificates, (event.receiver_id, event.parts))
    state.certificates.moved(event)


def retired(state: MarketState, event: CertificatesRetired) -> None:
    """Certificates are used up."""
    _keep(state, event, RetireCertificates, (event.parts,))
    state.certificates.retired(event)


def exported(state: MarketState, event: CertificatesExported) -> None:
    """Certificates have left."""
    _keep(state, event, ExportCertificates, (event.bundles_max,))
    state.certificates.exported(event)


def _keep(
    state: MarketState,
    event: CertificatesMoved | CertificatesRetired | CertificatesExported,
    command: type[CertificateCommand],
    content: object,
) -> None:
    key = (event.participant_id, event.reference)
    state.certificates.said[key] = _digest(command.__name__, content)
