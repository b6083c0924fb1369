// Why an order stands as it stands.

import { Failed, Loading } from "../../../parts/state/states";
import { useMarket } from "../../../shell/markets";
import { useRead } from "../../../wire/queries";
import { useTexts } from "./texts";
import { sentence } from "./why";

export function Why({ orderId }: { orderId: string }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const found = useRead("/v1/markets/{market}/orders/{order_id}/explanation", {
    params: { order_id: orderId },
  });
  if (found.state === "loading") return <Loading rows={2} />;
  if (found.value === undefined) {
    const { code = "UNREACHABLE", traceId = null } = found.problem ?? {};
    return <Failed code={code} traceId={traceId} onAgain={found.again} />;
  }
  return (
    <div className="trade-why">
      <b>{t("why.title")}</b>
      <ul>
        {found.value.reasons.map((each, index) => (
          <li key={index}>{sentence(each, { t, format, currency })}</li>
        ))}
      </ul>
      {found.value.reasons.length === 0 && <p>{t("why.nothing")}</p>}
    </div>
  );
}
