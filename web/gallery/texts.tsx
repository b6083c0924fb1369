import { Facts } from "../src/parts/frame/Figures";
import { Panel } from "../src/parts/frame/Panel";
import { Energy, Money, Power, Price, Share } from "../src/parts/text/Quantity";
import { Badge, Code, Id, State } from "../src/parts/text/State";
import { Ago, Interval, Time } from "../src/parts/text/When";

export function Texts() {
  return (
    <Panel title="Texts of the trade">
      <Facts
        wide
        facts={[
          { label: "Money", value: <Money amount="1234567890123.45" currency="EUR" /> },
          { label: "Quanta", value: <Money quanta="-123456789" currency="EUR" places={8} /> },
          { label: "Rise", value: <Money amount="12.30" currency="EUR" change /> },
          { label: "Fall", value: <Money amount="-0.01" currency="EUR" change /> },
          { label: "Price", value: <Price value="-85.2" currency="EUR" /> },
          { label: "Price change", value: <Price value="5.10" currency="EUR" change /> },
          { label: "Energy", value: <Energy kwh="12.5" least={3} /> },
          { label: "Much energy", value: <Energy kwh="1234567.8" /> },
          { label: "Power", value: <Power kw="4.2" /> },
          { label: "Share", value: <Share ppm={123456} /> },
          { label: "Time", value: <Time at="2026-06-15T08:15:00Z" seconds /> },
          { label: "Doubled hour", value: <Time at="2026-10-25T01:15:00Z" day /> },
          {
            label: "Interval",
            value: <Interval start="2026-10-25T00:45:00Z" end="2026-10-25T01:00:00Z" />,
          },
          { label: "Ago", value: <Ago at={0} now={150_000} /> },
          { label: "Code", value: <Code family="phase" code="call" raw /> },
          { label: "Refusal", value: <Code family="refusal" code="GATE_CLOSED" /> },
          { label: "Id", value: <Id value="0d9f4be21c7a55aa0192" /> },
          { label: "State", value: <State tone="good">Active</State> },
          { label: "State, late", value: <State tone="warning">Late</State> },
          { label: "Badge", value: <Badge tone="bad">Halted</Badge> },
          { label: "Badge, now", value: <Badge tone="accent">In auction</Badge> },
          { label: "Badge, unknown", value: <Badge tone="unknown">Not known</Badge> },
        ]}
      />
    </Panel>
  );
}
