// One participant: its credentials, its limits, and the acts of an operator on it.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { DecimalField } from "../../../parts/form/fields";
import { Facts } from "../../../parts/frame/Figures";
import { Money } from "../../../parts/text/Quantity";
import { Time } from "../../../parts/text/When";
import { useAct, useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { GiveAccess } from "./GiveAccess";
import { People } from "./People";
import { Secret, type Told } from "./Secret";
import { useTexts } from "./texts";
import { Units } from "./Units";
import { CLIENTS, OVERVIEW, type Client, type Participant } from "./wire";

const RENEWS = { renews: [OVERVIEW] } as const;
const CLIENT_RENEWS = { renews: [CLIENTS, OVERVIEW] } as const;

type Asked =
  "access" | "suspend" | "unsuspend" | "limit" | { revoke: Client } | { rotate: Client } | null;

interface Props {
  participant: Participant;
  market: Market;
}

export function Details({ participant, market }: Props) {
  const { t, format } = useTexts();
  const { participant_id, suspended } = participant;
  const { currency } = market;
  const [asked, ask] = useState<Asked>(null);
  const [told, tell] = useState<Told | null>(null);
  const clients = useList(CLIENTS, { all: true });
  const own = clients.items.filter((each) => each.participant_id === participant_id);
  return (
    <div className="pt-details">
      <div>
        <Facts
          facts={[
            {
              label: t("column.margin"),
              value: <Money amount={participant.margin} {...{ currency }} />,
            },
            {
              label: t("fact.order_value_max"),
              value: <Money amount={participant.order_value_max} {...{ currency }} />,
            },
            {
              label: t("fact.exposure_max"),
              value: <Money amount={participant.exposure_max} {...{ currency }} />,
            },
            ...(participant.margin_call_due_at === null
              ? []
              : [
                  {
                    label: t("fact.call_due"),
                    value: <Time at={participant.margin_call_due_at} day />,
                  },
                ]),
            { label: t("fact.codes"), value: format.whole(participant.open_enrolments) },
          ]}
        />
        <div className="pt-acts">
          <Button kind="main" icon="plus" onPress={() => ask("access")}>
            {t("act_invite")}
          </Button>
          <Button onPress={() => ask("limit")}>{t("limit.open")}</Button>
          <Button
            kind={suspended ? "plain" : "danger"}
            onPress={() => ask(suspended ? "unsuspend" : "suspend")}
          >
            {t(suspended ? "open.unsuspend" : "open.suspend")}
          </Button>
        </div>
      </div>
      <div>
        <h3>{t("clients.title")}</h3>
        {own.length === 0 && <p className="pt-none">{t("clients.none")}</p>}
        <ul className="pt-clients">
          {own.map((client) => (
            <li key={client.client_id}>
              <span>
                <code>{client.client_id}</code>
                <small>
                  {client.revoked_at === null ? (
                    <>
                      {t("clients.since")} <Time at={client.created_at} day />
                    </>
                  ) : (
                    t("clients.revoked")
                  )}
                </small>
              </span>
              {client.revoked_at === null && (
                <span className="pt-acts">
                  <Button onPress={() => ask({ rotate: client })}>{t("open.rotate")}</Button>
                  <Button kind="danger" onPress={() => ask({ revoke: client })}>
                    {t("open.revoke")}
                  </Button>
                </span>
              )}
            </li>
          ))}
        </ul>
      </div>
      <Units {...{ participant, market }} />
      <People participant={participant_id} />
      {asked === "access" && (
        <GiveAccess {...{ market, participant }} onTold={tell} onClose={() => ask(null)} />
      )}
      {told && <Secret {...told} onClose={() => tell(null)} />}
      {(asked === "suspend" || asked === "unsuspend") && (
        <Suspend participant={participant} act={asked} onClose={() => ask(null)} />
      )}
      {asked === "limit" && (
        <Limit participant={participant} currency={currency} onClose={() => ask(null)} />
      )}
      {asked !== null && typeof asked === "object" && (
        <OnClient
          {...("rotate" in asked
            ? { act: "rotate" as const, client: asked.rotate }
            : { act: "revoke" as const, client: asked.revoke })}
          onSecret={(secret) => tell({ title: t("told.title"), secret, note: t("told.note") })}
          onClose={() => ask(null)}
        />
      )}
    </div>
  );
}

function Suspend({
  participant: { participant_id, sockets, device_sockets, open_orders },
  act,
  onClose,
}: {
  participant: Participant;
  act: "suspend" | "unsuspend";
  onClose(): void;
}) {
  const { t, format } = useTexts();
  const suspend = useAct(
    "post",
    "/v1/markets/{market}/participants/{participant_id}:suspend",
    RENEWS,
  );
  const back = useAct(
    "post",
    "/v1/markets/{market}/participants/{participant_id}:unsuspend",
    RENEWS,
  );
  const params = { participant_id };
  const go = async (reason: string) => {
    const answer =
      act === "suspend"
        ? await suspend.act({ params, body: { reason } })
        : await back.act({ params });
    if (answer.ok) onClose();
  };
  return (
    <ConfirmAct
      open
      title={t(`ask.${act}`, { participant: participant_id })}
      consequence={t(`means.${act}`, {
        sockets: format.whole(sockets + device_sockets),
        orders: format.whole(open_orders),
      })}
      act={t(`open.${act}`)}
      reason={act === "suspend" ? "asked" : "none"}
      danger={act === "suspend"}
      busy={suspend.busy || back.busy}
      problem={suspend.problem ?? back.problem}
      onConfirm={(reason) => void go(reason)}
      onClose={onClose}
    />
  );
}

function Limit({
  participant: { participant_id, credit_limit, available },
  currency,
  onClose,
}: {
  participant: Participant;
  currency: string;
  onClose(): void;
}) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [limit, setLimit] = useState("");
  const set = useAct(
    "put",
    "/v1/markets/{market}/participants/{participant_id}/credit-limit",
    RENEWS,
  );
  const go = async (reason: string) => {
    const answer = await set.act({ params: { participant_id }, body: { limit, reason } });
    if (!answer.ok) return;
    const until = answer.value.second_person_until;
    if (until === null) toast(t("limit.done"));
    else toast(t("limit.second", { until: format.timeOfDay(until) }), "warning");
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("limit.title", { participant: participant_id })}
      consequence={t("limit.consequence", {
        now: format.money(credit_limit, currency),
        available: format.money(available, currency),
      })}
      act={t("limit.act")}
      danger={false}
      busy={set.busy}
      problem={set.problem}
      onConfirm={(reason) => void go(reason)}
      onClose={onClose}
    >
      <DecimalField
        pointer="/limit"
        label={t("limit.field")}
        unit={currency}
        min="0"
        step="0.01"
        value={limit}
        onChange={setLimit}
      />
    </ConfirmAct>
  );
}

function OnClient({
  client: { client_id },
  act,
  onSecret,
  onClose,
}: {
  client: Client;
  act: "rotate" | "revoke";
  onSecret(secret: string): void;
  onClose(): void;
}) {
  const { t } = useTexts();
  const rotate = useAct("post", "/v1/clients/{client_id}:rotate", CLIENT_RENEWS);
  const revoke = useAct("post", "/v1/clients/{client_id}:revoke", CLIENT_RENEWS);
  const params = { client_id };
  const go = async () => {
    if (act === "rotate") {
      const answer = await rotate.act({ params, body: { grace_s: 3_600 } });
      if (!answer.ok) return;
      onSecret(answer.value.client_secret);
    } else {
      const answer = await revoke.act({ params });
      if (!answer.ok) return;
    }
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t(`ask.${act}`, { client: client_id })}
      consequence={t(`means.${act}`)}
      act={t(`open.${act}`)}
      reason="none"
      danger={act === "revoke"}
      busy={rotate.busy || revoke.busy}
      problem={rotate.problem ?? revoke.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    />
  );
}
