// The few fields of sign-in: they are needed before anything else is loaded.

import { useId, type ComponentProps, type ReactNode } from "react";
import { useSpeech } from "../language/Speak";
import { word } from "../language/words";
import { faultsByField, type Problem } from "../wire/client";

interface FieldProps extends Omit<ComponentProps<"input">, "onChange" | "value"> {
  label: string;
  value: string;
  change(value: string): void;
  hint?: string;
  /** Why this field was refused. */
  fault?: string | undefined;
}

export function Field({ label, value, change, hint, fault, ...rest }: FieldProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={value}
        onChange={(event) => change(event.target.value)}
        aria-invalid={fault !== undefined}
        aria-describedby={about === "" ? undefined : about}
        required
        {...rest}
      />
      {hint && (
        <span id={`${id}-hint`} className="muted">
          {hint}
        </span>
      )}
      {fault && (
        <span id={`${id}-fault`} className="fault">
          {fault}
        </span>
      )}
    </div>
  );
}

/** The six digits of the authenticator. */
export function CodeField(props: Omit<FieldProps, "label"> & { label?: string }) {
  const { t } = useSpeech();
  return (
    <Field
      label={t("sign_in.code")}
      hint={t("sign_in.code_hint")}
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="[0-9]{6}"
      maxLength={6}
      {...props}
    />
  );
}

/** What was refused, over the form; what belongs to a field stands beside it. */
export function Refusal({ problem, children }: { problem: Problem | null; children?: ReactNode }) {
  const { t } = useSpeech();
  if (problem === null && !children) return null;
  return (
    <p className="refusal" role="alert">
      {children ?? word(t, "refusal", problem?.code ?? "")}
      {problem?.waitS != null && ` ${t("sign_in.wait", { seconds: problem.waitS })}`}
    </p>
  );
}

/** The words of the fault at a field. */
export function useFaults(problem: Problem | null): (pointer: string) => string | undefined {
  const { t } = useSpeech();
  const faults = problem === null ? null : faultsByField(problem);
  return (pointer) => {
    const fault = faults?.get(pointer);
    return fault && word(t, "refusal", fault.code);
  };
}
