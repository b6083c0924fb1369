// Now, and after the second word: row by row, with what it is about above.

import type { ReactNode } from "react";
import { Icon } from "../../../parts/icons";
import { Money, Power } from "../../../parts/text/Quantity";
import { Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { mannerOf, type Entry, type Matter, type Side } from "./change";
import { useTexts, type Key } from "./texts";

interface Props {
  matter: Matter;
  label: string;
  /** The change alone. */
  brief?: boolean;
}

export function ChangeTable({ matter: { changes, facts }, label, brief = false }: Props) {
  const { t } = useTexts();
  return (
    <>
      {!brief && facts.length > 0 && (
        <dl className="ap-facts">
          {facts.map(({ field, value }) => (
            <div key={field}>
              <dt>{t(`field.${field}` as Key)}</dt>
              <dd>
                <Shown field={field} side={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <table className="ap-change" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">{t("change.what")}</span>
            </th>
            <th scope="col">{t("change.now")}</th>
            <th scope="col">{t("change.after")}</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ field, before, after }) => (
            <tr key={field}>
              <th scope="row">{t(`field.${field}` as Key)}</th>
              <td>
                <Shown field={field} side={before} />
              </td>
              <td className="ap-after">
                <div>
                  <Icon name="open" size={12} />
                  <span>
                    <Shown field={field} side={after} />
                  </span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Shown({ field, side }: { field: string; side: Side }): ReactNode {
  const { t } = useTexts();
  const { currency } = useMarket();
  if (side === null) return <span className="ap-none">{t("change.nothing")}</span>;
  if (typeof side === "boolean") return t(side ? "change.yes" : "change.no");
  if (typeof side !== "string") return <Entries field={field} entries={side} />;
  switch (mannerOf(field)) {
    case "money":
      return <Money amount={side} currency={currency} places={8} />;
    case "power":
      return <Power kw={side} />;
    case "moment":
      return <Time at={side} day seconds />;
    case "code":
      return t(`value.${side}` as Key);
    default:
      return side;
  }
}

/** Limits that hold, or lines of a bill. */
function Entries({ field, entries }: { field: string; entries: readonly Entry[] }) {
  const { t } = useTexts();
  if (entries.length === 0) return <span className="ap-none">{t("change.nothing")}</span>;
  return (
    <ul className="ap-entries">
      {entries.map((entry, index) => (
        <li key={index}>
          {field === "narrowings" ? <Narrowing {...{ entry }} /> : <Line {...{ entry }} />}
        </li>
      ))}
    </ul>
  );
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function Narrowing({ entry }: { entry: Entry }) {
  const { t } = useTexts();
  const [taken, given] = [text(entry.withdrawal_max_kw), text(entry.injection_max_kw)];
  const until = text(entry.until);
  return (
    <>
      <b>{t(`value.${text(entry.kind) ?? ""}` as Key)}</b>
      {taken !== null && (
        <>
          {" · "}
          {t("field.withdrawal_max_kw")} <Power kw={taken} />
        </>
      )}
      {given !== null && (
        <>
          {" · "}
          {t("field.injection_max_kw")} <Power kw={given} />
        </>
      )}
      {until !== null && (
        <>
          {" · "}
          {t("field.until")} <Time at={until} day />
        </>
      )}
      {text(entry.reason) !== null && <> · {text(entry.reason)}</>}
    </>
  );
}

function Line({ entry }: { entry: Entry }) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const kind = text(entry.kind);
  return (
    <>
      {kind === null ? t("change.whole_bill") : t(`bill_line.${kind}` as Key)}
      {": "}
      <Money amount={text(entry.amount)} currency={currency} places={8} />
    </>
  );
}
