// One alert: what it is, in a sentence with its numbers, whether it is read, and where it leads.

import { Link } from "react-router";
import { word } from "../../../language/words";
import { Button } from "../../../parts/Button";
import { Badge } from "../../../parts/text/State";
import { Ago, Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { SCREENS } from "../../navigation";
import { TONES, messageOf, told, wayOf, type Alert } from "./alerts";
import { useTexts } from "./texts";

interface Props {
  alert: Alert;
  now: number | null;
  onRead(): void;
}

export function AlertRow({ alert, now, onRead }: Props) {
  const { t } = useTexts();
  const { title, text } = useSaid(alert);
  const way = wayOf(alert);
  const open = way !== null && SCREENS.some(({ id }) => id === way.screen);
  const unread = alert.read_at === null;
  return (
    <li className="alert" data-unread={unread}>
      <span className="alert-marks">
        <Badge tone={TONES[alert.severity]}>{word(t, "alert_kind", alert.kind)}</Badge>
        {unread && <b className="alert-new">{t("new")}</b>}
      </span>
      <div className="alert-words">
        <p className="alert-title">{title}</p>
        {text !== null && <p className="alert-text">{text}</p>}
        <small>
          <Time at={alert.at} />
          {now !== null && (
            <>
              {" · "}
              <Ago at={alert.at} now={now} />
            </>
          )}
        </small>
      </div>
      <span className="alert-acts">
        {unread && (
          <Button kind="quiet" icon="good" onPress={onRead}>
            {t("read")}
          </Button>
        )}
        {open && (
          <Link
            className="p-button p-button-plain"
            to={way.to}
            onClick={unread ? onRead : undefined}
          >
            {t(`way.${alert.kind as Exclude<Alert["kind"], "message">}`)}
          </Link>
        )}
      </span>
    </li>
  );
}

/** Title and sentence of an alert; alarms have words of their own. */
function useSaid(alert: Alert): { title: string; text: string | null } {
  const { t, format, language } = useTexts();
  const { currency } = useMarket();
  const { code } = alert;
  const say = (name: string) => told(alert, name);
  const money = (name: string) => format.money(say(name), currency);
  const day = (name: string) => {
    const found = say(name);
    return found === null ? "–" : format.day(`${found}T12:00:00Z`);
  };
  const month = () => format.month(`${say("month") ?? ""}-15T12:00:00Z`);
  if (code === "MESSAGE") {
    const message = messageOf(alert, language);
    return { title: message?.title ?? word(t, "alert", code), text: message?.text ?? null };
  }
  if (alert.kind === "alarm" || (alert.kind === "device_offline" && code !== "METER_SILENT")) {
    const state = say("state");
    const stands = state === "open" || state === "acknowledged" || state === "closed";
    return {
      title: word(t, "alarm", code.toLowerCase()),
      text: t("said.alarm", {
        unit: alert.link.unit_id ?? "–",
        state: stands ? t(`alarm_state.${state}`) : "–",
      }),
    };
  }
  const title = word(t, "alert", code);
  switch (code) {
    case "METER_SILENT": {
      const since = say("since");
      const unit = alert.link.unit_id ?? "–";
      return {
        title,
        text:
          since === null
            ? t("said.never_spoke", { unit })
            : t("said.silent", { unit, since: format.stamp(since) }),
      };
    }
    case "USE_ABOVE_USUAL":
      return {
        title,
        text: t("said.use", {
          day: day("day"),
          used: format.exact(say("used_kwh")),
          usual: format.exact(say("usual_kwh")),
        }),
      };
    case "PRICE_ABOVE":
    case "PRICE_BELOW":
      return {
        title,
        text: t(code === "PRICE_ABOVE" ? "said.price_above" : "said.price_below", {
          span: format.interval(say("start") ?? alert.at, say("end")),
          price: format.price(say("price_per_mwh")),
          unit: t("unit.price", { currency }),
        }),
      };
    case "BILL_ISSUED":
      return { title, text: t("said.bill", { month: month(), amount: money("total_amount") }) };
    case "BILL_DUE":
    case "BILL_OVERDUE":
      return {
        title,
        text: t("said.bill_due", {
          month: month(),
          amount: money("open_amount"),
          day: day("due_day"),
        }),
      };
    default:
      return {
        title,
        text:
          caseText() === ""
            ? aboutCase()
            : t("said.case", { subject: aboutCase(), text: caseText() }),
      };
  }
  function aboutCase(): string {
    return say("subject") ?? word(t, "case_kind", say("kind") ?? "");
  }
  function caseText(): string {
    const text = say("text") ?? "";
    return code === "CASE_MISSED" ? word(t, "case_target", text) : text;
  }
}
