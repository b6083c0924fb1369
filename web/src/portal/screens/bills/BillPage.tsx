// One bill: what it comes to, against the plain tariff, line by line, what is paid, what is disputed.

import { useState } from "react";
import { Link } from "react-router";
import { Button } from "../../../parts/Button";
import { useToast } from "../../../parts/act/toasts";
import { Facts, Figure, Tiles } from "../../../parts/frame/Figures";
import { Page, Split } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { Energy, Money } from "../../../parts/text/Quantity";
import { Badge, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { word } from "../../../language/words";
import { useMarket } from "../../../shell/markets";
import { addressOf } from "../../../wire/client";
import { download } from "../../../wire/download";
import { useRead } from "../../../wire/queries";
import type { Bill } from "../../../wire/bills";
import { savingOf, sign } from "./bill";
import { Cases } from "./Cases";
import { Comparison } from "./Comparison";
import { DisputeForm } from "./DisputeForm";
import { Lines } from "./Lines";
import { TONES } from "./tones";
import { useTexts } from "./texts";

export function BillPage({ billId }: { billId: string }) {
  const { t, format } = useTexts();
  const found = useRead("/v1/markets/{market}/bills/{bill_id}", { params: { bill_id: billId } });
  const bill = found.value;
  const month = bill ? format.month(Date.parse(bill.start) + 14 * 86_400_000) : "";
  return (
    <Page
      title={bill ? t("bill.title", { month }) : t("title")}
      before={<Link to="/bills">{t("bill.all")}</Link>}
      description={bill && t("bill.about", { id: bill.bill_id, version: bill.version })}
      actions={bill && <Downloads bill={bill} />}
    >
      {found.state === "loading" && <Loading shape="table" />}
      {found.state === "failed" && (
        <Failed
          code={found.problem?.code ?? "UNREACHABLE"}
          traceId={found.problem?.traceId}
          onAgain={found.again}
        />
      )}
      {bill && <Whole bill={bill} />}
    </Page>
  );
}

function Whole({ bill }: { bill: Bill }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const [disputing, dispute] = useState(false);
  const money = (amount: string | null) => <Money amount={amount} currency={currency} />;
  const saving = savingOf(bill);
  const { payment_state } = bill;
  return (
    <>
      <Tiles label={t("tiles")}>
        <Figure
          label={t("amount")}
          note={
            payment_state && (
              <State tone={TONES[payment_state]}>{t(`payment.${payment_state}`)}</State>
            )
          }
        >
          {money(bill.total_amount)}
        </Figure>
        <Figure
          label={t("open")}
          note={bill.due_day && t("due.until", { day: format.day(bill.due_day) })}
        >
          {money(bill.open_amount)}
        </Figure>
        {saving !== null && (
          <Figure
            label={t(sign(saving) < 0 ? "last.more" : "last.saved")}
            note={t("last.against_plain")}
          >
            {money(saving.replace("-", ""))}
          </Figure>
        )}
        <Figure label={t("used")} note={t("bill.fed_in", { energy: kwh(bill.fed_in_kwh) })}>
          <Energy kwh={bill.withdrawn_kwh} />
        </Figure>
      </Tiles>
      {bill.state === "replaced" && <Badge tone="warning">{t("bill.replaced")}</Badge>}
      <Split
        percent={32}
        aside={
          <>
            <Payment bill={bill} />
            <GreenPanel bill={bill} />
          </>
        }
      >
        <Lines bill={bill} />
        <Comparison bill={bill} />
      </Split>
      <Panel
        title={t("dispute.title")}
        tools={
          bill.state === "issued" &&
          !disputing && <Button onPress={() => dispute(true)}>{t("dispute.begin")}</Button>
        }
      >
        {disputing && <DisputeForm bill={bill} onDone={() => dispute(false)} />}
        {!disputing && bill.disputes.length === 0 && (
          <p className="bill-note">{t("dispute.none")}</p>
        )}
        <Cases disputes={bill.disputes} />
      </Panel>
    </>
  );

  function kwh(value: string): string {
    const { text, unit } = format.energy(value);
    return `${text} ${unit}`;
  }
}

function Payment({ bill }: { bill: Bill }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const money = (amount: string | null) => <Money amount={amount} currency={currency} />;
  return (
    <Panel title={t("pay.title")} foot={t("pay.how", { id: bill.bill_id })}>
      <Facts
        facts={[
          {
            label: t("pay.payable"),
            value: money(bill.payable_amount),
            note: t("pay.payable_note"),
          },
          { label: t("pay.paid"), value: money(bill.paid_amount) },
          { label: t("open"), value: <b>{money(bill.open_amount)}</b> },
          { label: t("due.day"), value: bill.due_day ? format.day(bill.due_day) : "–" },
          { label: t("pay.unpayable"), value: money(bill.unpayable_amount) },
          { label: t("pay.issued"), value: <Time at={bill.issued_at} day /> },
          { label: t("pay.substituted"), value: format.whole(bill.substituted_readings) },
        ]}
      />
    </Panel>
  );
}

function GreenPanel({ bill }: { bill: Bill }) {
  const { t } = useTexts();
  const { areas } = useMarket();
  return (
    <Panel title={t("green.title")} foot={<Link to="/green">{t("green.all")}</Link>}>
      <p>
        <Energy kwh={bill.green_kwh} /> {t("green.of")} <Energy kwh={bill.withdrawn_kwh} />
      </p>
      <Facts
        facts={bill.green.map(({ source, area_id, own_use_kwh, bought_kwh }) => ({
          label: t("green.from", {
            source: SOURCES.has(source) ? t(`source.${source as "wind"}`) : source,
            area: areas.find((each) => each.area_id === area_id)?.name ?? area_id,
          }),
          value: (
            <>
              {sign(bought_kwh) > 0 && <Energy kwh={bought_kwh} />}
              {sign(own_use_kwh) > 0 && (
                <>
                  {" "}
                  {t("green.own")} <Energy kwh={own_use_kwh} />
                </>
              )}
            </>
          ),
        }))}
      />
    </Panel>
  );
}

const SOURCES = new Set(["solar", "wind", "hydro"]);

const FILES = [
  { key: "pdf", path: "page", accept: "application/pdf", end: "pdf" },
  { key: "csv", path: "details", accept: "text/csv", end: "csv" },
  { key: "arrow", path: "details", accept: "application/vnd.apache.arrow.stream", end: "arrow" },
] as const;

function Downloads({ bill }: { bill: Bill }) {
  const { t, language } = useTexts();
  const { market_id } = useMarket();
  const toast = useToast();
  const address = (path: string, query: object = {}) =>
    addressOf(
      `/v1/markets/{market}/bills/{bill}/${path}`,
      { market: market_id, bill: bill.bill_id },
      query,
    );
  const spoken = { language: language === "en" ? "en" : "zh" };
  const fetchFile = async ({ path, accept, end }: (typeof FILES)[number]) => {
    const answer = await download(
      address(path, path === "page" ? spoken : {}),
      accept,
      `bill-${bill.month}.${end}`,
    );
    if (!answer.ok) toast(word(t, "refusal", answer.problem.code), "bad");
  };
  return (
    <>
      <a className="bill-file" href={address("page", spoken)} target="_blank" rel="noreferrer">
        {t("file.html")}
      </a>
      {FILES.map((each) => (
        <Button key={each.key} icon="download" onPress={() => void fetchFile(each)}>
          {t(`file.${each.key}`)}
        </Button>
      ))}
    </>
  );
}
