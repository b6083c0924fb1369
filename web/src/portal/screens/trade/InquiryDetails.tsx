// One inquiry: its quotes, what can be done now, and how it ended.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Failed, Loading } from "../../../parts/state/states";
import { Money, Price } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import type { Inquiry, Quote, Unit } from "./answers";
import { OFFER_TONES } from "./columns";
import { GiveQuote } from "./GiveQuote";
import { COLLATERAL, INQUIRIES, QUOTES, TRADES } from "./mine";
import { sidesOf, valueOf } from "./rules";
import { useTexts } from "./texts";

interface Props {
  inquiry: Inquiry;
  units: readonly Unit[];
  me: string;
}

type Doing = "accept" | "take_back" | "decline" | "close";

export function InquiryDetails({ inquiry, units, me }: Props) {
  const { t, format } = useTexts();
  const toast = useToast();
  const quotes = useList(QUOTES, { query: { inquiry_id: inquiry.inquiry_id }, all: true });
  const [doing, start] = useState<{ what: Doing; quote?: Quote } | null>(null);
  const [giving, give] = useState(false);
  const renews = { renews: [INQUIRIES, QUOTES, TRADES, COLLATERAL] as const };
  const acts = {
    accept: useAct("post", `${QUOTES}/{quote_id}:accept`, renews),
    take_back: useAct("delete", `${QUOTES}/{quote_id}`, renews),
    decline: useAct("post", `${INQUIRIES}/{inquiry_id}:decline`, renews),
    close: useAct("delete", `${INQUIRIES}/{inquiry_id}`, renews),
  };
  const mine = inquiry.participant_id === me;
  const open = inquiry.state === "open";
  const submit = async ({ what, quote }: { what: Doing; quote?: Quote }) => {
    const params = { inquiry_id: inquiry.inquiry_id, quote_id: quote?.quote_id ?? "" };
    const { ok } = await acts[what].act({ params });
    if (!ok) return;
    start(null);
    toast(t(`quotes.done_${what}`));
  };
  const declined = Array.isArray(inquiry.declined) ? inquiry.declined : [];
  const gone = inquiry.declined === true;
  return (
    <div className="trade-details">
      <p>{t(`quotes.means_${mine ? "mine" : "asked"}_${gone ? "declined" : inquiry.state}`)}</p>
      {declined.length > 0 && <p>{t("quotes.who_declined", { who: declined.join(", ") })}</p>}
      {quotes.state === "loading" && <Loading rows={2} />}
      {quotes.state === "failed" && (
        <Failed
          code={quotes.problem?.code ?? "UNREACHABLE"}
          traceId={quotes.problem?.traceId}
          onAgain={quotes.again}
        />
      )}
      {quotes.state === "ready" && quotes.items.length === 0 && <p>{t("quotes.none")}</p>}
      <ul className="trade-quotes">
        {quotes.items.map((quote) => (
          <li key={quote.quote_id}>
            <OneQuote quote={quote} mine={quote.participant_id === me} />
            {quote.state === "open" && (
              <Button
                kind={mine ? "main" : "danger"}
                onPress={() => start({ what: mine ? "accept" : "take_back", quote })}
              >
                {t(mine ? "quotes.accept" : "quotes.take_back")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {open && !gone && (
        <div className="trade-acts">
          {mine ? (
            <Button kind="danger" onPress={() => start({ what: "close" })}>
              {t("quotes.close")}
            </Button>
          ) : (
            <>
              <Button
                kind="main"
                isDisabled={!units.some((unit) => sidesOf(unit).includes("sell"))}
                onPress={() => give(true)}
              >
                {t("quotes.give")}
              </Button>
              <Button kind="danger" onPress={() => start({ what: "decline" })}>
                {t("quotes.decline")}
              </Button>
            </>
          )}
        </div>
      )}
      {giving && <GiveQuote inquiry={inquiry} units={units} onClose={() => give(false)} />}
      {doing && (
        <ConfirmAct
          open
          title={t(`quotes.${doing.what}`)}
          consequence={
            <p>
              {t(`quotes.text_${doing.what}`, {
                energy: format.kwh(doing.quote?.energy_kwh ?? inquiry.energy_kwh),
              })}{" "}
              {doing.quote && <Worth quote={doing.quote} />}
            </p>
          }
          act={t(`quotes.${doing.what}`)}
          reason="none"
          danger={doing.what !== "accept"}
          busy={acts[doing.what].busy}
          problem={acts[doing.what].problem}
          onClose={() => start(null)}
          onConfirm={() => void submit(doing)}
        />
      )}
    </div>
  );
}

function Worth({ quote }: { quote: Quote }) {
  const { currency } = useMarket();
  const value = valueOf(quote.price_per_mwh, quote.energy_kwh);
  return <Money amount={value} currency={currency} places={4} />;
}

function OneQuote({ quote, mine }: { quote: Quote; mine: boolean }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  return (
    <span>
      <b>{mine ? t("quotes.my_quote") : quote.participant_id}</b>:{" "}
      <Price value={quote.price_per_mwh} currency={currency} />, {format.kwh(quote.energy_kwh)}{" "}
      {t("unit.kwh")}, {t("quotes.valid_until", { until: format.stamp(quote.valid_until) })}{" "}
      <State tone={OFFER_TONES[quote.state]}>{t(`quotes.state_${quote.state}`)}</State>{" "}
      {quote.state !== "open" && t(`quotes.quote_${quote.state}`)}
    </span>
  );
}
