import { useState } from "react";
import { DayPicker } from "../src/parts/filter/DayPicker";
import { Filters, Choose, IntervalPicker } from "../src/parts/filter/Filters";
import { Panel } from "../src/parts/frame/Panel";
import type { Column } from "../src/parts/table/columns";
import { DataTable } from "../src/parts/table/DataTable";
import { Energy, Price } from "../src/parts/text/Quantity";
import { Code } from "../src/parts/text/State";
import { Time } from "../src/parts/text/When";

interface Row {
  id: string;
  at: number;
  owner: string;
  state: string;
  price: string;
  kwh: string;
}

const STATES = ["active", "partially_filled", "filled", "cancelled", "rejected"];
const rows: Row[] = Array.from({ length: 10_000 }, (_, i) => ({
  id: `O${i}`,
  at: Date.parse("2026-10-24T22:00:00Z") + (i % 100) * 900_000,
  owner: i % 997 === 3 ? "=SUM(A1)" : `House ${(i * 7919) % 222}`,
  state: STATES[(i * 31) % 5] ?? "active",
  price: `${((i * 7919) % 40_000) - 5_000}.${String(i % 100).padStart(2, "0")}`,
  kwh: `${(i * 104_729) % 50}.${String((i * 13) % 1000).padStart(3, "0")}`,
}));

const COLUMNS: Column<Row>[] = [
  { key: "id", title: "Order", kind: "text", value: (r) => r.id, width: 90, card: "title" },
  {
    ...{ key: "at", title: "Delivery", kind: "time", value: (r: Row) => r.at, width: 150 },
    cell: (r) => <Time at={r.at} />,
  },
  { key: "owner", title: "Participant", kind: "text", value: (r) => r.owner, width: 180 },
  {
    ...{ key: "state", title: "State", kind: "text", value: (r: Row) => r.state, choosable: true },
    said: (r) => r.state,
    cell: (r) => <Code family="order_state" code={r.state} />,
    width: 150,
  },
  {
    ...{ key: "price", title: "Price", kind: "decimal", unit: "EUR/MWh" },
    value: (r) => r.price,
    cell: (r) => <Price value={r.price} currency="EUR" bare />,
  },
  {
    ...{ key: "kwh", title: "Energy", kind: "decimal", value: (r: Row) => r.kwh },
    cell: (r) => <Energy kwh={r.kwh} least={3} />,
  },
];

export function Tables() {
  const [day, setDay] = useState("2026-10-25");
  const [start, setStart] = useState<number | null>(null);
  const [area, setArea] = useState<string | null>(null);
  const [loaded, load] = useState(60);
  return (
    <>
      <Panel title="Filters">
        <Filters label="Filters">
          <DayPicker label="Day" value={day} onChange={setDay} />
          <IntervalPicker
            label="Interval"
            day={day}
            minutes={15}
            value={start}
            onChange={setStart}
          />
          <Choose
            label="Area"
            value={area}
            onChange={setArea}
            options={[
              { value: "RUR", text: "Rural" },
              { value: "SEM", text: "Semi-urban" },
            ]}
          />
        </Filters>
      </Panel>
      <Panel title="Blotter" note="10,000 orders" flush>
        <DataTable
          name="gallery"
          label="Orders"
          columns={COLUMNS}
          rows={rows}
          rowKey={(row) => row.id}
          empty="Orders stand here."
          height={420}
          acts={[
            { label: "Export", run: () => undefined },
            { label: "Cancel", danger: true, run: () => undefined },
          ]}
          tone={(row) => (row.state === "rejected" ? "bad" : undefined)}
          details={(row) => <span>Why {row.id} stands as it does: in the money.</span>}
        />
      </Panel>
      <Panel title="Paged" flush>
        <DataTable
          name="gallery-paged"
          label="Paged"
          columns={COLUMNS.slice(0, 4)}
          rows={rows.slice(0, loaded)}
          rowKey={(row) => row.id}
          empty="Orders stand here."
          height={200}
          bare
          more={{ has: loaded < 500, loading: false, load: () => load((n) => n + 60) }}
        />
      </Panel>
    </>
  );
}
