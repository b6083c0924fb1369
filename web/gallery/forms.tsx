import { useState } from "react";
import {
  ChoiceField,
  DecimalField,
  RadioCards,
  ReasonField,
  SwitchField,
  TextField,
} from "../src/parts/form/fields";
import { Form, type Problem } from "../src/parts/form/Form";
import { DateField, MomentField } from "../src/parts/form/times";
import { Panel } from "../src/parts/frame/Panel";

export function Forms() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [name, setName] = useState("House 12");
  const [price, setPrice] = useState("85.20");
  const [energy, setEnergy] = useState("1.2505");
  const [area, setArea] = useState("");
  const [side, setSide] = useState("buy");
  const [green, setGreen] = useState(true);
  const [day, setDay] = useState("2026-10-25");
  const [until, setUntil] = useState("2026-10-25T00:15:00.000Z");
  const [reason, setReason] = useState("");
  return (
    <Panel title="Form">
      <Form
        label="Order"
        problem={problem}
        submit="Place order"
        onCancel={() => setProblem(null)}
        onSubmit={() =>
          setProblem({
            code: "PRICE_ABOVE_MAX",
            faults: [
              {
                pointer: "/price_per_mwh",
                code: "PRICE_ABOVE_MAX",
                detail: "The price is above: max 4000.00",
              },
              { pointer: "", code: "INSUFFICIENT_FUNDS" },
            ],
          })
        }
      >
        <TextField pointer="/name" label="Name" value={name} onChange={setName} />
        <RadioCards
          pointer="/side"
          label="Side"
          value={side}
          onChange={setSide}
          cards={[
            { value: "buy", text: "Buy", note: "Take energy from the market." },
            { value: "sell", text: "Sell", note: "Give energy to the market." },
          ]}
        />
        <DecimalField
          pointer="/price_per_mwh"
          label="Price"
          unit="EUR/MWh"
          step="0.01"
          value={price}
          onChange={setPrice}
        />
        <DecimalField
          pointer="/energy_kwh"
          label="Energy"
          note="What is to be traded."
          unit="kWh"
          step="0.001"
          min="0.001"
          value={energy}
          onChange={setEnergy}
        />
        <ChoiceField
          pointer="/area"
          label="Area"
          value={area}
          onChange={setArea}
          optional
          options={[{ value: "RUR", text: "Rural" }]}
        />
        <SwitchField pointer="/green" label="Green only" value={green} onChange={setGreen} />
        <DateField pointer="/day" label="Day" value={day} onChange={setDay} />
        <MomentField pointer="/until" label="Until" value={until} onChange={setUntil} />
        <ReasonField
          pointer="/reason"
          label="Reason"
          value={reason}
          onChange={setReason}
          optional
        />
      </Form>
    </Panel>
  );
}
