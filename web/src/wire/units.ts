// A unit as it is registered (docs/wire.md).

import type { Page } from "./client";

export interface Storage {
  capacity_kwh: string;
  start_kwh: string;
  efficiency_charge_ppm: number;
  efficiency_discharge_ppm: number;
}

export interface Unit {
  unit_id: string;
  participant_id: string;
  area_id: string;
  kind: string;
  injection_max_kw: string;
  withdrawal_max_kw: string;
  controllable: boolean;
  storage: Storage | null;
}

declare module "./answers" {
  interface Answers {
    "GET /v1/markets/{market}/units": Page<Unit>;
  }
}
