// The report of a day or month as the wire tells it, and what its charts show of it.

import type { Schemas } from "../../../wire/client";
import { total } from "./figures";

export type OpenBill = Schemas["OpenBill"];

export type Revenue = Schemas["Revenue"];

export type AreaPrice = Schemas["PeriodPrice"];

export type Volume = Schemas["PeriodVolume"];

export type Imbalance = Schemas["Imbalance"];

export type Completeness = Schemas["Completeness"];

export type Certificates = Schemas["CertificateSum"];

export type Report = Schemas["Report"];

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
