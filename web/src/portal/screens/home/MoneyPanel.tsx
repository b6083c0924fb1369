// What today's energy brought and cost, and what may still be spent.

import { Link } from "react-router";
import { midnight } from "../../../language/zone";
import { Facts } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { useMarket } from "../../../shell/markets";
import { useRead } from "../../../wire/queries";
import type { HomeNow } from "../own";
import { earned } from "./home";
import { useTexts } from "./texts";

const STATEMENT = "/v1/markets/{market}/account/statement";

interface Statement {
  items: { kind: string; amount: string }[];
}

export function MoneyPanel({ money, at }: { money: HomeNow["money"]; at: string }) {
  const { t } = useTexts();
  const { currency, time_zone } = useMarket();
  const ms = Date.parse(at);
  const whole = (time: number) => new Date(time).toISOString().slice(0, 19) + "Z";
  const read = useRead(STATEMENT, {
    query: { from: whole(midnight(ms, time_zone)), to: whole(midnight(ms, time_zone, 1)) },
    everyMs: 30_000,
    keep: true,
  });
  const statement = read.value as Statement | undefined;
  const today = statement && earned(statement.items);
  return (
    <Panel title={t("money.title")} tools={<Link to="/bills">{t("money.more")}</Link>}>
      {read.state === "failed" && read.problem ? (
        <Failed {...read.problem} onAgain={read.again} />
      ) : today === undefined ? (
        <Loading rows={3} />
      ) : (
        <Facts
          facts={[
            {
              label: t("money.received"),
              value: <Money amount={today.received} currency={currency} />,
            },
            { label: t("money.paid"), value: <Money amount={today.paid} currency={currency} /> },
            {
              label: t("money.net"),
              value: <Money amount={today.net} currency={currency} change />,
            },
            {
              label: t("money.available"),
              value: <Money amount={money.available} currency={currency} />,
              note: (
                <>
                  {t("money.held")} <Money amount={money.held} currency={currency} />
                </>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
