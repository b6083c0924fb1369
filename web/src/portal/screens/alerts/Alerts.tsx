// Alerts: everything one should know in one list, what is read and what is not, and where it leads.

import { useCallback, useMemo, useState } from "react";
import { localDate } from "../../../language/zone";
import { word } from "../../../language/words";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Tabs } from "../../../parts/frame/Tabs";
import { Empty, Failed, Loading, Stale } from "../../../parts/state/states";
import { useMarketTime } from "../../../cases/useMarketTime";
import { useLive, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useAct, useList } from "../../../wire/queries";
import { AlertRow } from "./AlertRow";
import { Settings } from "./Settings";
import { ALERTS, KINDS, READ_MOST, byDay, inPieces, type Alert } from "./alerts";
import { useTexts } from "./texts";
import "./alerts.css";

/** Times that pass by themselves, a silent meter or a bill that is due, are looked for this often. */
const LOOK_AGAIN_MS = 60_000;

export default function Alerts() {
  const { t, format } = useTexts();
  const { session } = useSession();
  useNews("account", session?.participant_id ?? null, ALERTS);
  const alerts = useList(ALERTS, { all: true, everyMs: LOOK_AGAIN_MS });
  const unread = alerts.items.filter(({ read_at }) => read_at === null);
  return (
    <Page title={t("title")} description={t("about")}>
      <Tabs
        label={t("title")}
        tabs={[
          {
            key: "list",
            title: t("tab.list"),
            count: format.whole(unread.length),
            content: () => <List alerts={alerts} unread={unread} />,
          },
          { key: "settings", title: t("tab.settings"), content: () => <Settings /> },
        ]}
      />
    </Page>
  );
}

interface ListProps {
  alerts: ReturnType<typeof useList<typeof ALERTS>>;
  unread: readonly Alert[];
}

function List({ alerts, unread }: ListProps) {
  const { t, format } = useTexts();
  const { live, sinceMs } = useLive();
  const { time_zone } = useMarket();
  const now = useMarketTime();
  const [kind, choose] = useState<string | null>(null);
  const [which, show] = useState<string | null>(null);
  const { read, busy } = useRead();
  const shown = useMemo(
    () =>
      alerts.items.filter(
        (alert) =>
          (kind === null || alert.kind === kind) && (which === null || alert.read_at === null),
      ),
    [alerts.items, kind, which],
  );
  const days = byDay(shown, (at) => localDate(Date.parse(at), time_zone));
  if (alerts.state === "loading") return <Loading shape="table" />;
  if (alerts.state === "failed" && alerts.problem) {
    return <Failed {...alerts.problem} onAgain={alerts.again} />;
  }
  return (
    <Stale stale={!live} since={sinceMs}>
      <div className="alerts-tools">
        <Filters label={t("tab.list")}>
          <Choose
            label={t("kind")}
            value={kind}
            onChange={choose}
            options={KINDS.map((value) => ({ value, text: word(t, "alert_kind", value) }))}
          />
          <Choose
            label={t("which")}
            value={which}
            onChange={show}
            options={[{ value: "unread", text: t("only_unread") }]}
          />
        </Filters>
        <Button
          isDisabled={unread.length === 0 || busy}
          onPress={() => void read(unread.map(({ alert_id }) => alert_id))}
        >
          {t("read_all", { count: format.whole(unread.length) })}
        </Button>
      </div>
      {days.length === 0 ? (
        <Empty title={t(alerts.items.length === 0 ? "empty" : "none_fits")}>
          {t(alerts.items.length === 0 ? "empty_text" : "none_fits_text")}
        </Empty>
      ) : (
        days.map(({ day, alerts: of }) => (
          <div key={day} className="alerts-day">
            <Panel title={format.day(of[0]?.at ?? null)} flush>
              <ul className="alerts">
                {of.map((alert) => (
                  <AlertRow
                    key={alert.alert_id}
                    alert={alert}
                    now={now}
                    onRead={() => void read([alert.alert_id])}
                  />
                ))}
              </ul>
            </Panel>
          </div>
        ))
      )}
    </Stale>
  );
}

/** Says of alerts that they are read. */
function useRead() {
  const { t } = useTexts();
  const toast = useToast();
  const { act, busy } = useAct("post", "/v1/markets/{market}/account/alerts:read", {
    renews: [ALERTS],
  });
  const read = useCallback(
    async (ids: readonly string[]) => {
      for (const alert_ids of inPieces(ids, READ_MOST)) {
        const answer = await act({ body: { alert_ids } });
        if (!answer.ok) {
          toast(word(t, "refusal", answer.problem.code), "bad");
          return;
        }
      }
    },
    [act, toast, t],
  );
  return { read, busy };
}
