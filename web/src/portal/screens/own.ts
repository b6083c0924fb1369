// What a participant's own addresses answer: what happens now, what happened, what its devices are.

import { useEffect, useRef } from "react";
import { useHub } from "../../shell/live";
import type { Page, PathOf } from "../../wire/client";
import { useRenew } from "../../wire/queries";

export interface HomeNow {
  participant_id: string;
  area_id: string;
  now: string;
  money: { balance: string; held: string; available: string };
  power: {
    produced_kw: string;
    used_kw: string;
    /** Discharging negative. */
    charging_kw: string;
    /** Injection positive. */
    net_kw: string;
    units: number;
    units_known: number;
  };
  interval: {
    start: string;
    end: string;
    bought_kwh: string;
    sold_kwh: string;
    price_per_mwh: string | null;
  };
  prices: PriceAhead[];
  advice: Advice;
}

export interface PriceAhead {
  start: string;
  end: string;
  /** Null while the interval is not cleared. */
  price_per_mwh: string | null;
  last_resort_ask_per_mwh: string | null;
  last_resort_bid_per_mwh: string | null;
}

export interface Advice {
  code: string;
  parameters: Record<string, string>;
}

/** Energies of an interval, a day or a month. */
export interface Energies {
  settled: boolean;
  produced_kwh: string;
  used_kwh: string;
  charged_kwh: string;
  discharged_kwh: string;
  self_use_kwh: string;
  bought_kwh: string;
  sold_kwh: string;
  /** What nothing else covered. */
  last_resort_kwh: string;
  /** What nobody bought. */
  fed_in_kwh: string;
  /** Of what was bought; null: not known. */
  neighbours_kwh: string | null;
}

export interface EnergySlot extends Energies {
  start: string;
  end: string;
  /** Null: nothing was used. */
  covered: boolean | null;
}

export interface EnergyPeriod extends Energies {
  /** `2016-07-01`, or `2016-07` of a month. */
  period: string;
  intervals: number;
  used_intervals: number;
  covered_intervals: number;
  peak_import_kw: string;
  peak_import_at: string | null;
  peak_export_kw: string;
  peak_export_at: string | null;
}

export interface DeviceReport {
  unit_id: string;
  state: string;
  cause: string;
  connected: boolean;
  target_kw: string;
  power_kw: string | null;
  voltage_pu: string | null;
  frequency_hz: string | null;
  state_of_charge_kwh: string | null;
}

export interface MeterReading {
  unit_id: string;
  start: string;
  end: string;
  consumption_kwh: string;
  generation_kwh: string;
  state_of_charge_kwh: string | null;
  /** No reading came: the schedule stands in its place. */
  substituted: boolean;
  power_kw: string | null;
  voltage_pu: string | null;
  frequency_hz: string | null;
  doubt: string | null;
  late: boolean;
}

export interface Device {
  unit_id: string;
  participant_id: string;
  area_id: string;
  kind: string;
  injection_max_kw: string;
  withdrawal_max_kw: string;
  controllable: boolean;
  storage: { capacity_kwh: string } | null;
  report: DeviceReport | null;
  reading: MeterReading | null;
  /** Its meter has said nothing for two intervals. */
  silent: boolean;
  setpoint: {
    start: string;
    until: string;
    target_kw: string;
    fallback_kw: string;
    before_kw: string;
  } | null;
  limits: {
    from: string;
    until: string;
    withdrawal_max_kw: string;
    injection_max_kw: string;
    reason: string;
  }[];
  outage: { from: string; until: string; reason: string } | null;
  alarms: { alarm_id: string; kind: string; severity: string; state: string; raised_at: string }[];
}

declare module "../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/account/home": HomeNow;
    "GET /v1/markets/{market}/account/energy": Page<EnergySlot | EnergyPeriod>;
    "GET /v1/markets/{market}/account/devices": Page<Device>;
  }
}

export const DEVICES = "/v1/markets/{market}/account/devices";
export const ENERGY = "/v1/markets/{market}/account/energy";

/** Hears units; what has to be read again after them is read at most this often. */
const RENEW_MS = 2_000;

/** Reads addresses again when one of the units has something to say. */
export function useUnitNews(unitIds: readonly string[], ...paths: PathOf<"get">[]): void {
  const hub = useHub();
  const renew = useRenew();
  const which = useRef(paths);
  which.current = paths;
  const names = unitIds.join("\n");
  useEffect(() => {
    if (names === "") return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = names.split("\n").map((key) => {
      let first = true;
      return hub.listen({ channel: "unit", key }, (message) => {
        const known = first && message.type === "snapshot";
        first = false;
        if (known || message.type === "error") return;
        timer ??= setTimeout(() => {
          timer = undefined;
          renew(...which.current);
        }, RENEW_MS);
      });
    });
    return () => {
      clearTimeout(timer);
      for (const each of leave) each();
    };
  }, [hub, renew, names]);
}
