// Bilateral contracts: what two have agreed on between themselves, and the market delivers.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Interval, Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useAct, useList } from "../../../wire/queries";
import type { Contract, Unit } from "./answers";
import { spanOf, totalKwh } from "./legs";
import { COLLATERAL, CONTRACTS } from "./mine";
import { RegisterContract } from "./RegisterContract";
import { valueOf } from "./rules";
import { useTexts } from "./texts";

const TONES = {
  proposed: "warning",
  confirmed: "good",
  declined: "bad",
  withdrawn: "unknown",
  expired: "unknown",
} as const;

export function Contracts({ units }: { units: readonly Unit[] }) {
  const { t } = useTexts();
  const { session } = useSession();
  const me = session?.participant_id ?? "";
  const contracts = useList(CONTRACTS, { all: true });
  const [registering, register] = useState(false);
  const columns = useContractColumns(me);
  const { code = "UNREACHABLE", traceId = null } = contracts.problem ?? {};
  if (code === "MODE_NOT_OFFERED") return <Empty>{t("contracts.not_here")}</Empty>;
  return (
    <Panel
      title={t("contracts.title")}
      flush
      tools={
        <Button kind="main" icon="plus" onPress={() => register(true)}>
          {t("contracts.register")}
        </Button>
      }
    >
      <DataTable<Contract>
        name="contracts"
        label={t("contracts.title")}
        columns={columns}
        rows={contracts.items}
        rowKey={contractKey}
        sort={SORT}
        state={contracts.state}
        failed={{ code, traceId, onAgain: contracts.again }}
        empty={t("contracts.empty")}
        details={(contract) => <Details contract={contract} me={me} />}
        tone={({ state, participant_id }) =>
          state === "proposed" && participant_id !== me ? "warning" : undefined
        }
        height={Math.min(420, 180 + contracts.items.length * 34)}
      />
      {registering && <RegisterContract units={units} onClose={() => register(false)} />}
    </Panel>
  );
}

const SORT = [{ id: "answer_by", desc: true }];
const contractKey = ({ contract_id }: Contract) => contract_id;

/** Which side is mine: the side is said by who registered. */
const sideOf = ({ side, participant_id }: Contract, me: string) =>
  participant_id === me ? side : side === "buy" ? "sell" : "buy";

function useContractColumns(me: string): readonly Column<Contract>[] {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  return useMemo<Column<Contract>[]>(
    () => [
      {
        ...{ key: "when", title: t("orders.interval"), kind: "time", width: 215, card: "title" },
        value: ({ legs }) => spanOf(legs).start,
        cell: ({ legs }) => <Interval {...spanOf(legs)} day />,
      },
      {
        ...{ key: "side", title: t("side.label"), kind: "text", width: 80 },
        value: (each) => sideOf(each, me),
        said: (each) => t(`side.${sideOf(each, me)}`),
        cell: (each) => t(`side.${sideOf(each, me)}`),
      },
      {
        ...{ key: "with", title: t("contracts.with"), kind: "text", width: 150 },
        value: (each) => (each.participant_id === me ? each.counterparty_id : each.participant_id),
      },
      {
        ...{ key: "price", title: t("orders.price"), kind: "decimal", width: 110 },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "energy", title: t("orders.energy"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ legs }) => totalKwh(legs),
        cell: ({ legs }) => format.kwh(totalKwh(legs)),
      },
      {
        ...{ key: "answer_by", title: t("contracts.answer_by"), kind: "time", width: 160 },
        value: ({ answer_by }) => answer_by,
        cell: ({ answer_by }) => <Time at={answer_by} day />,
      },
      {
        ...{ key: "state", title: t("orders.state"), kind: "text", width: 140 },
        value: ({ state }) => state,
        said: ({ state }) => t(`contracts.state_${state}`),
        cell: ({ state }) => <State tone={TONES[state]}>{t(`contracts.state_${state}`)}</State>,
      },
    ],
    [t, format, currency, me],
  );
}

type Doing = "confirm" | "decline" | "withdraw";

function Details({ contract, me }: { contract: Contract; me: string }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const toast = useToast();
  const [doing, start] = useState<Doing | null>(null);
  const renews = { renews: [CONTRACTS, COLLATERAL] as const };
  const acts = {
    confirm: useAct("post", `${CONTRACTS}/{contract_id}:confirm`, renews),
    decline: useAct("post", `${CONTRACTS}/{contract_id}:decline`, renews),
    withdraw: useAct("delete", `${CONTRACTS}/{contract_id}`, renews),
  };
  const own = contract.participant_id === me;
  const params = { contract_id: contract.contract_id };
  const value = valueOf(contract.price_per_mwh, totalKwh(contract.legs));
  const submit = async (what: Doing) => {
    const { ok } = await acts[what].act({ params });
    if (!ok) return;
    start(null);
    toast(t(`contracts.done_${what}`));
  };
  return (
    <div className="trade-details">
      <p>
        {t("contracts.units", { mine: contract.unit_id, theirs: contract.counterparty_unit_id })}
      </p>
      <ul className="trade-legs">
        {contract.legs.map((leg) => (
          <li key={leg.start}>
            {format.dayShort(leg.start)}, {format.interval(leg.start, leg.end)}:{" "}
            {format.kwh(leg.energy_kwh)} {t("unit.kwh")}
          </li>
        ))}
      </ul>
      {contract.state === "proposed" && (
        <div className="trade-acts">
          {own ? (
            <Button kind="danger" onPress={() => start("withdraw")}>
              {t("contracts.withdraw")}
            </Button>
          ) : (
            <>
              <Button kind="main" onPress={() => start("confirm")}>
                {t("contracts.confirm")}
              </Button>
              <Button kind="danger" onPress={() => start("decline")}>
                {t("contracts.decline")}
              </Button>
            </>
          )}
        </div>
      )}
      {doing && (
        <ConfirmAct
          open
          title={t(`contracts.${doing}`)}
          consequence={
            <p>
              {t(`contracts.text_${doing}`, { energy: format.kwh(totalKwh(contract.legs)) })}{" "}
              {doing === "confirm" && <Money amount={value} currency={currency} places={4} />}
            </p>
          }
          act={t(`contracts.${doing}`)}
          reason="none"
          danger={doing !== "confirm"}
          busy={acts[doing].busy}
          problem={acts[doing].problem}
          onClose={() => start(null)}
          onConfirm={() => void submit(doing)}
        />
      )}
    </div>
  );
}
