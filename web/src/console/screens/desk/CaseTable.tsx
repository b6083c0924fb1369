// Cases as a table: what is due first on top, what is late marked.

import { useCallback, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { RENEWS, nextDue, pressing, type Case } from "../../../cases/cases";
import { Countdown } from "../../../cases/Countdown";
import { word } from "../../../language/words";
import { useToast } from "../../../parts/act/toasts";
import { Choose } from "../../../parts/filter/Filters";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Badge, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useSession } from "../../../shell/session";
import { useAct } from "../../../wire/queries";
import { useTexts } from "./texts";

interface Props {
  name: string;
  cases: readonly Case[];
  state: "loading" | "ready" | "failed";
  problem: { code: string; traceId: string | null } | null;
  again(): void;
  now: number | null;
  empty: string;
  /** Rows may be ticked and taken together. */
  acting?: boolean;
}

const keyOf = (item: Case) => item.case_id;

export function CaseTable({ name, cases, state, problem, again, now, empty, acting }: Props) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const { session } = useSession();
  const [whose, choose] = useState<string | null>(null);
  const take = useTake();
  const columns = useColumns(now, acting ?? false);
  const me = session?.person_id;
  const shown = useMemo(
    () =>
      cases.filter(({ owner }) =>
        whose === "mine" ? owner === me : whose === "nobody" ? owner === null : true,
      ),
    [cases, whose, me],
  );
  // By the minute: a tone that changes each second would draw the table anew each second.
  const minuteMs = now === null ? null : Math.floor(now / 15_000) * 15_000;
  const toneOf = useCallback(
    (item: Case) => (minuteMs === null ? undefined : pressing(item, minuteMs)),
    [minuteMs],
  );
  return (
    <Panel title={t("list")} flush>
      <DataTable
        name={name}
        label={t("list")}
        columns={columns}
        rows={shown}
        rowKey={keyOf}
        tone={toneOf}
        state={state}
        {...(problem
          ? { failed: { code: problem.code, traceId: problem.traceId, onAgain: again } }
          : {})}
        empty={empty}
        onOpen={({ case_id }) => void navigate(`/desk/${encodeURIComponent(case_id)}`)}
        tools={
          <Choose
            label={t("column.owner")}
            value={whose}
            onChange={choose}
            options={[
              { value: "mine", text: t("owner.mine") },
              { value: "nobody", text: t("owner.nobody") },
            ]}
          />
        }
        {...(acting
          ? { acts: [{ label: t("take"), run: (rows: Case[]) => void take(rows) }] }
          : {})}
      />
    </Panel>
  );
}

function useTake() {
  const { t, format } = useTexts();
  const toast = useToast();
  const { act } = useAct("post", "/v1/markets/{market}/cases/{case_id}:take", RENEWS);
  return useCallback(
    async (rows: Case[]) => {
      for (const { case_id } of rows) {
        const answer = await act({ params: { case_id } });
        if (!answer.ok) {
          toast(word(t, "refusal", answer.problem.code), "bad");
          return;
        }
      }
      toast(t("taken_now", { count: format.whole(rows.length) }));
    },
    [act, toast, t, format],
  );
}

export const STATE_TONES = { open: "warning", in_work: "accent", closed: "good" } as const;

function useColumns(now: number | null, acting: boolean): Column<Case>[] {
  const { t, format } = useTexts();
  const { session } = useSession();
  const me = session?.person_id;
  const due = useMemo<Column<Case>>(
    () => ({
      key: "due",
      title: t("column.due"),
      kind: "time",
      value: (item) => nextDue(item)?.dueMs ?? null,
      cell: (item) => {
        const next = nextDue(item);
        return next === null ? "–" : <Countdown due={next} nowMs={now} />;
      },
      width: 240,
    }),
    [t, now],
  );
  const others = useMemo<Column<Case>[]>(
    () => [
      {
        key: "kind",
        title: t("column.kind"),
        kind: "text",
        value: ({ kind }) => kind,
        said: ({ kind }) => word(t, "case_kind", kind),
        cell: ({ kind }) => word(t, "case_kind", kind),
        width: 170,
        choosable: true,
      },
      {
        key: "subject",
        title: t("column.subject"),
        kind: "text",
        value: ({ subject, month, history }) => subject ?? month ?? history[0]?.text ?? "",
        cell: ({ kind, subject, month, history }) =>
          subject ??
          (kind === "bill_dispute" && month !== null
            ? t("bill_of", { month: format.month(`${month}-15T12:00:00Z`) })
            : history[0]?.text),
        width: 260,
        card: "title",
      },
      {
        key: "participant",
        title: t("column.participant"),
        kind: "text",
        value: ({ participant_id }) => participant_id,
        width: 120,
      },
      {
        key: "state",
        title: t("column.state"),
        kind: "text",
        value: ({ state }) => state,
        said: ({ state }) => word(t, "case_state", state),
        cell: ({ state, outcome }) => (
          <State tone={STATE_TONES[state]}>
            {outcome === null ? word(t, "case_state", state) : word(t, "case_outcome", outcome)}
          </State>
        ),
        width: 160,
        choosable: true,
      },
      {
        key: "missed",
        title: t("column.missed"),
        kind: "text",
        value: ({ missed }) => missed.join(" "),
        said: ({ missed }) => missed.map((each) => word(t, "case_target", each)).join(", "),
        cell: ({ missed }) =>
          missed.length === 0 ? (
            "–"
          ) : (
            <Badge tone="bad">
              {missed.map((each) => word(t, "case_target", each)).join(", ")}
            </Badge>
          ),
        width: 190,
      },
      {
        key: "owner",
        title: t("column.owner"),
        kind: "text",
        value: ({ owner }) => owner,
        cell: ({ owner }) => (owner === null ? "–" : owner === me ? t("owner.me") : owner),
        width: 120,
      },
      {
        key: "opened",
        title: t("column.opened"),
        kind: "time",
        value: ({ opened_at }) => opened_at,
        cell: ({ opened_at }) => <Time at={opened_at} day />,
        width: 200,
      },
      {
        key: "rating",
        title: t("column.rating"),
        kind: "decimal",
        value: ({ rating }) => rating,
        cell: ({ rating }) => (rating === null ? "–" : t("of_five", { rating })),
        width: 90,
        hidden: acting,
      },
    ],
    [t, format, me, acting],
  );
  return useMemo(() => (acting ? [due, ...others] : others), [acting, due, others]);
}
