// What tests of several folders need: messages, a market and intervals as the wire has them.

import type {
  AreaResult,
  ChannelName,
  Envelope,
  Interval,
  Market,
  MessageOf,
} from "../src/wire/types";

export const MARKET: Market = {
  market_id: "village",
  name: "Village",
  currency: "EUR",
  time_zone: "Etc/GMT-1",
  interval_minutes: 15,
  call_opens_minutes: 120,
  trading_from: "2016-06-14T23:00:00Z",
  trading_until: "2016-06-15T23:00:00Z",
  gate_minutes: 15,
  continuous: null,
  last_resort: [
    { from_hour: 0, to_hour: 6, ask_per_mwh: "120.00", bid_per_mwh: "80.00" },
    { from_hour: 6, to_hour: 24, ask_per_mwh: "160.00", bid_per_mwh: "80.00" },
  ],
  areas: [
    area("RUR", "Rural", false),
    area("SEM", "Semi-urban", false),
    area("GRID", "Upper grid", true),
  ],
  lines: [line("GRID-RUR", "GRID", "RUR"), line("GRID-SEM", "GRID", "SEM")],
};

function area(area_id: string, name: string, holds_last_resort: boolean) {
  return {
    area_id,
    name,
    parent: null,
    import_limit_kw: null,
    export_limit_kw: null,
    holds_last_resort,
  };
}

function line(line_id: string, from_area: string, to_area: string) {
  return {
    line_id,
    from_area,
    to_area,
    capacity_forward_kw: "80.000",
    capacity_backward_kw: "80.000",
    loss_ppm: 20_000,
    fee_forward_per_mwh: "40.00",
    fee_backward_per_mwh: "0.00",
  };
}

/** The `index`-th interval of 15 June 2016, nothing known but its times. */
export function scheduled(index: number, change: Partial<Interval> = {}): Interval {
  const start = Date.parse(MARKET.trading_from) + index * 900_000;
  return {
    start: utc(start),
    end: utc(start + 900_000),
    phase: "call",
    gate_at: utc(start - 900_000),
    rung: null,
    welfare: null,
    upper_bound: null,
    trades: null,
    solve_ms: null,
    audit_faults: null,
    receipt_hash: null,
    areas: null,
    lines: null,
    ...change,
  };
}

export function cleared(index: number, change: Partial<Interval> = {}): Interval {
  return scheduled(index, {
    phase: "delivery_lock",
    rung: "optimal",
    trades: 120,
    solve_ms: 40,
    audit_faults: [],
    areas: [
      result("RUR", "200.00", "12.000", "3.000"),
      result("SEM", "205.50", "10.000", "4.000"),
      result("GRID", "160.00", "0.000", "15.306"),
    ],
    lines: [
      {
        line_id: "GRID-RUR",
        from_area: "GRID",
        to_area: "RUR",
        sent_forward_kwh: "9.184",
        received_forward_kwh: "9.000",
        sent_backward_kwh: "0.000",
        received_backward_kwh: "0.000",
        capacity_forward_kwh: "20.000",
        capacity_backward_kwh: "20.000",
        binding: null,
      },
    ],
    ...change,
  });
}

export function result(
  area_id: string,
  price: string | null,
  bought: string,
  sold: string,
): AreaResult {
  return {
    area_id,
    price_per_mwh: price,
    connection_price_per_mwh: price,
    bought_kwh: bought,
    sold_kwh: sold,
    net_export_kwh: (Number(sold) - Number(bought)).toFixed(3),
  };
}

export function message(type: Envelope["type"], seq: number | null, data: object = {}) {
  return on("market", "village", type, seq, data);
}

/** A message of a channel, as short as its test wants it. */
export function on<C extends ChannelName>(
  channel: C,
  key: string,
  type: Envelope["type"],
  seq: number | null,
  data: object = {},
): MessageOf<C> {
  const said: Envelope = { type, channel, key, epoch: 1, seq, ts: "2016-06-15T09:00:00Z", data };
  return said as MessageOf<C>;
}

export const utc = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
