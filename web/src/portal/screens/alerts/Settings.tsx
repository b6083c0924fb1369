// From when on one wants to be told: each threshold may be switched off.

import { useState } from "react";
import { useToast } from "../../../parts/act/toasts";
import { DecimalField, SwitchField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { useMarket } from "../../../shell/markets";
import { useAct, useRead } from "../../../wire/queries";
import { ALERTS, SETTINGS, type AlertSettings } from "./alerts";
import { USUAL, body, typed, type Name, type Typed } from "./thresholds";
import { useTexts } from "./texts";

export function Settings() {
  const found = useRead(SETTINGS);
  if (found.value !== undefined) return <Shown settings={found.value} />;
  if (found.problem) return <Failed {...found.problem} onAgain={found.again} />;
  return <Loading rows={5} />;
}

interface Bounds {
  min?: string;
  max?: string;
  step: string;
}

const BOUNDS: Record<Name, Bounds> = {
  price_above_per_mwh: { step: "0.01" },
  price_below_per_mwh: { step: "0.01" },
  use_above_ppm: { min: "100", max: "10000", step: "1" },
  silent_minutes: { min: "1", max: "10080", step: "1" },
  bill_days: { min: "0", max: "31", step: "1" },
};
const NAMES = Object.keys(BOUNDS) as Name[];

function Shown({ settings }: { settings: AlertSettings }) {
  const { t } = useTexts();
  const toast = useToast();
  const { currency } = useMarket();
  const [values, set] = useState<Typed>(() => typed(settings));
  const { act, busy, problem } = useAct("put", SETTINGS, { renews: [SETTINGS, ALERTS] });
  const units: Record<Name, string> = {
    price_above_per_mwh: t("unit.price", { currency }),
    price_below_per_mwh: t("unit.price", { currency }),
    use_above_ppm: "%",
    silent_minutes: t("minutes"),
    bill_days: t("days"),
  };
  const change = (name: Name, part: Partial<Typed[Name]>) =>
    set((before) => ({ ...before, [name]: { ...before[name], ...part } }));
  const send = async () => {
    const answer = await act({ body: body(values) });
    if (answer.ok) toast(t("kept"));
  };
  return (
    <Panel title={t("tab.settings")} note={t("settings_note")}>
      <Form
        label={t("tab.settings")}
        problem={problem}
        busy={busy}
        submit={t("keep")}
        onSubmit={() => void send()}
      >
        {NAMES.map((name) => {
          const { on, value } = values[name];
          return (
            <div key={name} className="alerts-setting">
              <SwitchField
                pointer={`#${name}`}
                label={t(`setting.${name}`)}
                note={t(`setting_note.${name}`)}
                value={on}
                onChange={(next) =>
                  change(name, { on: next, value: value === "" ? USUAL[name] : value })
                }
              />
              {on && (
                <DecimalField
                  pointer={`/${name}`}
                  label={t(`limit.${name}`)}
                  unit={units[name]}
                  {...BOUNDS[name]}
                  value={value}
                  onChange={(next) => change(name, { value: next })}
                />
              )}
            </div>
          );
        })}
      </Form>
    </Panel>
  );
}
