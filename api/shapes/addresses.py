"""What each address answers, in JSON: one table, from which the description is made.

The one idea: it only describes. Nothing is checked while the server answers; the tests hold every answer they
get against this. An address that is not here answers what docs/wire.md says.
"""

from collections.abc import Mapping
from typing import Any, Final

from api.access.permissions import MARKET
from api.shapes import bills, results
from api.shapes import nouns as shapes
from api.shapes.nouns import page_of

_CASE: Final = f"{MARKET}/cases/{{case_id}}"

TOLD: Final[Mapping[tuple[str, str], type[Any]]] = {
    ("GET", "/v1/health"): shapes.Health,
    ("GET", "/v1/clock"): shapes.ClockReading,
    ("GET", "/v1/clients"): page_of(shapes.Client),
    ("GET", "/v1/markets"): page_of(shapes.Market),
    ("GET", MARKET): shapes.Market,
    ("GET", f"{MARKET}/intervals"): page_of(results.Interval),
    ("GET", f"{MARKET}/prices"): page_of(results.AreaPrice),
    ("GET", f"{MARKET}/curves"): results.Curves,
    ("GET", f"{MARKET}/units"): page_of(shapes.Unit),
    ("GET", f"{MARKET}/orders"): page_of(shapes.Order),
    ("GET", f"{MARKET}/orders/{{order_id}}"): shapes.Order,
    ("POST", f"{MARKET}/orders"): shapes.Order,
    ("DELETE", f"{MARKET}/orders/{{order_id}}"): shapes.Order,
    ("GET", f"{MARKET}/orders/{{order_id}}/explanation"): shapes.Explanation,
    ("GET", f"{MARKET}/trades"): page_of(shapes.Trade),
    ("GET", f"{MARKET}/bills"): page_of(bills.Bill),
    ("GET", f"{MARKET}/bills/{{bill_id}}"): bills.Bill,
    ("GET", f"{MARKET}/bills/{{bill_id}}/details"): page_of(bills.BillDetail),
    ("POST", f"{MARKET}/bills/{{bill_id}}/disputes"): bills.Case,
    ("GET", f"{MARKET}/cases"): page_of(bills.Case),
    ("POST", f"{MARKET}/cases"): bills.Case,
    ("GET", _CASE): bills.Case,
    **{
        ("POST", f"{_CASE}:{act}"): bills.Case
        for act in (
            "take", "comment", "note", "resolve", "decide", "reopen", "rate", "withdraw",
        )
    },
}  # fmt: skip
