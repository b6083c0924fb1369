"""The page of a bill: every word in every language, nothing taken for markup, cents where it is due."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

import api
from api.pages.bill import Language, bill_page
from api.pages.bill_words import KINDS, PAYMENT, VENUES, WORDS
from market.model.bill import (
    Bill,
    BillLine,
    BillState,
    ChargeKind,
    Correction,
    LineParts,
    PlainBill,
    TaxLine,
)
from market.model.demand import Demand, DemandState, Owed
from market.model.order import Venue
from market.store.queries import StoredBill
from tests.builders import RULES

TEMPLATE = (Path(api.__file__).parent / "pages" / "bill.html.j2").read_text()
FROM_S, UNTIL_S = 1_464_735_600, 1_467_327_600
NOW_US = UNTIL_S * 1_000_000


def line(kind: ChargeKind, energy_wh: int | None, price: int | None, amount: int) -> BillLine:
    return BillLine(
        kind=kind,
        detail="call" if kind is ChargeKind.ENERGY_BOUGHT else "",
        from_s=FROM_S,
        until_s=UNTIL_S,
        count=3,
        energy_wh=energy_wh,
        price_ticks=price,
        amount_quanta=amount,
    )


BILL = Bill(
    bill_id="bil-1",
    participant_id="ann",
    month="2016-06",
    version=1,
    corrects=None,
    before_quanta=0,
    from_s=FROM_S,
    until_s=UNTIL_S,
    as_of_event_seq=9,
    drafted_us=UNTIL_S * 1_000_000,
    lines=(
        line(ChargeKind.ENERGY_BOUGHT, 120_500, None, 1_812_345_678),
        line(ChargeKind.ENERGY_SOLD, 40_250, 9_000, -362_250_000),
        line(ChargeKind.NETWORK_FEE, 130_000, 7_000, 910_000_000),
        line(ChargeKind.RENT_RETURN, None, None, -12_000_005),
    ),
    taxes=(
        TaxLine(
            tax_id="vat", name="VAT", rate_ppm=190_000, base_quanta=10**9, amount_quanta=190_000_000
        ),
    ),
    net_quanta=2_348_095_673,
    tax_quanta=190_000_000,
    rounding_quanta=-95_673,
    total_quanta=2_538_000_000,
    paid_in_quanta=10**10,
    withdrawn_wh=130_000,
    fed_in_wh=0,
    substituted=4,
    plain=PlainBill(
        energy_quanta=2 * 10**9,
        fed_in_quanta=10**8,
        network_quanta=910_000_000,
        levies_quanta=0,
        tax_quanta=0,
        total_quanta=2_810_000_000,
    ),
)
STANDS = StoredBill(bill=BILL, state=BillState.ISSUED, issued_us=UNTIL_S * 1_000_000)


class Read(HTMLParser):
    """The page's text, and whether its tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's signature
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def seen(found: StoredBill = STANDS, language: Language = Language.EN, name: str = "Ann") -> str:
    read = Read(bill_page(found, rules=RULES, name=name, now_us=NOW_US, language=language))
    assert read.open == []
    return " ".join(" ".join(read.text).split())


def test_every_language_has_every_word() -> None:
    for words in (KINDS, WORDS, VENUES, PAYMENT):
        english, chinese = (set(words[language]) for language in Language)  # type: ignore[index]
        assert english == chinese
    assert set(KINDS[Language.EN]) == set(ChargeKind)
    assert set(PAYMENT[Language.EN]) == set(DemandState)
    assert set(Venue) <= set(VENUES[Language.EN])
    for words in WORDS.values():
        used = set(re.findall(r"\bw\.([a-z_]+)", TEMPLATE))
        assert used <= set(words)


@pytest.mark.parametrize("language", Language)
def test_figures_are_the_bills_own_in_every_language(language: Language) -> None:
    text = seen(language=language)
    for figure in (
        "25.38 EUR",
        "18.12345678",
        "-3.6225",
        "-0.12000005",
        "130.000 kWh",
        "7.000",
        "28.10",
        "2.72",
    ):
        assert figure in text
    assert "15.040" in text  # 18.12345678 of 120.5 kWh, in ct/kWh, and said to be an average
    assert WORDS[language]["average"] in text


def test_a_credit_is_said_to_be_one() -> None:
    credit = replace(STANDS, bill=replace(BILL, total_quanta=-2_538_000_000))

    assert "Credit 25.38 EUR" in seen(credit)
    assert "To pay 25.38 EUR" in seen()


def test_a_draft_and_a_replaced_bill_say_so() -> None:
    assert "nothing is booked" in seen(replace(STANDS, state=BillState.DRAFT, issued_us=None))
    assert "took the place" in seen(replace(STANDS, state=BillState.REPLACED))
    assert "nothing is booked" not in seen()


@pytest.mark.parametrize(
    ("paid_quanta", "now_us", "english", "chinese"),
    [
        (0, NOW_US, "Open", "待付"),
        (500_000_000, NOW_US, "Paid in part", "部分已付"),
        (500_000_000, NOW_US + 60 * 86_400_000_000, "Overdue", "逾期"),
        (2_538_000_000, NOW_US + 60 * 86_400_000_000, "Paid", "已付清"),
    ],
)
def test_how_far_it_is_paid(paid_quanta: int, now_us: int, english: str, chinese: str) -> None:
    demand = Demand(
        bill_id="bil-1",
        participant_id="ann",
        month="2016-06",
        total_quanta=BILL.total_quanta,
        due_day="2016-07-15",
        due_us=NOW_US + 14 * 86_400_000_000,
        grace_us=NOW_US + 21 * 86_400_000_000,
    )
    owed = Owed(demand=demand, payable_quanta=BILL.total_quanta, paid_quanta=paid_quanta)
    for language, word in ((Language.EN, english), (Language.ZH, chinese)):
        page = bill_page(
            replace(STANDS, owed=owed), rules=RULES, name="Ann", now_us=now_us, language=language
        )
        text = " ".join(" ".join(Read(page).text).split())
        assert f"{WORDS[language]['payment']} {word}" in text
        assert f"{WORDS[language]['due']} 2016-07-15" in text
        left = "0.00" if paid_quanta == BILL.total_quanta else None
        assert left is None or f"{WORDS[language]['open']} {left} EUR" in text
        assert "bil-1" in text
    assert WORDS[Language.EN]["reference"] not in seen()


def test_a_correction_says_what_it_changes() -> None:
    corrected = replace(BILL, version=2, corrects="bil-0", before_quanta=2_500_000_000)
    text = seen(replace(STANDS, bill=corrected))

    assert "Takes the place of bil-0" in text
    assert "Difference 0.38" in text


@pytest.mark.parametrize(
    ("language", "word"), [(Language.EN, "correction of"), (Language.ZH, "更正")]
)
def test_a_line_of_a_day_settled_again_names_day_version_and_run(
    language: Language, word: str
) -> None:
    run = Correction(day="2016-06-15", version=2, run_id="set-7")
    again = replace(line(ChargeKind.DEVIATION, None, None, -1_234), correction=run)
    text = seen(replace(STANDS, bill=replace(BILL, lines=(*BILL.lines, again))), language)

    assert text.count(word) == 1
    said = text[text.index(word) :][:60]
    assert "2016-06-15" in said
    assert "2 (set-7)" in said


def test_what_of_bought_energy_is_for_lines_stands_below_it_and_adds_up() -> None:
    parts = LineParts(fee_quanta=300_000_000, loss_quanta=12_345_600, rounding_quanta=-78)
    bought = replace(BILL.lines[0], parts=parts)
    found = replace(STANDS, bill=replace(BILL, lines=(bought, *BILL.lines[1:])))
    text = seen(found)
    assert (
        "of which energy 15.00000156 of which wheeling fees of lines 3.00"
        " of which losses on lines 0.123456 of which rounding of lines -0.00000078" in text
    )
    assert "of which congestion rent" not in text, "what is nothing is not said"
    assert WORDS[Language.EN]["parts_why"] in text
    assert "其中 线路过网费 3.00" in seen(found, Language.ZH)
    assert WORDS[Language.EN]["parts_why"] not in seen()


def test_names_are_text_and_never_markup() -> None:
    name = '<script>alert("x")</script>'
    page = bill_page(STANDS, rules=RULES, name=name, now_us=NOW_US, language=Language.EN)

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_tax_that_changes_in_the_month_shows_the_days() -> None:
    middle_s = 1_466_031_600
    parts = (
        replace(BILL.lines[0], until_s=middle_s),
        replace(BILL.lines[0], from_s=middle_s),
    )
    text = seen(replace(STANDS, bill=replace(BILL, lines=parts)))

    assert "2016-06-01 – 2016-06-15" in text
    assert "2016-06-16 – 2016-06-30" in text
