"""What a payer's reference names: a bill, a participant, a payout.

The one idea: a reference is free text, so it is cut into words and only whole words count. Where its words
name two different payers it is nobody's: a person has to look.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

PAYOUT_PREFIX: Final = "out-"
BILL_PREFIX: Final = "bil-"
_WORDS: Final = re.compile(r"[A-Za-z0-9_.:-]+", re.ASCII)
_ENDS: Final = ".:-_"
"""Signs of a sentence that may stand at a word's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a reference names."""

    participant_id: str | None = None
    """The one payer; None: none is named, or several are."""
    bill_id: str | None = None
    """The one bill; None: none, or several of the same payer."""


def payouts_in(reference: str) -> tuple[str, ...]:
    """Ids of payouts, whether they exist or not."""
    return tuple(word for word in _lower(reference) if word.startswith(PAYOUT_PREFIX))


def named_in(
    reference: str, *, payer_of: Callable[[str], str | None], is_participant: Callable[[str], bool]
) -> Named:
    """The payer and the bill a reference names.

    Args:
        reference: as the bank hands it on.
        payer_of: the participant of a bill that was issued; None: there is no such bill.
        is_participant: True for the id of a participant.
    """
    payers: dict[str, None] = {}
    bills: dict[str, None] = {}
    for word in _lower(reference):
        if word.startswith(BILL_PREFIX) and (payer := payer_of(word)) is not None:
            bills[word] = payers[payer] = None
    for word in dict.fromkeys((*_words(reference), *_trimmed(reference))):
        if is_participant(word):
            payers[word] = None
    if len(payers) != 1:
        return Named()
    return Named(participant_id=next(iter(payers)), bill_id=_only(bills))


def _only(found: Iterable[str]) -> str | None:
    names = tuple(found)
    return names[0] if len(names) == 1 else None


def _words(reference: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(reference))


def _trimmed(reference: str) -> tuple[str, ...]:
    return tuple(trimmed for word in _words(reference) if (trimmed := word.strip(_ENDS)))


def _lower(reference: str) -> tuple[str, ...]:
    """Banks write in capitals: ids of ours are told apart without regard to case."""
    return tuple(dict.fromkeys(word.lower() for word in _trimmed(reference)))
