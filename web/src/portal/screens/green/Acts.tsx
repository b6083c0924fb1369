// What one can do with certificates: give them away, retire them for what one used, take them out.

import { useState } from "react";
import { daysLater, localDate } from "../../../language/zone";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { ChoiceField, DecimalField, TextField } from "../../../parts/form/fields";
import { DateField } from "../../../parts/form/times";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct, useList } from "../../../wire/queries";
import { SOURCES } from "./green";
import {
  bundlesIn,
  freeKwh,
  greenPpm,
  LOTS_MOST,
  takeForUse,
  takeOldest,
  type HeldLot,
  type Taken,
  type Use,
} from "./lots";
import { useTexts } from "./texts";
import { ACTS, LOTS, SHARE, STATEMENT } from "./wire";

const RENEWS = { renews: [LOTS, STATEMENT, ACTS, SHARE] } as const;
type Doing = "move" | "retire" | "export";

export function Acts({ today }: { today: string }) {
  const { t, format } = useTexts();
  const read = useList(STATEMENT, { all: true });
  const [doing, start] = useState<Doing | null>(null);
  const free = freeKwh(read.items);
  const bundles = bundlesIn(free);
  const held = read.items.filter(({ held_kwh }) => Number(held_kwh) > 0);
  const common = { held, free, onClose: () => start(null) };
  return (
    <Panel title={t("act.title")} note={t("act.free", { energy: format.exact(free, 3) })}>
      {read.state === "loading" && <Loading rows={1} />}
      {read.state === "failed" && read.problem && <Failed {...read.problem} onAgain={read.again} />}
      {read.state === "ready" && (
        <>
          <div className="green-acts">
            {(["move", "retire", "export"] as const).map((each) => (
              <Button
                key={each}
                isDisabled={each === "export" ? bundles === 0 : held.length === 0}
                onPress={() => start(each)}
              >
                {t(`act.${each}`)}
              </Button>
            ))}
          </div>
          {bundles === 0 && <p className="green-note">{t("act.no_bundle")}</p>}
        </>
      )}
      {doing === "move" && <Move {...common} />}
      {doing === "retire" && <Retire {...common} today={today} />}
      {doing === "export" && <Export {...common} bundles={bundles} />}
    </Panel>
  );
}

interface DoingProps {
  held: readonly HeldLot[];
  free: string;
  onClose(): void;
}

/** One's own name for an act: kept while nobody knows whether it was done, so that it is done once. */
function useReference() {
  const [key, setKey] = useState(newKey);
  return {
    reference: `portal-${key}`,
    answered(answer: { ok: true } | { ok: false; problem: { code: string } }): boolean {
      if (!answer.ok && answer.problem.code === UNREACHABLE) return false;
      setKey(newKey());
      return answer.ok;
    },
  };
}

function Move({ held, free, onClose }: DoingProps) {
  const { t, format } = useTexts();
  const { session } = useSession();
  const toast = useToast();
  const [receiver, setReceiver] = useState("");
  const [source, setSource] = useState("all");
  const [kwh, setKwh] = useState("");
  const { reference, answered } = useReference();
  const move = useAct("post", "/v1/markets/{market}/certificates:move", RENEWS);
  const of = held.filter((lot) => source === "all" || lot.source === source);
  const taken = takeOldest(of, kwh || "0");
  const own = receiver.trim() === session?.participant_id;
  const submit = async () => {
    const body = { reference, receiver_id: receiver.trim(), lots: taken.parts };
    const answer = await move.act({ body });
    if (!answered(answer) || !answer.ok) return;
    const { energy_kwh, free_kwh } = answer.value;
    const values = { energy: format.exact(energy_kwh, 3), free: format.exact(free_kwh, 3) };
    toast(t("act.moved", { ...values, receiver: receiver.trim() }));
    onClose();
  };
  const sources = SOURCES.filter((each) => held.some((lot) => lot.source === each));
  return (
    <ConfirmAct
      open
      title={t("act.move")}
      consequence={
        <>
          <p>{t("act.move_text")}</p>
          <Which taken={taken} wanted={kwh} />
        </>
      }
      act={t("act.move")}
      reason="none"
      busy={move.busy}
      problem={move.problem}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <TextField
        pointer="/receiver_id"
        label={t("act.receiver")}
        note={t("act.receiver_note")}
        value={receiver}
        onChange={setReceiver}
        fault={own ? t("act.own") : null}
        most={64}
      />
      <ChoiceField
        pointer="#source"
        label={t("by.source")}
        value={source}
        onChange={setSource}
        options={[
          { value: "all", text: t("act.any_source") },
          ...sources.map((value) => ({ value, text: t(`source.${value}`) })),
        ]}
      />
      <DecimalField
        pointer="/lots"
        label={t("moves.energy")}
        note={t("act.at_most", { energy: format.exact(free, 3) })}
        unit={t("unit.kwh")}
        min="0.001"
        max={source === "all" ? free : freeKwh(of)}
        step="0.001"
        value={kwh}
        onChange={setKwh}
      />
    </ConfirmAct>
  );
}

/** The lots that go, in numbers. */
function Which({ taken: { parts, kwh }, wanted }: { taken: Taken; wanted: string }) {
  const { t, format } = useTexts();
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last) return null;
  const values = {
    count: format.whole(parts.length),
    energy: format.exact(kwh, 3),
    first: format.stamp(first.start),
    last: format.stamp(last.start),
  };
  const cut = parts.length === LOTS_MOST && Number(kwh) < Number(wanted);
  return (
    <>
      <p>{t("act.which", values)}</p>
      {cut && <p>{t("act.cut", { count: format.whole(LOTS_MOST) })}</p>}
    </>
  );
}

function Retire({ held, today, onClose }: DoingProps & { today: string }) {
  const { t, format } = useTexts();
  const { time_zone } = useMarket();
  const toast = useToast();
  const newest = held.reduce((late, { start }) => (start > late ? start : late), "");
  const [day, setDay] = useState(
    newest === "" ? daysLater(today, -1) : localDate(Date.parse(newest), time_zone),
  );
  const { reference, answered } = useReference();
  const retire = useAct("post", "/v1/markets/{market}/certificates:retire", RENEWS);
  const shares = useList(SHARE, { query: { day }, all: true, when: day !== "" });
  const uses: Use[] = shares.items.filter(({ scope }) => scope === "own");
  const taken = takeForUse(held, uses);
  const [before, after] = [greenPpm(uses), greenPpm(uses, taken.kwh)];
  const submit = async () => {
    if (taken.parts.length === 0) return;
    const answer = await retire.act({ body: { reference, lots: taken.parts } });
    if (!answered(answer) || !answer.ok) return;
    toast(t("act.retired", { energy: format.exact(answer.value.energy_kwh, 3) }));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("act.retire")}
      consequence={
        <>
          <p>{t("act.retire_text")}</p>
          {shares.state === "failed" && shares.problem ? (
            <Failed {...shares.problem} onAgain={shares.again} />
          ) : shares.state === "loading" ? (
            <Loading rows={1} />
          ) : taken.parts.length === 0 ? (
            <p role="status">{t(uses.length === 0 ? "act.not_settled" : "act.nothing_fits")}</p>
          ) : (
            <>
              <Which taken={taken} wanted={taken.kwh} />
              <p role="status">
                {t("act.greener", { before: format.share(before), after: format.share(after) })}
              </p>
            </>
          )}
        </>
      }
      act={t("act.retire")}
      reason="none"
      busy={retire.busy}
      problem={retire.problem}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <DateField
        pointer="/lots"
        label={t("act.day")}
        note={t("act.day_note")}
        value={day}
        max={today}
        onChange={setDay}
      />
    </ConfirmAct>
  );
}

function Export({ free, bundles, onClose }: DoingProps & { bundles: number }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [count, setCount] = useState(String(bundles));
  const { reference, answered } = useReference();
  const out = useAct("post", "/v1/markets/{market}/certificates:export", RENEWS);
  const submit = async () => {
    const answer = await out.act({ body: { reference, bundles: Number(count) } });
    if (!answered(answer) || !answer.ok) return;
    const numbers = answer.value.bundles ?? [];
    toast(t("act.exported", { numbers: numbers.map((each) => format.whole(each)).join(", ") }));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("act.export")}
      consequence={<p>{t("act.export_text", { energy: format.exact(free, 3), count })}</p>}
      act={t("act.export")}
      reason="none"
      busy={out.busy}
      problem={out.problem}
      onConfirm={() => void submit()}
      onClose={onClose}
    >
      <DecimalField
        pointer="/bundles"
        label={t("act.bundles")}
        unit={t("act.mwh_each")}
        min="1"
        max={String(bundles)}
        step="1"
        value={count}
        onChange={setCount}
      />
    </ConfirmAct>
  );
}
