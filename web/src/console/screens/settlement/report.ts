// The report of a day or month as the wire tells it, and what its charts show of it.

import { total } from "./figures";

export interface OpenBill {
  participant_id: string;
  bill_id: string;
  month: string;
  due_day: string;
  payment_state: "open" | "part_paid" | "paid" | "overdue";
  payable_amount: string;
  paid_amount: string;
  open_amount: string;
}

export interface Revenue {
  account: string;
  kind: string;
  received_amount: string;
  given_amount: string;
  net_amount: string;
  postings: number;
}

export interface AreaPrice {
  area_id: string;
  day: string;
  /** Null in a month. */
  start: string | null;
  price_per_mwh: string | null;
  mean_per_mwh: string | null;
  min_per_mwh: string | null;
  max_per_mwh: string | null;
  energy_kwh: string;
  amount: string;
}

export interface Volume {
  venue: string;
  side: "buy" | "sell";
  unit_kind: string;
  trades: number;
  energy_kwh: string;
  amount: string;
}

export interface Imbalance {
  area_id: string;
  long_kwh: string;
  short_kwh: string;
  net_kwh: string;
  long_received_amount: string;
  short_paid_amount: string;
  cost_amount: string;
}

export interface Completeness {
  day: string;
  reading: string;
  unit_intervals: number;
}

export interface Certificates {
  unit_kind: string;
  issued_kwh: string;
  own_use_kwh: string;
  used_kwh: string;
  kept_kwh: string;
  carried_kwh: string;
  moved_kwh: string;
  retired_kwh: string;
  exported_kwh: string;
  left_kwh: string;
}

export interface Report {
  period: string;
  currency: string;
  closed: boolean;
  proven: boolean;
  energy: { sold_kwh: string; bought_kwh: string; lost_kwh: string; difference_kwh: string };
  revenue: Revenue[];
  prices: AreaPrice[];
  volumes: Volume[];
  imbalance: Imbalance[];
  completeness: Completeness[];
  certificates: Certificates[];
  unpaid: { participant_id: string; name: string; balance: string }[];
  open_bills: OpenBill[];
}

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/reports/day": Report;
    "GET /v1/markets/{market}/reports/month": Report;
  }
}

/** Accounts of others, and one that ends at zero: what is on them is nobody's revenue. */
const NOT_OF_THE_MARKET = ["participant", "bank", "central"];

/** What the market's own accounts received and gave, by kind. */
export function revenueByKind(rows: readonly Revenue[]): Revenue[] {
  const own = rows.filter(({ account }) => !NOT_OF_THE_MARKET.includes(account));
  const kinds = [...new Set(own.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const of = own.filter((row) => row.kind === kind);
    return {
      ...{ account: [...new Set(of.map(({ account }) => account))].join(" "), kind },
      received_amount: total(of.map(({ received_amount }) => received_amount)),
      given_amount: total(of.map(({ given_amount }) => given_amount)),
      net_amount: total(of.map(({ net_amount }) => net_amount)),
      postings: of.reduce((all, { postings }) => all + postings, 0),
    };
  });
}

/** Prices as lines: the instants (or days) in order, and of each area its price at each of them. */
export function pricesByArea(rows: readonly AreaPrice[]) {
  const at = (row: AreaPrice) => row.start ?? row.day;
  const places = [...new Set(rows.map(at))].sort();
  const areas = [...new Set(rows.map(({ area_id }) => area_id))].sort();
  return {
    places,
    areas: areas.map((area_id) => {
      const of = new Map(
        rows.flatMap((row) =>
          row.area_id === area_id
            ? [[at(row), row.price_per_mwh ?? row.mean_per_mwh] as const]
            : [],
        ),
      );
      return { area_id, prices: places.map((place) => of.get(place) ?? null) };
    }),
  };
}

/** Energy by venue: bought and sold. */
export function volumesByVenue(rows: readonly Volume[]) {
  const venues = [...new Set(rows.map(({ venue }) => venue))];
  return venues.map((venue) => {
    const of = (side: Volume["side"]) =>
      total(
        rows.flatMap((row) => (row.venue === venue && row.side === side ? row.energy_kwh : [])),
      );
    return { venue, bought: of("buy"), sold: of("sell") };
  });
}

/** Unit-intervals by day, of each sort of reading. */
export function readingsByDay(rows: readonly Completeness[]) {
  const days = [...new Set(rows.map(({ day }) => day))].sort();
  const readings = [...new Set(rows.map(({ reading }) => reading))];
  return {
    days,
    readings: readings.map((reading) => ({
      reading,
      counts: days.map(
        (day) =>
          rows.find((row) => row.day === day && row.reading === reading)?.unit_intervals ?? 0,
      ),
    })),
  };
}
