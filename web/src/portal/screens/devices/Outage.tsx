// A device is taken out of service, or comes back: what that does is said before it is done.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { MomentField } from "../../../parts/form/times";
import { Facts } from "../../../parts/frame/Figures";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import { DEVICES, type Device } from "../own";
import { cancelled } from "./devices";
import { useTexts } from "./texts";

const ORDERS = "/v1/markets/{market}/orders";
const OUTAGES = "/v1/markets/{market}/outages";
const OPEN = ["active", "partially_filled", "pending", "hibernated"] as const;

interface OutProps {
  open: boolean;
  device: Device;
  kind: string;
  nowMs: number;
  onClose(): void;
}

export function OutOfService({ open, device, kind, nowMs, onClose }: OutProps) {
  const { t, format } = useTexts();
  const { interval_minutes } = useMarket();
  const toast = useToast();
  const step = interval_minutes * 60_000;
  const next = Math.ceil(nowMs / step) * step;
  const [wanted, setWanted] = useState<{ from: string; until: string } | null>(null);
  const from = wanted?.from ?? new Date(next).toISOString();
  const until = wanted?.until ?? new Date(next + 86_400_000).toISOString();
  const orders = useList(ORDERS, { all: true, when: open });
  const report = useAct("post", "/v1/markets/{market}/units/{unit_id}:out-of-service", {
    renews: [DEVICES, ORDERS, OUTAGES],
  });
  const close = () => {
    report.forget();
    setWanted(null);
    onClose();
  };
  const confirm = async (reason: string) => {
    const answer = await report.act({
      params: { unit_id: device.unit_id },
      body: { from, until, reason },
    });
    if (!answer.ok) return;
    toast(t("outage.done", { unit: device.unit_id }));
    close();
  };
  // Of orders a few fields are enough here; the trading screen says their whole shape.
  const mine = (
    orders.items as unknown as { unit_id: string; start: string; state: string }[]
  ).filter(({ state }) => (OPEN as readonly string[]).includes(state));
  return (
    <ConfirmAct
      {...{ open, onClose: close }}
      title={t("outage.title", { kind, unit: device.unit_id })}
      act={t("outage.report")}
      busy={report.busy}
      problem={report.problem}
      onConfirm={(reason) => void confirm(reason)}
      consequence={
        <Facts
          facts={[
            { label: t("outage.time"), value: `${format.stamp(from)} – ${format.stamp(until)}` },
            {
              label: t("outage.cancels"),
              value: format.whole(cancelled(mine, device.unit_id, from, until)),
              note: t("outage.cancels_note"),
            },
          ]}
        />
      }
    >
      <MomentField
        pointer="/from"
        label={t("outage.from")}
        value={from}
        onChange={(value) => setWanted({ from: value, until })}
      />
      <MomentField
        pointer="/until"
        label={t("outage.until")}
        value={until}
        onChange={(value) => setWanted({ from, until: value })}
      />
    </ConfirmAct>
  );
}

interface InProps {
  open: boolean;
  device: Device;
  kind: string;
  onClose(): void;
}

export function InService({ open, device, kind, onClose }: InProps) {
  const { t, format } = useTexts();
  const toast = useToast();
  const back = useAct("post", "/v1/markets/{market}/units/{unit_id}:in-service", {
    renews: [DEVICES, OUTAGES],
  });
  const close = () => {
    back.forget();
    onClose();
  };
  const confirm = async () => {
    const answer = await back.act({ params: { unit_id: device.unit_id } });
    if (!answer.ok) return;
    toast(t("outage.ended", { unit: device.unit_id }));
    close();
  };
  return (
    <ConfirmAct
      {...{ open, onClose: close }}
      title={t("outage.end_title", { kind, unit: device.unit_id })}
      act={t("outage.end")}
      reason="none"
      danger={false}
      busy={back.busy}
      problem={back.problem}
      onConfirm={() => void confirm()}
      consequence={t("outage.end_text", { until: format.stamp(device.outage?.until) })}
    />
  );
}
