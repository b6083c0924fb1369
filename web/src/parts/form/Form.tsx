// A form: keeps what was typed, and explains each refusal where it belongs.
//
// The one idea: fields say under which pointer of the request they stand (`/price_per_mwh`). What the
// server or a field itself finds wrong is shown at the field and in the summary, which gets the focus.

import {
  createContext,
  use,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type FormEvent,
  type ReactNode,
} from "react";
import { useSpeech } from "../../language/Speak";
import { word } from "../../language/words";
import { Button } from "../Button";
import { Icon } from "../icons";
import { afterPress } from "./press";
import "./form.css";

export interface RefusedField {
  /** JSON pointer into the request; empty: the request as a whole. */
  pointer: string;
  code: string;
  /** The server's own sentence; only the figures at its end are taken: `…: max 5.000, available 1`. */
  detail?: string;
}

/** A refusal as `wire/client` answers it, as far as a form needs it. */
export interface Problem {
  code: string;
  /** Everything that was wrong with the request; empty where the code says it all. */
  faults?: readonly RefusedField[];
  traceId?: string | null;
}

interface Known {
  id: string;
  label: string;
  fault: string | null;
}

interface FormState {
  /** What the server said of a pointer, in the person's language. */
  refused(pointer: string): string | null;
  /** Whether the fields tell their own faults: after the first try to send. */
  telling: boolean;
  tell(pointer: string, field: Known | null): void;
}

const FormContext = createContext<FormState | null>(null);

interface FormProps {
  label: string;
  /** The last answer, where it was a no. */
  problem: Problem | null;
  busy?: boolean;
  submit: string;
  danger?: boolean;
  onSubmit(): void;
  onCancel?: () => void;
  children: ReactNode;
}

/** `kWh` of `/orders/3/energy_kwh` belongs to the field of `/orders/3`, if none is nearer. */
const covers = (field: string, pointer: string) =>
  pointer === field || pointer.startsWith(`${field}/`);

export function Form(props: FormProps) {
  const { label, problem, busy = false, submit, danger, onSubmit, onCancel, children } = props;
  const { t } = useSpeech();
  const [fields, setFields] = useState<Readonly<Record<string, Known>>>({});
  const [tries, setTries] = useState(0);
  const summary = useRef<HTMLDivElement>(null);
  const refusals = useRefusals(problem);

  const tell = useCallback((pointer: string, field: Known | null) => {
    setFields((before) => {
      const { [pointer]: _gone, ...rest } = before;
      return field ? { ...rest, [pointer]: field } : rest;
    });
  }, []);
  const state = useMemo<FormState>(
    () => ({
      tell,
      telling: tries > 0,
      refused: (pointer) =>
        refusals
          .filter((each) => each.pointer !== "" && covers(pointer, each.pointer))
          .map((each) => each.text)
          .join(" ") || null,
    }),
    [tell, tries, refusals],
  );
  const own = Object.values(fields).filter((each) => each.fault !== null);
  const told = tries > 0 ? own.map(({ id, label, fault }) => ({ id, label, text: fault })) : [];
  const said = refusals.map(({ pointer, text }) => {
    const [, field] = Object.entries(fields).find(([each]) => covers(each, pointer)) ?? [];
    return { id: field?.id ?? null, label: field?.label ?? null, text };
  });
  const faults = told.length > 0 ? told : said;

  // The news is where one is: the summary takes the focus when an answer or a try brings faults.
  useEffect(() => {
    if (problem !== null) summary.current?.focus();
  }, [problem]);
  useEffect(() => {
    if (tries > 0) summary.current?.focus();
  }, [tries]);

  const send = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (own.length > 0) setTries(tries + 1);
    else {
      setTries(0);
      onSubmit();
    }
  };
  return (
    <form className="p-form" aria-label={label} noValidate onSubmit={send}>
      {faults.length > 0 && (
        <div className="p-form-summary" role="alert" tabIndex={-1} ref={summary}>
          <Icon name="bad" size={18} />
          <div>
            <p className="p-form-summary-title">{t("form.refused", { count: faults.length })}</p>
            <ul>
              {faults.map((each, index) => (
                <li key={index}>
                  {each.id === null ? (
                    each.text
                  ) : (
                    <>
                      <a href={`#${each.id}`} onClick={(event) => focusOn(event, each.id)}>
                        {each.label}
                      </a>
                      : {each.text}
                    </>
                  )}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <FormContext value={state}>{children}</FormContext>
      <div className="p-form-foot">
        <Button type="submit" kind={danger ? "danger" : "main"} isDisabled={busy}>
          {busy ? t("form.sending") : submit}
        </Button>
        {onCancel && (
          <Button kind="quiet" onPress={onCancel}>
            {t("form.cancel")}
          </Button>
        )}
      </div>
    </form>
  );
}

function focusOn(event: { preventDefault(): void }, id: string | null): void {
  event.preventDefault();
  if (id !== null) document.getElementById(id)?.focus();
}

/** What was refused, in the person's language. */
function useRefusals(problem: Problem | null) {
  const { t, format } = useSpeech();
  return useMemo(() => {
    if (problem === null) return [];
    const faults = problem.faults?.length ? problem.faults : [{ pointer: "", code: problem.code }];
    return faults.map(({ pointer, code, detail = "" }: RefusedField) => {
      const told = figuresOf(detail);
      const figures = FIGURES.flatMap((name) => {
        const value = told.get(name);
        return value === undefined ? [] : [t(`figure.${name}`, { value: format.exact(value) })];
      });
      const [, line, column = ""] = /^\/lines\/(\d+)(?:\/(\w+))?/.exec(pointer) ?? [];
      const refusal = word(t, "refusal", code);
      const text = line === undefined ? refusal : t("form.line", { line, column, refusal });
      if (figures.length === 0) return { pointer, text };
      const values = { refusal: text, figures: figures.join(", ") };
      return { pointer, text: t("form.with_figures", values) };
    });
  }, [problem, t, format]);
}

/** Figures of refusals that have a word. */
const FIGURES = [
  ...(["max", "available", "needed", "energy_kwh_max", "value_max"] as const),
  ...(["power_kw_min", "power_kw_max", "open_orders_max", "capacity_kwh"] as const),
  ...(["energy_kwh_min", "price_per_mwh_min", "price_per_mwh_max"] as const),
] as const;

/** The figures that a refusal's sentence ends with, by their names on the wire. */
export function figuresOf(detail: string): Map<string, string> {
  const [, figures = ""] = /: (.*)$/.exec(detail) ?? [];
  const pairs = [...figures.matchAll(/([a-z_]+) (-?\d+(?:\.\d+)?)(?=,|$)/g)];
  return new Map(pairs.map(([, name = "", value = ""]) => [name, value]));
}

/** For a field: its id, its fault, and what the input needs to tell both. */
export function useField(pointer: string, label: string, ownFault: string | null) {
  const form = use(FormContext);
  const id = useId();
  const [left, leave] = useState(false);
  const tell = form?.tell;
  useEffect(() => {
    tell?.(pointer, { id, label, fault: ownFault });
    return () => tell?.(pointer, null);
  }, [tell, pointer, id, label, ownFault]);
  const own = left || form?.telling ? ownFault : null;
  const fault = own ?? form?.refused(pointer) ?? null;
  return {
    id,
    fault,
    input: {
      id,
      "aria-invalid": fault !== null || undefined,
      "aria-describedby": `${id}-note${fault === null ? "" : ` ${id}-fault`}`,
      onBlur: () => afterPress(() => leave(true)),
    },
  };
}

interface FieldProps {
  id: string;
  label: string;
  /** What belongs here, beneath the label. */
  note?: ReactNode;
  fault: string | null;
  optional?: boolean;
  children: ReactNode;
}

/** Label, input, note and fault of a field. */
export function Field({ id, label, note, fault, optional, children }: FieldProps) {
  const { t } = useSpeech();
  return (
    <div className="p-field" data-fault={fault !== null || undefined}>
      <label htmlFor={id} id={`${id}-label`}>
        {label}
        {optional && <span className="p-field-optional"> {t("form.optional")}</span>}
      </label>
      <span className="p-field-note" id={`${id}-note`}>
        {note}
      </span>
      {children}
      {fault !== null && (
        <span className="p-field-fault" id={`${id}-fault`}>
          <Icon name="bad" size={13} /> {fault}
        </span>
      )}
    </div>
  );
}
