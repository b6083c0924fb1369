// A bank's statement by file: taken as a whole, or not at all with its faults by their lines.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { FileField } from "../../../parts/form/FileField";
import type { AnswerOf, Problem } from "../../../wire/client";
import { useDesk } from "../../../wire/desk";
import { useRenew } from "../../../wire/queries";
import { MONEY } from "./money";
import { useTexts } from "./texts";

const PATH = "/v1/markets/{market}/payments:file";
/** A statement of a quarter of a million rows takes its time. */
const PATIENCE_MS = 300_000;

export function TakeStatement({ currency, onClose }: { currency: string; onClose(): void }) {
  const { t, format } = useTexts();
  const desk = useDesk();
  const renew = useRenew();
  const toast = useToast();
  const [file, choose] = useState<File | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const take = async () => {
    if (file === null) return;
    setBusy(true);
    const answer = await desk.act<AnswerOf<"post", typeof PATH>>("post", PATH, {
      params: { market: desk.market },
      file: new Blob([file], { type: "text/csv" }),
      patienceMs: PATIENCE_MS,
    });
    setBusy(false);
    if (!answer.ok) {
      setProblem(answer.problem);
      return;
    }
    const { rows, repeated, matched, unmatched } = answer.value;
    const counts = {
      count: format.whole(rows),
      known: format.whole(repeated),
      matched: format.whole(matched),
      open: format.whole(unmatched),
    };
    toast(t("statement.taken", counts), unmatched > 0 ? "warning" : "good");
    renew(...MONEY);
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("statement.take")}
      consequence={<p>{t("statement.consequence", { currency })}</p>}
      act={t("statement.act")}
      reason="none"
      danger={false}
      busy={busy}
      problem={problem}
      onConfirm={() => void take()}
      onClose={onClose}
    >
      <FileField
        label={t("statement.file")}
        note={t("statement.columns")}
        accept=".csv,text/csv"
        value={file}
        onChange={choose}
      />
    </ConfirmAct>
  );
}
