// Messages to those in the market: written, previewed, sent at a moment, withdrawn; and who has read them.

import { useMemo } from "react";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Tabs } from "../../../parts/frame/Tabs";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Badge, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { word } from "../../../language/words";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useList, type Listing } from "../../../wire/queries";
import { usePlace } from "../../place";
import { MessageDetails } from "./MessageDetails";
import { isWhole, readPpm, SEVERITY_TONES, STATE_TONES, textIn, type Message } from "./messages";
import { useTexts } from "./texts";
import { targetWord } from "./target";
import { Write } from "./Write";
import "./messages.css";

const MESSAGES = "/v1/markets/{market}/messages";
type Shown = "list" | "write";

export default function Messages() {
  const { t, format, language } = useTexts();
  const market = useMarket();
  const [place, move] = usePlace("tab");
  const listed = useList(MESSAGES, { all: true });
  const messages = { ...listed, items: listed.items.filter(isWhole) };
  useNews("alarms", market.market_id, MESSAGES);
  const scheduled = messages.items.filter(({ state }) => state === "scheduled");
  const next = scheduled.map(({ publish_at }) => publish_at).sort()[0];
  const latest = messages.items.find(({ state }) => state === "published");
  return (
    <Page title={t("nav.messages")} description={t("page_about")}>
      <Tiles label={t("tile.all")} known={messages.state === "ready"}>
        <Figure
          label={t("state.scheduled")}
          note={
            next && (
              <>
                {t("tile.next")} <Time at={next} day />
              </>
            )
          }
        >
          {format.whole(scheduled.length)}
        </Figure>
        <Figure label={t("tile.read")} note={latest && textIn(latest, language)?.title}>
          {latest ? format.share(readPpm(latest), 0) : "–"}
        </Figure>
      </Tiles>
      <Tabs<Shown>
        label={t("nav.messages")}
        shown={place.tab === "write" ? "write" : "list"}
        onShow={(tab) => move({ tab: tab === "list" ? null : tab })}
        tabs={[
          {
            key: "list",
            title: t("tab.list"),
            content: () => <List messages={messages} />,
          },
          {
            key: "write",
            title: t("tab.write"),
            content: () => <Write market={market} onWritten={() => move({ tab: null })} />,
          },
        ]}
      />
    </Page>
  );
}

const messageKey = ({ message_id }: Message) => message_id;

function List({ messages }: { messages: Listing<Message> }) {
  const { t, format, language } = useTexts();
  const columns = useMemo<Column<Message>[]>(
    () => [
      {
        ...{ key: "state", title: t("column.state"), kind: "text", choosable: true },
        value: ({ state }) => state,
        said: ({ state }) => t(`state.${state}`),
        cell: ({ state }) => <State tone={STATE_TONES[state]}>{t(`state.${state}`)}</State>,
      },
      {
        ...{ key: "title", title: t("column.title"), kind: "text", width: 280, card: "title" },
        value: (message) => textIn(message, language)?.title ?? "",
        said: ({ texts }) => texts.map(({ title, text }) => `${title} ${text}`).join(" "),
      },
      {
        ...{ key: "severity", title: t("column.severity"), kind: "text", choosable: true },
        value: ({ severity }) => severity,
        said: ({ severity }) => word(t, "severity", severity),
        cell: ({ severity }) => (
          <Badge tone={SEVERITY_TONES[severity]}>{word(t, "severity", severity)}</Badge>
        ),
      },
      {
        ...{ key: "target", title: t("column.target"), kind: "text", width: 170 },
        value: ({ target }) => targetWord(t, target),
      },
      {
        ...{ key: "publish", title: t("column.publish"), kind: "time", width: 190 },
        value: ({ publish_at }) => publish_at,
        cell: ({ publish_at }) => <Time at={publish_at} day />,
      },
      {
        ...{ key: "recipients", title: t("column.recipients"), kind: "decimal", width: 100 },
        value: ({ recipients }) => (recipients === null ? null : String(recipients)),
        cell: ({ recipients }) => format.whole(recipients),
      },
      {
        ...{ key: "read", title: t("column.read"), kind: "decimal", width: 120 },
        value: ({ read }) => String(read),
        cell: (message) =>
          message.recipients === null
            ? "–"
            : `${format.whole(message.read)} (${format.share(readPpm(message), 0)})`,
      },
      {
        ...{ key: "by", title: t("column.by"), kind: "text", hidden: true },
        value: ({ written_by }) => written_by,
      },
    ],
    [t, format, language],
  );
  return (
    <Panel title={t("tab.list")} flush>
      <DataTable
        name="messages"
        label={t("tab.list")}
        columns={columns}
        rows={messages.items}
        rowKey={messageKey}
        state={messages.state}
        {...(messages.problem ? { failed: { ...messages.problem, onAgain: messages.again } } : {})}
        empty={t("empty")}
        details={(message) => <MessageDetails message={message} />}
      />
    </Panel>
  );
}
