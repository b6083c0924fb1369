// Limits and cover, before something is refused for them.

import { Link } from "react-router";
import { Facts, Gauge } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { Badge } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { useCover } from "./mine";
import { usedPercent } from "./rules";
import { sum, decimal, decimalText } from "../../../language/decimal";
import { useTexts } from "./texts";

const TONES = {
  covered: "good",
  warned: "warning",
  called: "bad",
  reduce_only: "bad",
} as const;

export function Cover() {
  const { t } = useTexts();
  const { currency } = useMarket();
  const { collateral, limits } = useCover();
  const cover = collateral.value;
  if (collateral.state === "failed") {
    return (
      <Panel title={t("cover.title")}>
        <Failed code={collateral.problem?.code ?? "UNREACHABLE"} onAgain={collateral.again} />
      </Panel>
    );
  }
  if (!cover) {
    return (
      <Panel title={t("cover.title")}>
        <Loading />
      </Panel>
    );
  }
  const money = (amount: string | null) => <Money amount={amount} currency={currency} />;
  const limit = (amount: string | null | undefined) =>
    amount == null ? t("cover.no_limit") : money(amount);
  const usable = decimalText(
    sum([decimal(cover.margin) ?? ZERO, decimal(cover.credit_limit) ?? ZERO]),
  );
  const exposed = decimalText(
    sum([decimal(cover.exposure_traded) ?? ZERO, decimal(cover.exposure_open) ?? ZERO]),
  );
  const most = limits.value?.exposure_max ?? null;
  return (
    <Panel
      title={t("cover.title")}
      tools={<Badge tone={TONES[cover.state]}>{t(`cover.state_${cover.state}`)}</Badge>}
      tone={cover.state === "covered" ? "plain" : cover.state === "warned" ? "warning" : "bad"}
      foot={<Link to="/account">{t("cover.to_limits")}</Link>}
    >
      {cover.due_at !== null && (
        <p>
          {t("cover.call")} {money(cover.call_amount)} · <Time at={cover.due_at} day />
        </p>
      )}
      <Gauge label={t("cover.held")} percent={usedPercent(cover.held, usable)}>
        {money(cover.held)}
      </Gauge>
      {most !== null && (
        <Gauge
          label={t("cover.exposure")}
          percent={usedPercent(exposed, most)}
          binding={usedPercent(exposed, most) >= 100}
        >
          {money(exposed)}
        </Gauge>
      )}
      <Facts
        facts={[
          { label: t("cover.available"), value: money(cover.available) },
          { label: t("cover.balance"), value: money(cover.balance) },
          { label: t("cover.credit"), value: money(cover.credit_limit) },
          { label: t("cover.order_value_max"), value: limit(limits.value?.order_value_max) },
          { label: t("cover.exposure_max"), value: limit(most) },
        ]}
      />
    </Panel>
  );
}

const ZERO = { units: 0n, places: 0 };
