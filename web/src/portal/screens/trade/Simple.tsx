// The simple way: for each unit a price below which one does not sell, above which one does not buy. The
// market places the orders, interval after interval.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { DecimalField, RadioCards, SwitchField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Panels, Split } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Badge, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { newKey } from "../../../wire/client";
import { useAct, useList } from "../../../wire/queries";
import type { Rule, Unit, Venue } from "./answers";
import { Cover } from "./Cover";
import { ForecastNote } from "./Forecast";
import { RULES, useDayPrices } from "./mine";
import { kindOf, percentOf, ppmOf, ruleOf, sidesOf } from "./rules";
import { useSays } from "./says";
import { useTexts } from "./texts";

export function Simple({ units }: { units: readonly Unit[] }) {
  const { t } = useTexts();
  const rules = useList(RULES, { query: { withdrawn: "false" }, all: true });
  return (
    <Split aside={<Cover />} percent={28}>
      <p className="trade-lead">{t("simple.lead")}</p>
      <Panels least={380}>
        {units.map((unit) => (
          <UnitRule
            key={unit.unit_id}
            unit={unit}
            rule={ruleOf(rules.items, unit.unit_id)}
            known={rules.state === "ready"}
          />
        ))}
      </Panels>
    </Split>
  );
}

interface UnitRuleProps {
  unit: Unit;
  rule: Rule | null;
  known: boolean;
}

function UnitRule({ unit, rule, known }: UnitRuleProps) {
  const { t } = useTexts();
  const says = useSays();
  const toast = useToast();
  const [changing, change] = useState(false);
  const [ending, end] = useState(false);
  const withdraw = useAct("delete", `${RULES}/{rule_id}`, { renews: [RULES] });
  const stands = rule !== null && !changing;
  return (
    <Panel
      title={t("simple.unit", { kind: t(`unit_kind.${kindOf(unit)}`), unit: unit.unit_id })}
      tools={
        known &&
        (rule ? (
          <Badge tone="good">{t("simple.stands")}</Badge>
        ) : (
          <Badge tone="unknown">{t("simple.none")}</Badge>
        ))
      }
    >
      {stands ? (
        <>
          <ul className="trade-says">
            {says({ ...rule, unit }).map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
          <p className="trade-note">
            {t("simple.since")} <Time at={rule.since} day />
          </p>
          <ForecastNote unit={unit} />
          <div className="trade-acts">
            <Button onPress={() => change(true)}>{t("simple.change")}</Button>
            <Button kind="danger" onPress={() => end(true)}>
              {t("simple.end")}
            </Button>
          </div>
          <ConfirmAct
            open={ending}
            title={t("simple.end_title")}
            consequence={<p>{t("simple.end_consequence", { unit: unit.unit_id })}</p>}
            act={t("simple.end")}
            reason="none"
            busy={withdraw.busy}
            problem={withdraw.problem}
            onClose={() => end(false)}
            onConfirm={() =>
              void withdraw.act({ params: { rule_id: rule.rule_id } }).then(({ ok }) => {
                if (!ok) return;
                end(false);
                toast(t("simple.ended"));
              })
            }
          />
        </>
      ) : (
        known && (
          <>
            <RuleForm unit={unit} rule={rule} onDone={() => change(false)} />
            {/* Beside the form, not in it: what is sent in a dialog of a form is sent with the form. */}
            <ForecastNote unit={unit} />
          </>
        )
      )}
    </Panel>
  );
}

interface RuleFormProps {
  unit: Unit;
  rule: Rule | null;
  onDone(): void;
}

function RuleForm({ unit, rule, onDone }: RuleFormProps) {
  const { t } = useTexts();
  const market = useMarket();
  const says = useSays();
  const toast = useToast();
  const prices = useDayPrices(unit.area_id);
  const sides = sidesOf(unit);
  const [sell, setSell] = useState(rule?.sell_min_per_mwh ?? "");
  const [buy, setBuy] = useState(rule?.buy_max_per_mwh ?? "");
  const [percent, setPercent] = useState(percentOf(rule?.share_ppm ?? 1_000_000));
  const [green, setGreen] = useState(rule?.green_only ?? false);
  const [venue, setVenue] = useState<string>(rule?.venue ?? "call");
  const [draftId] = useState(newKey);
  const place = useAct("post", RULES, { renews: [RULES] });
  const withdraw = useAct("delete", `${RULES}/{rule_id}`, { renews: [RULES] });
  const share = ppmOf(percent);
  const body = useMemo(
    () => ({
      unit_id: unit.unit_id,
      sell_min_per_mwh: sell || null,
      buy_max_per_mwh: buy || null,
      share_ppm: share ?? 1_000_000,
      green_only: green && buy !== "",
      venue: venue as Venue,
    }),
    [unit.unit_id, sell, buy, share, green, venue],
  );
  const sentences = says({ ...body, unit });
  const submit = async () => {
    // The new one first: a unit is never without a rule because the second word was refused.
    const given = await place.act({ body: { ...body, client_rule_id: `rule-${draftId}` } });
    if (!given.ok) return;
    if (rule) await withdraw.act({ params: { rule_id: rule.rule_id } });
    toast(t("simple.given"));
    onDone();
  };
  const unitText = t("unit.price", { currency: market.currency });
  const bounds = { step: "0.01", unit: unitText };
  return (
    <Form
      label={t("simple.form", { unit: unit.unit_id })}
      problem={place.problem ?? withdraw.problem}
      busy={place.busy || withdraw.busy}
      submit={rule ? t("simple.replace") : t("simple.begin")}
      onSubmit={() => void submit()}
      {...(rule ? { onCancel: onDone } : {})}
    >
      {sides.includes("buy") && (
        <DecimalField
          {...bounds}
          pointer="/buy_max_per_mwh"
          label={t("simple.buy_max")}
          note={t("simple.buy_note", {
            today: unitPrice(prices.now),
            retail: unitPrice(prices.retail?.ask_per_mwh),
          })}
          value={buy}
          onChange={setBuy}
          optional={sides.includes("sell")}
        />
      )}
      {sides.includes("sell") && (
        <DecimalField
          {...bounds}
          pointer="/sell_min_per_mwh"
          label={t("simple.sell_min")}
          note={t("simple.sell_note", {
            today: unitPrice(prices.now),
            retail: unitPrice(prices.retail?.bid_per_mwh),
          })}
          value={sell}
          onChange={setSell}
          optional={sides.includes("buy")}
        />
      )}
      {sides.includes("buy") && (
        <SwitchField
          pointer="/green_only"
          label={t("simple.green")}
          note={t("simple.green_note")}
          value={green}
          onChange={setGreen}
          disabled={buy === ""}
        />
      )}
      <p className="trade-neighbours">
        <State tone="good">{t("simple.neighbours")}</State>
        <small>{t("simple.neighbours_note")}</small>
      </p>
      <details className="trade-more">
        <summary>{t("simple.more")}</summary>
        <DecimalField
          pointer="/share_ppm"
          label={t("simple.share")}
          note={t("simple.share_note")}
          unit="%"
          min="0.0001"
          max="100"
          step="0.0001"
          value={percent}
          onChange={setPercent}
        />
        <RadioCards
          pointer="/venue"
          label={t("simple.venue")}
          value={venue}
          onChange={setVenue}
          cards={VENUES.map((each) => ({
            value: each,
            text: t(`venue.${each}`),
            note: t(`simple.venue_${each}`),
          }))}
        />
      </details>
      <div className="trade-preview" aria-live="polite">
        <b>{t("simple.says")}</b>
        {sentences.length === 0 ? (
          <p>{t("simple.says_nothing")}</p>
        ) : (
          sentences.map((each) => <p key={each}>{each}</p>)
        )}
      </div>
    </Form>
  );

  function unitPrice(value: string | null | undefined): string {
    return value == null ? t("simple.unknown") : says.price(value);
  }
}

const VENUES: readonly Venue[] = ["call", "continuous", "listing"];
