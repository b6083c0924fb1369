// The audit trail: who told the market what, what came of it, and the proof that nothing was changed.

import { useEffect, useMemo, useRef, useState } from "react";
import { Form } from "../../../parts/form/Form";
import { ChoiceField, TextField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Tabs } from "../../../parts/frame/Tabs";
import { Button } from "../../../parts/Button";
import { Loading } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Id, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useList } from "../../../wire/queries";
import { useMarketNow, usePlace } from "../../place";
import { Replay } from "../../replay/Replay";
import { NOTHING_WANTED, queryOf, RESULT_TONES, type Entry, type Wanted } from "./audit";
import { Chain } from "./Chain";
import { EntryDetails } from "./EntryDetails";
import { commandChoices, commandWord, factWord } from "./kinds";
import { useTexts } from "./texts";
import "./audit.css";

type Shown = "trail" | "books";

export default function Audit() {
  const { t } = useTexts();
  const now = useMarketNow();
  const [place, move] = usePlace("tab");
  // Asked once: a search does not move on under the reader's eyes.
  const begun = useRef<number | null>(null);
  begun.current ??= now;
  return (
    <Page title={t("nav.audit")} description={t("page_about")}>
      <Tabs<Shown>
        label={t("nav.audit")}
        shown={place.tab === "books" ? "books" : "trail"}
        onShow={(tab) => move({ tab: tab === "trail" ? null : tab })}
        tabs={[
          {
            key: "trail",
            title: t("tab.trail"),
            content: () => (
              <div className="au-all">
                <Chain />
                {begun.current === null ? (
                  <Loading shape="table" />
                ) : (
                  <Trail nowMs={begun.current} />
                )}
              </div>
            ),
          },
          { key: "books", title: t("tab.books"), content: () => <Replay /> },
        ]}
      />
    </Page>
  );
}

const NAMES = ["actor", "kind", "object", "seq", "from", "to"] as const;
/** So many lines are looked for by themselves; one answer of the server may hold few of many. */
const ENOUGH = 40;
const entryKey = ({ command_seq }: Entry) => String(command_seq);

function Trail({ nowMs }: { nowMs: number }) {
  const { t, format } = useTexts();
  const [place, move] = usePlace(...NAMES);
  const wanted: Wanted = { ...NOTHING_WANTED, ...place };
  const asked = NAMES.some((name) => place[name] !== undefined);
  const found = useList("/v1/markets/{market}/audit", { query: queryOf(wanted, nowMs) });
  const { items, more, busy, fetchMore, problem } = found;
  const search = more && items.length < ENOUGH && problem === null;
  useEffect(() => {
    if (search && !busy) fetchMore();
  }, [search, busy, fetchMore]);
  const columns = useColumns();
  return (
    <>
      <Panel title={t("search.title")} note={asked ? undefined : t("search.hour")}>
        {/* Anew when the address says something else: somebody followed a link. */}
        <Search
          key={NAMES.map((name) => wanted[name]).join("\n")}
          wanted={wanted}
          problem={problem}
          busy={busy && items.length === 0}
          onSearch={(next) => {
            move(Object.fromEntries(NAMES.map((name) => [name, next[name].trim() || null])));
            found.again();
          }}
          {...(asked
            ? { onClear: () => move(Object.fromEntries(NAMES.map((name) => [name, null]))) }
            : {})}
        />
      </Panel>
      <Panel
        title={t("trail.title")}
        note={search ? t("trail.searching", { count: format.whole(items.length) }) : undefined}
        flush
      >
        <DataTable
          name="audit"
          label={t("trail.title")}
          columns={columns}
          rows={items}
          rowKey={entryKey}
          state={search && items.length === 0 ? "loading" : found.state}
          {...(problem ? { failed: { ...problem, onAgain: found.again } } : {})}
          empty={t("trail.empty")}
          tone={({ result }) => (result === "refused" ? "warning" : undefined)}
          details={(entry) => <EntryDetails entry={entry} />}
          more={{ has: more, loading: busy, load: fetchMore }}
        />
      </Panel>
    </>
  );
}

interface SearchProps {
  wanted: Wanted;
  problem: { code: string } | null;
  busy: boolean;
  onSearch(wanted: Wanted): void;
  onClear?: () => void;
}

function Search({ wanted, problem, busy, onSearch, onClear }: SearchProps) {
  const { t, format } = useTexts();
  const [typed, type] = useState(wanted);
  const kinds = useMemo(() => commandChoices(t, format.tag, typed.kind), [t, format, typed.kind]);
  const set = (name: keyof Wanted) => (value: string) => type({ ...typed, [name]: value });
  return (
    <div className="au-search">
      <Form
        label={t("search.title")}
        submit={t("search.go")}
        busy={busy}
        problem={problem}
        onSubmit={() => onSearch(typed)}
      >
        <div className="au-fields">
          <ChoiceField
            pointer="/kind"
            label={t("search.kind")}
            note={t("search_note.kind")}
            value={typed.kind}
            onChange={set("kind")}
            options={kinds}
            optional
          />
          {(["object", "actor", "seq"] as const).map((name) => (
            <TextField
              key={name}
              pointer={name === "seq" ? "/from_seq" : `/${name}`}
              label={t(`search.${name}`)}
              note={t(`search_note.${name}`)}
              value={typed[name]}
              onChange={set(name)}
              optional
            />
          ))}
          <MomentField
            pointer="/from"
            label={t("search.from")}
            value={typed.from}
            onChange={set("from")}
            optional
          />
          <MomentField
            pointer="/to"
            label={t("search.to")}
            value={typed.to}
            onChange={set("to")}
            optional
          />
        </div>
      </Form>
      {onClear && (
        <Button kind="quiet" onPress={onClear}>
          {t("search.clear")}
        </Button>
      )}
    </div>
  );
}

function useColumns(): Column<Entry>[] {
  const { t, format } = useTexts();
  return useMemo<Column<Entry>[]>(
    () => [
      {
        ...{ key: "seq", title: t("column.seq"), kind: "decimal", width: 80 },
        value: ({ command_seq }) => String(command_seq),
        cell: ({ command_seq }) => format.whole(command_seq),
      },
      {
        ...{ key: "at", title: t("column.at"), kind: "time", width: 200 },
        value: ({ at }) => at,
        cell: ({ at }) => <Time at={at} day seconds />,
      },
      {
        ...{ key: "kind", title: t("column.kind"), kind: "text", width: 170 },
        ...{ choosable: true, card: "title" },
        value: ({ kind }) => kind,
        said: ({ kind }) => commandWord(t, kind),
        cell: ({ kind }) => commandWord(t, kind),
      },
      {
        ...{ key: "actor", title: t("column.actor"), kind: "text", width: 150 },
        value: ({ actor }) => actor,
        said: ({ actor }) => (actor === null ? t("timetable") : ""),
        cell: ({ actor }) => actor ?? t("timetable"),
      },
      {
        ...{ key: "participant", title: t("column.participant"), kind: "text" },
        value: ({ participant_id }) => participant_id,
      },
      {
        ...{ key: "result", title: t("column.result"), kind: "text", choosable: true },
        value: ({ result }) => result,
        said: ({ result }) => t(`result.${result}`),
        cell: ({ result }) => <State tone={RESULT_TONES[result]}>{t(`result.${result}`)}</State>,
      },
      {
        ...{ key: "rows", title: t("column.rows"), kind: "decimal", width: 80 },
        value: ({ rows }) => String(rows),
        cell: ({ rows }) => format.whole(rows),
      },
      {
        ...{ key: "facts", title: t("column.facts"), kind: "text", width: 220 },
        value: ({ events }) =>
          Object.entries(events)
            .map(([name, count]) => `${name}=${count}`)
            .join(" "),
        said: ({ events }) =>
          Object.keys(events)
            .map((name) => factWord(t, name))
            .join(" "),
        cell: ({ events }) =>
          Object.entries(events)
            .map(([name, count]) => `${factWord(t, name)} × ${format.whole(count)}`)
            .join(", "),
      },
      {
        ...{ key: "batch", title: t("column.batch"), kind: "decimal", hidden: true },
        value: ({ batch }) => String(batch),
      },
      {
        ...{ key: "hash", title: t("column.hash"), kind: "text", hidden: true },
        value: ({ hash }) => hash,
        cell: ({ hash }) => <Id value={hash} letters={12} />,
      },
    ],
    [t, format],
  );
}
