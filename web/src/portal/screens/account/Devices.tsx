// What signs in for one's devices and programs, and one-time codes for new ones.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, RadioCards } from "../../../parts/form/fields";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Id, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useSession } from "../../../shell/session";
import { useAct, useList } from "../../../wire/queries";
import type { Client, Enrolment } from "../../../wire/clients";
import { useTexts } from "./texts";

const CLIENTS = "/v1/clients";
const ENROLMENTS = "/v1/markets/{market}/enrolments";

export function Devices() {
  const { t } = useTexts();
  const clients = useList(CLIENTS, { all: true });
  const codes = useList(ENROLMENTS, { all: true });
  const [making, make] = useState(false);
  const [leaving, leave] = useState<Client | null>(null);
  const live = useMemo(
    () => clients.items.filter(({ revoked_at }) => revoked_at === null),
    [clients.items],
  );
  const open = useMemo(() => codes.items.filter(({ state }) => state === "open"), [codes.items]);
  const toast = useToast();
  const revoke = useAct("post", `${CLIENTS}/{client_id}:revoke`, { renews: [CLIENTS] });
  const clientColumns = useClientColumns();
  const codeColumns = useCodeColumns();
  return (
    <>
      <Panel
        title={t("client.title")}
        flush
        tools={
          <Button icon="plus" onPress={() => make(true)}>
            {t("code.make")}
          </Button>
        }
      >
        <DataTable<Client>
          name="clients"
          label={t("client.title")}
          columns={clientColumns}
          rows={live}
          rowKey={({ client_id }) => client_id}
          state={clients.state}
          failed={{ code: clients.problem?.code ?? "UNREACHABLE", onAgain: clients.again }}
          empty={t("client.empty")}
          details={(client) => (
            <div className="account-details">
              <Button kind="danger" onPress={() => leave(client)}>
                {t("client.revoke")}
              </Button>
            </div>
          )}
          height={Math.min(360, 150 + live.length * 36)}
          bare
        />
      </Panel>
      <Panel title={t("code.title")} flush>
        <DataTable<Enrolment>
          name="codes"
          label={t("code.title")}
          columns={codeColumns}
          rows={open}
          rowKey={({ enrolment_id }) => enrolment_id}
          state={codes.state}
          failed={{ code: codes.problem?.code ?? "UNREACHABLE", onAgain: codes.again }}
          empty={t("code.empty")}
          details={(code) => <RevokeCode code={code} />}
          height={Math.min(300, 150 + open.length * 36)}
          bare
        />
      </Panel>
      {making && <MakeCode onClose={() => make(false)} />}
      {leaving && (
        <ConfirmAct
          open
          title={t("client.revoke")}
          consequence={<p>{t("client.revoke_text", { id: leaving.client_id })}</p>}
          act={t("client.revoke")}
          reason="none"
          busy={revoke.busy}
          problem={revoke.problem}
          onClose={() => leave(null)}
          onConfirm={() =>
            void revoke.act({ params: { client_id: leaving.client_id } }).then(({ ok }) => {
              if (!ok) return;
              leave(null);
              toast(t("client.revoked"));
            })
          }
        />
      )}
    </>
  );
}

const ROLES = ["participant", "device"] as const;

function useRole(): (role: string) => string {
  const { t } = useTexts();
  return useMemo(() => (role) => (role === "device" ? t("role.device") : t("client.program")), [t]);
}

function useClientColumns(): readonly Column<Client>[] {
  const { t } = useTexts();
  const roleOf = useRole();
  return useMemo<Column<Client>[]>(
    () => [
      {
        ...{ key: "id", title: t("client.id"), kind: "text", width: 220, card: "title" },
        value: ({ client_id }) => client_id,
        cell: ({ client_id }) => <Id value={client_id} letters={24} />,
      },
      {
        ...{ key: "role", title: t("client.for"), kind: "text", width: 160 },
        value: ({ role }) => role,
        cell: ({ role }) => roleOf(role),
      },
      {
        ...{ key: "unit", title: t("client.unit"), kind: "text", width: 160 },
        value: ({ unit_id }) => unit_id,
      },
      {
        ...{ key: "made", title: t("client.made"), kind: "time", width: 200 },
        value: ({ created_at }) => created_at,
        cell: ({ created_at }) => <Time at={created_at} day />,
      },
    ],
    [t, roleOf],
  );
}

function useCodeColumns(): readonly Column<Enrolment>[] {
  const { t } = useTexts();
  const roleOf = useRole();
  return useMemo<Column<Enrolment>[]>(
    () => [
      {
        ...{ key: "role", title: t("client.for"), kind: "text", width: 180, card: "title" },
        value: ({ role }) => role,
        cell: ({ role }) => roleOf(role),
      },
      {
        ...{ key: "unit", title: t("client.unit"), kind: "text", width: 160 },
        value: ({ unit_id }) => unit_id,
      },
      {
        ...{ key: "until", title: t("code.until"), kind: "time", width: 200 },
        value: ({ expires_at }) => expires_at,
        cell: ({ expires_at }) => <Time at={expires_at} day />,
      },
    ],
    [t, roleOf],
  );
}

function RevokeCode({ code }: { code: Enrolment }) {
  const { t } = useTexts();
  const toast = useToast();
  const revoke = useAct("post", `${ENROLMENTS}/{enrolment_id}:revoke`, { renews: [ENROLMENTS] });
  return (
    <div className="account-details">
      <Button
        isDisabled={revoke.busy}
        onPress={() =>
          void revoke
            .act({ params: { enrolment_id: code.enrolment_id } })
            .then(({ ok }) =>
              toast(t(ok ? "code.revoked" : "code.not_revoked"), ok ? "good" : "bad"),
            )
        }
      >
        {t("code.revoke")}
      </Button>
    </div>
  );
}

function MakeCode({ onClose }: { onClose(): void }) {
  const { t } = useTexts();
  const { session } = useSession();
  const units = useList("/v1/markets/{market}/units", { all: true });
  const [role, setRole] = useState<string>("device");
  const [unit, setUnit] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const make = useAct("post", ENROLMENTS, { renews: [ENROLMENTS] });
  const submit = async () => {
    if (made !== null) return onClose();
    const answer = await make.act({
      body:
        role === "device"
          ? { role: "device", unit_id: unit }
          : { role: "participant", participant_id: session?.participant_id ?? null },
    });
    if (answer.ok) setMade(answer.value.code ?? "");
  };
  return (
    <ConfirmAct
      open
      title={t("code.make")}
      danger={false}
      consequence={
        made === null ? (
          <p>{t("code.text")}</p>
        ) : (
          <div className="account-secret">
            <State tone="warning">{t("code.once")}</State>
            <code>{made}</code>
          </div>
        )
      }
      act={made === null ? t("code.make") : t("code.noted")}
      reason="none"
      busy={make.busy}
      problem={make.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      {made === null && (
        <RadioCards
          pointer="/role"
          label={t("client.for")}
          value={role}
          onChange={setRole}
          cards={ROLES.map((each) => ({
            value: each,
            text: each === "device" ? t("role.device") : t("client.program"),
            note: t(`code.role_${each}`),
          }))}
        />
      )}
      {made === null && role === "device" && (
        <ChoiceField
          pointer="/unit_id"
          label={t("client.unit")}
          value={unit}
          onChange={setUnit}
          options={units.items.map((each) => {
            const { unit_id } = each as { unit_id: string };
            return { value: unit_id, text: unit_id };
          })}
        />
      )}
    </ConfirmAct>
  );
}
