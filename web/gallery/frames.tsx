import { Button, IconButton } from "../src/parts/Button";
import { Figure, Gauge, Tiles } from "../src/parts/frame/Figures";
import { Page, Panels, Split, Toolbar } from "../src/parts/frame/Page";
import { Panel } from "../src/parts/frame/Panel";
import { Tabs } from "../src/parts/frame/Tabs";
import { Timeline } from "../src/parts/frame/Timeline";
import { Empty, Failed, Forbidden, Loading, Stale } from "../src/parts/state/states";
import { Tree } from "../src/parts/table/Tree";
import { Energy, Money, Price } from "../src/parts/text/Quantity";
import { State } from "../src/parts/text/State";

const now = Date.parse("2026-06-15T10:00:00Z");

export function Frames() {
  return (
    <Page
      title="Sessions"
      description="Each gate with what has to happen by when."
      actions={
        <Toolbar label="Actions">
          <Button kind="quiet">Quiet</Button>
          <Button icon="again">Again</Button>
          <Button kind="main">Run now</Button>
          <Button kind="danger">Halt</Button>
          <Button isDisabled>Not now</Button>
          <IconButton icon="columns" label="Columns" />
        </Toolbar>
      }
    >
      <Tiles label="Today">
        <Figure label="Price" note={<Price value="3.10" currency="EUR" change bare />}>
          <Price value="85.20" currency="EUR" />
        </Figure>
        <Figure label="Traded" note="96 intervals">
          <Energy kwh="12345.678" />
        </Figure>
        <Figure label="Saved" note={<Money amount="-2.10" currency="EUR" change />}>
          <Money amount="1234.56" currency="EUR" />
        </Figure>
        <Figure label="Alarms" tone="bad" state={<State tone="bad">Unacknowledged</State>}>
          2
        </Figure>
      </Tiles>
      <Split
        aside={
          <Panel title="Timeline" note="gate 10:15">
            <Timeline
              label="Session"
              now={now}
              events={[
                { key: "1", title: "Gate closed", at: now - 600_000, deadline: now - 590_000 },
                { key: "2", title: "Inputs frozen", at: now - 400_000, deadline: now - 480_000 },
                { key: "3", title: "Clearing", at: now - 300_000, failed: true, note: "Try 1. " },
                { key: "4", title: "Publish", at: null, deadline: now - 65_000 },
                { key: "5", title: "Settle", at: null, deadline: now + 3_725_000 },
              ]}
            />
          </Panel>
        }
      >
        <Panel
          title="Views"
          tools={<IconButton icon="again" label="Again" />}
          foot="Source: meters"
        >
          <Tabs
            label="Views"
            tabs={[
              { key: "a", title: "Orders", count: "12", content: () => <p>Orders</p> },
              { key: "b", title: "Trades", content: () => <p>Trades</p> },
              { key: "c", title: "Bills", content: () => <p>Bills</p> },
            ]}
          />
          <Gauge label="Line A-B" percent={62}>
            49.6 of 80 kW
          </Gauge>
          <Gauge label="Line B-C" percent={100} binding>
            80 of 80 kW
          </Gauge>
        </Panel>
      </Split>
      <Panel title="Hierarchy" flush>
        <Tree
          label="Market"
          columns={["Member", "Set-point", "Acknowledged"]}
          onSelect={() => undefined}
          nodes={[
            {
              ...{ key: "m", name: "Village", title: "Village", cells: ["120 kW", "4 of 5"] },
              children: [
                {
                  ...{ key: "a", name: "Rural", title: "Rural", cells: ["40 kW", "2 of 2"] },
                  children: [{ key: "u", name: "Unit 1", title: "Unit 1", cells: ["4 kW", "yes"] }],
                },
                {
                  ...{ key: "b", name: "Semi-urban", title: "Semi-urban", tone: "warning" },
                  cells: ["80 kW", "2 of 3"],
                },
              ],
            },
          ]}
        />
      </Panel>
      <Panels least={300}>
        <Panel title="Loading">
          <Loading />
        </Panel>
        <Panel title="Loading chart">
          <Loading shape="chart" />
        </Panel>
        <Panel title="Empty">
          <Empty action={<Button kind="main">Place an order</Button>}>
            Your orders stand here with what became of them.
          </Empty>
        </Panel>
        <Panel title="Failed" tone="bad">
          <Failed code="SYSTEM_BUSY" traceId="4fd1bd" onAgain={() => undefined} />
        </Panel>
        <Panel title="Forbidden">
          <Forbidden />
        </Panel>
        <Panel title="Stale">
          <Stale stale since={now}>
            <Loading rows={9} />
          </Stale>
        </Panel>
      </Panels>
    </Page>
  );
}
