import { useState } from "react";
import { ConfirmAct } from "../src/parts/act/ConfirmAct";
import { useToast } from "../src/parts/act/toasts";
import { Button } from "../src/parts/Button";
import { Facts } from "../src/parts/frame/Figures";
import { Panel } from "../src/parts/frame/Panel";
import { Toolbar } from "../src/parts/frame/Page";
import { Energy } from "../src/parts/text/Quantity";

export function Acts() {
  const [open, setOpen] = useState(false);
  const toast = useToast();
  return (
    <Panel title="Acts">
      <Toolbar label="Acts">
        <Button kind="danger" onPress={() => setOpen(true)}>
          Halt area
        </Button>
        <Button onPress={() => toast("Order placed.")}>Good</Button>
        <Button onPress={() => toast("The gate has closed.", "bad")}>Bad</Button>
      </Toolbar>
      <ConfirmAct
        open={open}
        title="Halt Rural"
        act="Halt"
        typed="RUR"
        consequence={
          <Facts
            facts={[
              { label: "Open orders kept", value: "42" },
              { label: "Not traded until resumed", value: <Energy kwh="123.5" /> },
            ]}
          />
        }
        onConfirm={() => {
          setOpen(false);
          toast("Halted.", "warning");
        }}
        onClose={() => setOpen(false)}
      />
    </Panel>
  );
}
