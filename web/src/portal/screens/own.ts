// What a participant's own addresses answer: what happens now, what happened, what its devices are.

import { useEffect, useRef } from "react";
import { useHub } from "../../shell/live";
import type { Page, PathOf, Schemas } from "../../wire/client";
import { useRenew } from "../../wire/queries";

export type HomeNow = Schemas["Home"];

export type PriceAhead = Schemas["PriceAhead"];

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

export type MeterReading = Schemas["MeterReading"];

export type Device = Schemas["Device"];

declare module "../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/account/energy": Page<EnergySlot | EnergyPeriod>;
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
