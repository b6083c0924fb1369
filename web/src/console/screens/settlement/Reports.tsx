// A day or a month in pictures, each with its table and file; whether the figures prove themselves.

import { useState } from "react";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panels } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { Energy, Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { addressOf } from "../../../wire/client";
import { useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { tradedDays } from "../../place";
import { monthsBetween, total } from "./figures";
import { DAY_REPORT, MONTH_REPORT } from "./money";
import type { Report } from "./report";
import {
  CertificatesChart,
  CompletenessChart,
  ImbalanceChart,
  PricesChart,
  RevenueChart,
  VolumesChart,
} from "./ReportCharts";
import { useTexts } from "./texts";

interface Props {
  market: Market;
  day: string;
  today: string;
  onDay(day: string): void;
}

export function Reports({ market, day, today, onDay }: Props) {
  const { t, format, language } = useTexts();
  const [period, setPeriod] = useState<"day" | "month">("day");
  const months = monthsBetween(tradedDays(market).min, today);
  const month = day.slice(0, 7);
  const ofDay = useRead(DAY_REPORT, { query: { day }, when: period === "day" });
  const ofMonth = useRead(MONTH_REPORT, { query: { month }, when: period === "month" });
  const read = period === "day" ? ofDay : ofMonth;
  const page = addressOf(
    `/v1/markets/{market}/reports/${period}/page`,
    { market: market.market_id },
    {
      ...(period === "day" ? { day } : { month }),
      language: language === "en" ? "en" : "zh",
    },
  );
  const report = read.value;
  return (
    <>
      <Filters label={t("filter.label")}>
        <Choose
          label={t("report.period")}
          value={period}
          all={null}
          options={(["day", "month"] as const).map((value) => ({
            value,
            text: t(`filter.${value}`),
          }))}
          onChange={(next) => setPeriod(next === "month" ? "month" : "day")}
        />
        {period === "day" ? (
          <DayPicker label={t("filter.day")} value={day} {...tradedDays(market)} onChange={onDay} />
        ) : (
          <Choose
            label={t("filter.month")}
            value={month}
            all={null}
            options={months.map((value) => ({
              value,
              text: format.month(`${value}-15T12:00:00Z`),
            }))}
            onChange={(next) => next !== null && onDay(dayOf(next, market))}
          />
        )}
        <a href={page} target="_blank" rel="noreferrer">
          {t("report.page")}
        </a>
      </Filters>
      {read.state === "failed" && read.problem && (
        <Failed code={read.problem.code} traceId={read.problem.traceId} onAgain={read.again} />
      )}
      {read.state === "loading" && <Loading shape="tiles" />}
      {report && <Shown report={report} />}
    </>
  );
}

/** A day of a month on which the market trades. */
function dayOf(month: string, market: Market): string {
  const { min, max } = tradedDays(market);
  const first = `${month}-01`;
  if (first < min) return min;
  return max !== undefined && first > max ? max : first;
}

function Shown({ report }: { report: Report }) {
  const { t } = useTexts();
  const { currency, energy, proven, closed } = report;
  return (
    <>
      {!proven && (
        <Panel title={t("report.not_proven")} tone="bad">
          <p>{t("report.not_proven_text")}</p>
        </Panel>
      )}
      <Tiles label={t("tile.label")}>
        <Figure
          label={t("report.proof")}
          tone={proven ? "good" : "bad"}
          state={
            <State tone={proven ? "good" : "bad"}>
              {t(proven ? "report.proven" : "report.not_proven")}
            </State>
          }
        >
          {t(closed ? "report.closed" : "report.going_on")}
        </Figure>
        <Figure label={t("report.bought")}>
          <Energy kwh={energy.bought_kwh} />
        </Figure>
        <Figure label={t("report.sold")}>
          <Energy kwh={energy.sold_kwh} />
        </Figure>
        <Figure label={t("report.lost")}>
          <Energy kwh={energy.lost_kwh} />
        </Figure>
        <Figure label={t("report.cost_of_deviating")}>
          <Money
            amount={total(report.imbalance.map(({ cost_amount }) => cost_amount))}
            currency={currency}
          />
        </Figure>
      </Tiles>
      <RevenueChart report={report} />
      <PricesChart report={report} />
      <Panels least={420}>
        <VolumesChart report={report} />
        <ImbalanceChart report={report} />
        <CompletenessChart report={report} />
        <CertificatesChart report={report} />
      </Panels>
    </>
  );
}
