// A made-up market day for the mock: orders of three areas, cleared by moving energy along the lines
// from cheap to dear in small pieces until nothing is left to gain. Plausible, not exact; the real
// market does not know this file.

export const START = Date.parse("2016-06-14T23:00:00Z");
export const QUARTER_MS = 900_000;
export const COUNT = 96;
const PIECE_WH = 100;

export const market = {
  market_id: "village",
  name: "Village",
  currency: "EUR",
  time_zone: "Etc/GMT-1",
  interval_minutes: 15,
  trading_from: "2016-06-14T23:00:00Z",
  trading_until: "2016-06-15T23:00:00Z",
  call_opens_minutes: 1560,
  gate_minutes: 15,
  continuous: null,
  settle_minutes: 15,
  price_min_per_mwh: "-500.00",
  price_max_per_mwh: "4000.00",
  tie: "prorata",
  tariff: { network_per_mwh: "70.00", levies_per_mwh: "50.00" },
  last_resort: [
    { from_hour: 0, to_hour: 6, ask_per_mwh: "120.00", bid_per_mwh: "80.00" },
    { from_hour: 6, to_hour: 17, ask_per_mwh: "160.00", bid_per_mwh: "80.00" },
    { from_hour: 17, to_hour: 21, ask_per_mwh: "220.00", bid_per_mwh: "80.00" },
    { from_hour: 21, to_hour: 22, ask_per_mwh: "160.00", bid_per_mwh: "80.00" },
    { from_hour: 22, to_hour: 24, ask_per_mwh: "120.00", bid_per_mwh: "80.00" },
  ],
  areas: [
    {
      area_id: "RUR",
      name: "Rural",
      parent: null,
      import_limit_kw: null,
      export_limit_kw: null,
      holds_last_resort: false,
    },
    {
      area_id: "SEM",
      name: "Semi-urban",
      parent: null,
      import_limit_kw: null,
      export_limit_kw: null,
      holds_last_resort: false,
    },
    {
      area_id: "GRID",
      name: "Upper grid",
      parent: null,
      import_limit_kw: null,
      export_limit_kw: null,
      holds_last_resort: true,
    },
  ],
  lines: [
    line("GRID-RUR", "GRID", "RUR", "80.000"),
    line("GRID-SEM", "GRID", "SEM", "80.000"),
    line("RUR-SEM", "RUR", "SEM", "40.000", "0.00"),
  ],
};

function line(line_id, from_area, to_area, capacity, fee = "40.00") {
  return {
    line_id,
    from_area,
    to_area,
    capacity_forward_kw: capacity,
    capacity_backward_kw: capacity,
    loss_ppm: 20000,
    fee_forward_per_mwh: fee,
    fee_backward_per_mwh: "0.00",
  };
}

/** Small repeatable chance. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const bell = (hour, centre, width) => Math.exp(-(((hour - centre) / width) ** 2));

function orders(area, index) {
  const random = chance(index * 31 + area.charCodeAt(0) * 977);
  const hour = index / 4;
  const band = market.last_resort.find((each) => each.from_hour <= hour && hour < each.to_hour);
  const [ask, bid] = [Number(band.ask_per_mwh), Number(band.bid_per_mwh)];
  if (area === "GRID") {
    return {
      supply: [{ price: ask, wh: 100_000 }],
      demand: [{ price: bid, wh: 100_000 }],
      owners: 1,
    };
  }
  const size = area === "RUR" ? 1 : 1.35;
  const load =
    size * (9 + 9 * bell(hour, 8, 2) + 24 * bell(hour, 19.5, 2.6) + 4 * bell(hour, 13, 3));
  const sun = (area === "RUR" ? 36 : 16) * bell(hour, 13, 3.1);
  const demand = [];
  const supply = [];
  for (let k = 0; k < 46; k += 1) {
    const wh = Math.round((load / 46) * 1000 * (0.4 + 1.2 * random()));
    demand.push({ price: k < 30 ? 4000 : round2(bid + (ask + 60 - bid) * random()), wh });
  }
  for (let k = 0; k < 28; k += 1) {
    const wh = Math.round((sun / 28) * 1000 * (0.4 + 1.2 * random()));
    if (wh > 5) supply.push({ price: round2(random() * bid * 0.9), wh });
  }
  for (let k = 0; k < 14; k += 1) {
    const wh = Math.round(150 + 450 * random());
    supply.push({ price: round2(bid + 20 + (ask + 25 - bid) * random()), wh });
    demand.push({ price: round2(bid + 8 + 30 * random()), wh });
  }
  supply.sort((a, b) => a.price - b.price);
  demand.sort((a, b) => b.price - a.price);
  return { supply, demand, owners: 40 };
}

const round2 = (value) => Math.round(value * 100) / 100;

/** Clears one area alone with `inWh` (may be negative) coming from outside. */
function clearArea({ supply, demand }, inWh) {
  let [i, j, soldWh, boughtWh] = [0, 0, 0, 0];
  let [left, want] = [supply[0]?.wh ?? 0, demand[0]?.wh ?? 0];
  let free = inWh;
  let price = null;
  // What comes from outside is bought by the dearest bids; what goes out is sold by the cheapest.
  while (free > 0 && j < demand.length) {
    const wh = Math.min(free, want);
    boughtWh += wh;
    free -= wh;
    want -= wh;
    price = demand[j].price;
    if (want === 0) {
      j += 1;
      want = demand[j]?.wh ?? 0;
    }
  }
  while (free < 0 && i < supply.length) {
    const wh = Math.min(-free, left);
    soldWh += wh;
    free += wh;
    left -= wh;
    price = supply[i].price;
    if (left === 0) {
      i += 1;
      left = supply[i]?.wh ?? 0;
    }
  }
  while (i < supply.length && j < demand.length && supply[i].price <= demand[j].price) {
    const wh = Math.min(left, want);
    soldWh += wh;
    boughtWh += wh;
    left -= wh;
    want -= wh;
    // The side that is only partly used sets the price.
    price = left > 0 ? supply[i].price : demand[j].price;
    if (left === 0) {
      i += 1;
      left = supply[i]?.wh ?? 0;
    }
    if (want === 0) {
      j += 1;
      want = demand[j]?.wh ?? 0;
    }
  }
  if (price === null) price = supply[0]?.price ?? demand[0]?.price ?? null;
  return { price, soldWh, boughtWh };
}

export function clear(index) {
  const books = Object.fromEntries(market.areas.map((a) => [a.area_id, orders(a.area_id, index)]));
  const inWh = Object.fromEntries(market.areas.map((a) => [a.area_id, 0]));
  const sent = Object.fromEntries(market.lines.map((l) => [l.line_id, 0]));
  const price = (area) => clearArea(books[area], inWh[area]).price ?? 0;
  for (let round = 0; round < 1500; round += 1) {
    let best = null;
    for (const l of market.lines) {
      for (const sign of [1, -1]) {
        const [from, to] = sign > 0 ? [l.from_area, l.to_area] : [l.to_area, l.from_area];
        const capacity = Number(l.capacity_forward_kw) * 250;
        if (sign * sent[l.line_id] + PIECE_WH > capacity) continue;
        const fee = Number(sign > 0 ? l.fee_forward_per_mwh : l.fee_backward_per_mwh);
        const gain = price(to) * 0.98 - price(from) - fee;
        if (gain > 0.5 && (!best || gain > best.gain)) best = { gain, l, sign, from, to };
      }
    }
    if (!best) break;
    sent[best.l.line_id] += best.sign * PIECE_WH;
    inWh[best.from] -= PIECE_WH;
    inWh[best.to] += PIECE_WH;
  }
  return result(index, books, inWh, sent);
}

const kwh = (wh) => (wh / 1000).toFixed(3);

function result(index, books, inWh, sent) {
  const start = START + index * QUARTER_MS;
  const random = chance(index + 5);
  const cleared = Object.fromEntries(
    market.areas.map(({ area_id }) => [area_id, clearArea(books[area_id], inWh[area_id])]),
  );
  const areas = market.areas.map(({ area_id }) => {
    const { price, soldWh, boughtWh } = cleared[area_id];
    const text = soldWh + boughtWh > 0 ? price.toFixed(2) : null;
    return {
      area_id,
      start: iso(start),
      end: iso(start + QUARTER_MS),
      price_per_mwh: text,
      connection_price_per_mwh: text,
      bought_kwh: kwh(boughtWh),
      sold_kwh: kwh(soldWh),
      net_export_kwh: kwh(-inWh[area_id]),
    };
  });
  const lines = market.lines.map((l) => {
    const wh = sent[l.line_id];
    const capacityWh = Number(l.capacity_forward_kw) * 250;
    const [forward, backward] = [Math.max(0, wh), Math.max(0, -wh)];
    return {
      line_id: l.line_id,
      from_area: l.from_area,
      to_area: l.to_area,
      sent_forward_kwh: kwh(forward),
      received_forward_kwh: kwh(Math.floor(forward * 0.98)),
      sent_backward_kwh: kwh(backward),
      received_backward_kwh: kwh(Math.floor(backward * 0.98)),
      capacity_forward_kwh: kwh(capacityWh),
      capacity_backward_kwh: kwh(capacityWh),
      binding: Math.abs(wh) >= capacityWh ? (wh > 0 ? "forward" : "backward") : null,
    };
  });
  const trades = Object.fromEntries(
    market.areas.map(({ area_id }) => [
      area_id,
      fills(books[area_id], cleared[area_id], index, area_id),
    ]),
  );
  return {
    interval: {
      rung: index === 40 ? "merit_order" : "optimal",
      welfare: (12 + 40 * random()).toFixed(8),
      upper_bound: null,
      trades: Object.values(trades).flat().length,
      solve_ms: Math.round(25 + 60 * random()),
      audit_faults: 0,
      receipt_hash: Math.floor(random() * 2 ** 48)
        .toString(16)
        .padStart(64, "0"),
      areas,
      lines,
    },
    trades,
    curves: {
      start: iso(start),
      areas: [
        ...market.areas
          .filter(({ area_id }) => books[area_id].owners >= 10)
          .map(({ area_id }) => curve(area_id, cleared[area_id].price, [books[area_id]])),
        curve("market", null, Object.values(books)),
      ],
    },
  };
}

function curve(area_id, price, books) {
  const stair = (side, sign) => {
    const all = books.flatMap((each) => each[side]).sort((a, b) => sign * (a.price - b.price));
    let total = 0;
    return all.map(({ price: each, wh }) => [each.toFixed(2), kwh((total += wh))]);
  };
  return {
    area_id,
    price_per_mwh: price === null ? null : price.toFixed(2),
    supply: stair("supply", 1),
    demand: stair("demand", -1),
  };
}

function fills({ supply, demand }, { price, soldWh, boughtWh }, index, area) {
  const made = [];
  for (const [side, rows, totalWh] of [
    ["buy", demand, boughtWh],
    ["sell", supply, soldWh],
  ]) {
    let left = totalWh;
    for (const { wh } of rows) {
      const filled = Math.min(left, wh);
      if (filled <= 0) break;
      left -= filled;
      made.push({
        trade_id: `t-${area}-${index * 1_000 + made.length}`,
        side,
        price_per_mwh: price.toFixed(2),
        energy_kwh: kwh(filled),
        venue: "call",
      });
    }
  }
  return made;
}

export const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");
