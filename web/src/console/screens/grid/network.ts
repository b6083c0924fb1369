// A real grid with its power flow as a picture and as a table: pure.

import type { Network, PowerFlow } from "./wire";

export interface ElementRow {
  id: string;
  kind: "line" | "transformer";
  from: string;
  to: string;
  /** Part of what it bears; null: no flow is known. */
  loading: number | null;
  /** From `from` to `to`; null: not known, or in a mesh. */
  powerKw: string | null;
  lengthM: number | null;
  /** A line's current, A; a transformer's rated power, kVA. */
  rating: number;
}

export interface BusRow {
  id: string;
  ratedV: number;
  voltagePu: string | null;
  lowestPu: number;
  highestPu: number;
  outside: "low" | "high" | null;
  members: string[];
  x?: number;
  y?: number;
}

const PPM = 1_000_000;

export function elementRows(network: Network, flow: PowerFlow | undefined): ElementRow[] {
  const number = (text: string | null | undefined) => (text == null ? null : Number(text));
  const of = new Map<string, { loading_pu: string | null; power_kw: string | null }>([
    ...(flow?.lines ?? []).map((each) => [each.line_id, each] as const),
    ...(flow?.transformers ?? []).map((each) => [each.transformer_id, each] as const),
  ]);
  return [
    ...network.lines.map(({ line_id, from_bus, to_bus, length_mm, current_max_ma }) => ({
      ...{ id: line_id, kind: "line" as const, from: from_bus, to: to_bus },
      loading: number(of.get(line_id)?.loading_pu),
      powerKw: of.get(line_id)?.power_kw ?? null,
      lengthM: length_mm / 1000,
      rating: current_max_ma / 1000,
    })),
    ...network.transformers.map(({ transformer_id, from_bus, to_bus, rated_va }) => ({
      ...{ id: transformer_id, kind: "transformer" as const, from: from_bus, to: to_bus },
      loading: number(of.get(transformer_id)?.loading_pu),
      powerKw: of.get(transformer_id)?.power_kw ?? null,
      lengthM: null,
      rating: rated_va / 1000,
    })),
  ];
}

/** Buses with their places on a plane: east to the right, north up, metres alike in both. */
export function busRows(network: Network, flow: PowerFlow | undefined): BusRow[] {
  const voltages = new Map(flow?.buses.map((each) => [each.bus_id, each.voltage_pu]));
  const members = new Map<string, string[]>();
  for (const { member_id, bus_id } of network.placements) {
    members.set(bus_id, [...(members.get(bus_id) ?? []), member_id]);
  }
  const middle = network.buses.find(({ latitude_udeg }) => latitude_udeg !== null)?.latitude_udeg;
  const narrower = Math.cos((((middle ?? 0) / PPM) * Math.PI) / 180);
  return network.buses.map((bus) => {
    const voltagePu = voltages.get(bus.bus_id) ?? null;
    const [lowestPu, highestPu] = [bus.voltage_min_ppm / PPM, bus.voltage_max_ppm / PPM];
    const value = voltagePu === null ? null : Number(voltagePu);
    return {
      id: bus.bus_id,
      ratedV: bus.rated_v,
      voltagePu,
      ...{ lowestPu, highestPu },
      outside: value === null ? null : value > highestPu ? "high" : value < lowestPu ? "low" : null,
      members: members.get(bus.bus_id) ?? [],
      ...(bus.longitude_udeg === null || bus.latitude_udeg === null
        ? {}
        : { x: bus.longitude_udeg * narrower, y: -bus.latitude_udeg }),
    };
  });
}

export interface Extremes {
  lowest: BusRow | null;
  highest: BusRow | null;
  fullest: ElementRow | null;
  /** Buses outside their limits and elements beyond what they bear. */
  broken: number;
}

export function extremes(buses: readonly BusRow[], elements: readonly ElementRow[]): Extremes {
  const known = buses.filter(({ voltagePu }) => voltagePu !== null);
  const byVoltage = known.toSorted((a, b) => Number(a.voltagePu) - Number(b.voltagePu));
  const byLoading = elements.toSorted((a, b) => (b.loading ?? -1) - (a.loading ?? -1));
  return {
    lowest: byVoltage[0] ?? null,
    highest: byVoltage.at(-1) ?? null,
    fullest: byLoading[0]?.loading == null ? null : byLoading[0],
    broken:
      buses.filter(({ outside }) => outside !== null).length +
      elements.filter(({ loading }) => (loading ?? 0) > 1).length,
  };
}

/** A row of the table behind the picture: buses and elements in one list. */
export type GridRow = ({ what: "element" } & ElementRow) | ({ what: "bus" } & BusRow);

/** The same with its sign by the direction: what a picture points its arrows by. */
export function signedLoading({ loading, powerKw }: ElementRow): number | null {
  return loading === null ? null : Number(powerKw ?? 0) < 0 ? -loading : loading;
}

/** A voltage as it is looked at: four places. */
export const pu = (text: string | null): string => (text === null ? "–" : Number(text).toFixed(4));
