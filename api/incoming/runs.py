"""Body of a run that settles a day again."""

from api.incoming.body import Body, Day, Name
from api.incoming.definitions import TariffIn
from market.model.rules import Tariff


class SettlementRunIn(Body):
    """Which day, why, and with which fees from now on."""

    day: Day
    reason: Name
    tariff: TariffIn | None = None

    def fees(self) -> Tariff | None:
        """Fees of the day from now on; None: as they were."""
        return None if self.tariff is None else self.tariff.tariff()
