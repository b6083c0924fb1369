// One line of the trail to be read: the command, its facts, its result, and its place in the chain.

import { Link } from "react-router";
import { Facts } from "../../../parts/frame/Figures";
import { Time } from "../../../parts/text/When";
import { State } from "../../../parts/text/State";
import { word } from "../../../language/words";
import { lastFact, RESULT_TONES, type Entry } from "./audit";
import { commandWord, factWord } from "./kinds";
import { useTexts } from "./texts";

export function EntryDetails({ entry }: { entry: Entry }) {
  const { t, format } = useTexts();
  const about = (id: string) => (
    <Link to={`/audit?object=${encodeURIComponent(id)}`}>
      <code>{id}</code>
    </Link>
  );
  const last = lastFact(entry);
  const facts = Object.entries(entry.events);
  const refusals = Object.entries(entry.codes);
  return (
    <div className="au-details">
      <div>
        <h3>{t("entry.command")}</h3>
        <Facts
          facts={[
            {
              label: t("column.kind"),
              value: commandWord(t, entry.kind),
              note: (
                <Link to={`/audit?kind=${encodeURIComponent(entry.kind)}`}>
                  <code>{entry.kind}</code>
                </Link>
              ),
            },
            {
              label: t("column.actor"),
              value:
                entry.actor === null ? (
                  t("timetable")
                ) : (
                  <Link to={`/audit?actor=${encodeURIComponent(entry.actor)}`}>
                    <code>{entry.actor}</code>
                  </Link>
                ),
            },
            ...(entry.participant_id === null
              ? []
              : [{ label: t("column.participant"), value: about(entry.participant_id) }]),
            ...(entry.placed_by === null
              ? []
              : [{ label: t("entry.placed_by"), value: about(entry.placed_by) }]),
            {
              label: t("column.at"),
              value: <Time at={entry.at} day seconds />,
              note: t("entry.rows", { count: format.whole(entry.rows) }),
            },
          ]}
        />
        <p className="au-note">{t("entry.sealed")}</p>
      </div>
      <div>
        <h3>{t("entry.result")}</h3>
        <p>
          <State tone={RESULT_TONES[entry.result]}>{t(`result.${entry.result}`)}</State>{" "}
          {t(`result_note.${entry.result}`)}
        </p>
        {refusals.length > 0 && (
          <ul>
            {refusals.map(([code, count]) => (
              <li key={code}>
                {t("entry.refused", {
                  count: format.whole(count),
                  why: word(t, "refusal", code),
                })}{" "}
                <code>{code}</code>
              </li>
            ))}
          </ul>
        )}
        <h3>{t("entry.facts")}</h3>
        {facts.length === 0 ? (
          <p>{t("entry.no_facts")}</p>
        ) : (
          <ul>
            {facts.map(([name, count]) => (
              <li key={name}>
                {factWord(t, name)} × {format.whole(count)} <code>{name}</code>
              </li>
            ))}
          </ul>
        )}
        {entry.first_event_seq !== null && (
          <p className="au-note">
            {t("entry.first", { seq: format.whole(entry.first_event_seq) })}
          </p>
        )}
        {last !== null && <Link to={`/audit?tab=books&fact=${last}`}>{t("entry.books")}</Link>}
      </div>
      <div>
        <h3>{t("entry.chain")}</h3>
        <Facts
          facts={[
            {
              label: t("column.batch"),
              value: format.whole(entry.batch),
              note: t("entry.epoch", { epoch: String(entry.epoch) }),
            },
            {
              label: t("entry.previous"),
              value: <code className="au-hash">{entry.previous_hash}</code>,
            },
            { label: t("column.hash"), value: <code className="au-hash">{entry.hash}</code> },
          ]}
        />
      </div>
    </div>
  );
}
