// One's devices and meters: how each stands, what it does, what it may do, and what was read.
//
// The one idea: what needs somebody stands first and says so; the rest is looked up.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { Icon } from "../../../parts/icons";
import { Facts, Gauge, type Fact } from "../../../parts/frame/Figures";
import { Page, Panels, Toolbar } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Failed, Loading, Stale } from "../../../parts/state/states";
import { Energy, Power } from "../../../parts/text/Quantity";
import { Badge, Code, State, type Tone } from "../../../parts/text/State";
import { Ago, Interval, Time } from "../../../parts/text/When";
import { useClock, useLive } from "../../../shell/live";
import { useList } from "../../../wire/queries";
import { DEVICES, useUnitNews, type Device } from "../own";
import { byNeed, fullPercent, standing, type Standing } from "./devices";
import { InService, OutOfService } from "./Outage";
import { Readings } from "./Readings";
import { useTexts, type Say } from "./texts";
import "./devices.css";

const AGAIN_MS = 30_000;

const TONES: Record<Standing, Tone> = {
  ...{ alarm: "bad", silent: "warning", disconnected: "warning" },
  ...{ outage: "unknown", limited: "warning", well: "good" },
};

export default function Devices() {
  const { t } = useTexts();
  const nowMs = useClock()?.nowMs ?? null;
  const devices = useList(DEVICES, { all: true, pageItems: 100, everyMs: AGAIN_MS });
  const [shown, show] = useState<string | null>(null);
  useUnitNews(
    devices.items.map(({ unit_id }) => unit_id),
    DEVICES,
  );
  const { live, sinceMs } = useLive();
  const sorted = useMemo(
    () => (nowMs === null ? [] : byNeed(devices.items, nowMs)),
    [devices.items, nowMs],
  );
  const chosen = sorted.find(({ unit_id }) => unit_id === shown) ?? sorted[0];
  return (
    <Page title={t("title")} description={t("description")}>
      {devices.state === "failed" && devices.problem ? (
        <Failed {...devices.problem} onAgain={devices.again} />
      ) : devices.state === "loading" || nowMs === null ? (
        <Loading shape="tiles" rows={3} />
      ) : chosen === undefined ? (
        <Empty title={t("none_title")}>{t("none")}</Empty>
      ) : (
        <>
          <Stale stale={!live} since={sinceMs}>
            <Panels least={330}>
              {sorted.map((device) => (
                <OneDevice
                  key={device.unit_id}
                  {...{ device, nowMs }}
                  shown={device === chosen}
                  onShow={() => show(device.unit_id)}
                />
              ))}
            </Panels>
          </Stale>
          <Readings key={chosen.unit_id} device={chosen} nowMs={nowMs} />
        </>
      )}
    </Page>
  );
}

interface OneProps {
  device: Device;
  nowMs: number;
  shown: boolean;
  onShow(): void;
}

type Key = Parameters<Say>[0];

/** The word of a kind of device, also of one that this page does not know yet. */
const kindOf = (t: Say, code: string): string =>
  t(`unit_kind.${code}` as Key, { defaultValue: "" }) || t("word.unknown", { code });

const stateOf = (t: Say, code: string): string =>
  t(`unit_state.${code}` as Key, { defaultValue: "" }) || t("word.unknown", { code });

function OneDevice({ device, nowMs, shown, onShow }: OneProps) {
  const { t, format } = useTexts();
  const [act, setAct] = useState<"out" | "in" | null>(null);
  const stands = standing(device, nowMs);
  const full = fullPercent(device);
  const kind = kindOf(t, device.kind);
  return (
    <Panel
      title={kind}
      note={device.unit_id}
      tone={stands === "alarm" ? "bad" : stands === "silent" ? "warning" : "plain"}
      tools={<Badge tone={TONES[stands]}>{t(`standing.${stands}`)}</Badge>}
    >
      {device.alarms.map((alarm) => (
        <p key={alarm.alarm_id} className="device-alarm">
          <Icon name="warning" size={15} /> <Code family="alarm" code={alarm.kind} /> {t("since")}{" "}
          <Time at={alarm.raised_at} day />
        </p>
      ))}
      {device.outage !== null && (
        <p className="device-outage">
          <Icon name="stopped" size={13} />{" "}
          {t("outage.told", {
            from: format.stamp(device.outage.from),
            until: format.stamp(device.outage.until),
            reason: device.outage.reason,
          })}
        </p>
      )}
      {full !== null && (
        <Gauge label={t("full")} percent={full}>
          <Energy kwh={device.report?.state_of_charge_kwh ?? device.reading?.state_of_charge_kwh} />{" "}
          {t("of")} <Energy kwh={device.storage?.capacity_kwh} />
        </Gauge>
      )}
      <Facts facts={factsOf(device, nowMs, t)} />
      <Toolbar label={t("acts", { unit: device.unit_id })}>
        <Button icon={shown ? "good" : "chart"} aria-pressed={shown} onPress={onShow}>
          {t("readings.show")}
        </Button>
        {device.outage === null ? (
          <Button icon="stopped" onPress={() => setAct("out")}>
            {t("outage.report")}
          </Button>
        ) : (
          <Button icon="active" onPress={() => setAct("in")}>
            {t("outage.end")}
          </Button>
        )}
      </Toolbar>
      <OutOfService
        open={act === "out"}
        {...{ device, kind, nowMs }}
        onClose={() => setAct(null)}
      />
      <InService open={act === "in"} {...{ device, kind }} onClose={() => setAct(null)} />
    </Panel>
  );
}

function factsOf(device: Device, nowMs: number, t: Say): Fact[] {
  const { reading, report, setpoint } = device;
  const limit = device.limits.find(({ reason }) => reason !== "");
  return [
    {
      label: t("reading"),
      value:
        reading === null ? (
          <State tone="warning">{t("no_reading")}</State>
        ) : (
          <>
            {t("took")} <Energy kwh={reading.consumption_kwh} /> · {t("gave")}{" "}
            <Energy kwh={reading.generation_kwh} />
          </>
        ),
      note: reading && (
        <>
          <Interval start={reading.start} end={reading.end} day />,{" "}
          <Ago at={reading.end} now={nowMs} />
          {reading.substituted && ` · ${t("substituted")}`}
          {reading.doubt !== null && ` · ${t("doubtful")}`}
        </>
      ),
    },
    ...(report === null
      ? []
      : [
          {
            label: t("says"),
            value: stateOf(t, report.state),
            note: report.power_kw !== null && <Power kw={report.power_kw} />,
          },
        ]),
    ...(device.controllable
      ? [
          {
            label: t("setpoint"),
            value: setpoint === null ? t("no_setpoint") : <Power kw={setpoint.target_kw} />,
            note: setpoint && <Interval start={setpoint.start} end={setpoint.until} />,
          },
        ]
      : []),
    {
      label: t("rated"),
      value: (
        <>
          {t("take")} <Power kw={device.withdrawal_max_kw} /> · {t("give")}{" "}
          <Power kw={device.injection_max_kw} />
        </>
      ),
      ...(limit === undefined
        ? {}
        : {
            note: (
              <State tone="warning">
                {t("limited")} {t("take")} <Power kw={limit.withdrawal_max_kw} /> · {t("give")}{" "}
                <Power kw={limit.injection_max_kw} /> {t("until")} <Time at={limit.until} day />
              </State>
            ),
          }),
    },
  ];
}
