// The market level's picture of a settled interval, area by area (docs/wire.md).

export interface AreaPicture {
  area_id: string;
  state: "coupled" | "decoupled" | "stopped";
  limit_binds: boolean;
  limit_bound: number;
  load_kwh: string | null;
  /** What follows is told to operators and to the area alone. */
  reserve_up_kw?: string;
  reserve_down_kw?: string;
  outside_minutes?: number;
  voltage_pu?: [string | null, string | null] | null;
  frequency_hz?: [string | null, string | null] | null;
  missing_readings?: number;
}

export interface SystemPicture {
  start: string;
  end: string;
  at: string;
  limit_bound_of: number;
  areas: AreaPicture[];
}

export const SYSTEM = "/v1/markets/{market}/system";

declare module "../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/system": SystemPicture;
  }
}
