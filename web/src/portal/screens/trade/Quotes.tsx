// Inquiries and quotes: ask somebody for a price, answer who asks, and take the answer one likes.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { State } from "../../../parts/text/State";
import { Interval, Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useList } from "../../../wire/queries";
import type { Inquiry, Unit } from "./answers";
import { AskQuotes } from "./AskQuotes";
import { OFFER_TONES } from "./columns";
import { InquiryDetails } from "./InquiryDetails";
import { INQUIRIES } from "./mine";
import { useTexts } from "./texts";

export function Quotes({ units }: { units: readonly Unit[] }) {
  const { t } = useTexts();
  const { session } = useSession();
  const me = session?.participant_id ?? "";
  const inquiries = useList(INQUIRIES, { all: true });
  const [asking, ask] = useState(false);
  const columns = useInquiryColumns(me);
  const { code = "UNREACHABLE", traceId = null } = inquiries.problem ?? {};
  if (code === "MODE_NOT_OFFERED") return <Empty>{t("quotes.not_here")}</Empty>;
  return (
    <Panel
      title={t("quotes.title")}
      flush
      tools={
        <Button kind="main" icon="plus" onPress={() => ask(true)}>
          {t("quotes.ask")}
        </Button>
      }
    >
      <DataTable<Inquiry>
        name="inquiries"
        label={t("quotes.title")}
        columns={columns}
        rows={inquiries.items}
        rowKey={inquiryKey}
        sort={SORT}
        state={inquiries.state}
        failed={{ code, traceId, onAgain: inquiries.again }}
        empty={t("quotes.empty")}
        details={(inquiry) => <InquiryDetails inquiry={inquiry} units={units} me={me} />}
        tone={({ state, participant_id }) =>
          state === "open" && participant_id !== me ? "warning" : undefined
        }
        height={Math.min(620, 420 + inquiries.items.length * 34)}
      />
      {asking && <AskQuotes units={units} onClose={() => ask(false)} />}
    </Panel>
  );
}

const SORT = [{ id: "answer_by", desc: true }];
const inquiryKey = ({ inquiry_id }: Inquiry) => inquiry_id;

function useInquiryColumns(me: string): readonly Column<Inquiry>[] {
  const { t, format } = useTexts();
  const { interval_minutes: minutes } = useMarket();
  return useMemo<Column<Inquiry>[]>(() => {
    const who = ({ participant_id }: Inquiry) =>
      t(participant_id === me ? "quotes.mine" : "quotes.asked_of_me");
    return [
      {
        ...{ key: "when", title: t("orders.interval"), kind: "time", width: 215, card: "title" },
        value: ({ start }) => start,
        cell: ({ start }) => (
          <Interval start={start} end={Date.parse(start) + minutes * 60_000} day />
        ),
      },
      {
        ...{ key: "who", title: t("quotes.who"), kind: "text", width: 140, choosable: true },
        value: who,
      },
      {
        ...{ key: "energy", title: t("orders.energy"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "green", title: t("offers.green"), kind: "text", width: 110 },
        value: ({ green_only }) => t(green_only ? "quotes.yes" : "quotes.no"),
      },
      {
        ...{ key: "answer_by", title: t("contracts.answer_by"), kind: "time", width: 160 },
        value: ({ answer_by }) => answer_by,
        cell: ({ answer_by }) => <Time at={answer_by} day />,
      },
      {
        ...{ key: "state", title: t("orders.state"), kind: "text", width: 140 },
        value: ({ state }) => state,
        said: ({ state }) => t(`quotes.state_${state}`),
        cell: ({ state }) => <State tone={OFFER_TONES[state]}>{t(`quotes.state_${state}`)}</State>,
      },
    ];
  }, [t, format, me, minutes]);
}
