// Fields of forms. Each is controlled: what was typed is its maker's, and stays after a refusal.

import { useState, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import type { Option } from "../filter/Filters";
import { Field, useField } from "./Form";
import { faultOf, readDecimal, type Bounds } from "./read";

export interface FieldOf<Value> {
  /** Where it stands in the request: `/price_per_mwh`. */
  pointer: string;
  label: string;
  note?: ReactNode;
  value: Value;
  onChange(value: Value): void;
  optional?: boolean;
  disabled?: boolean;
}

interface TextProps extends FieldOf<string> {
  type?: "text" | "email" | "password" | "tel";
  autoComplete?: string;
  /** Characters at most. */
  most?: number;
  /** What its maker finds wrong with it. */
  fault?: string | null;
}

export function TextField(props: TextProps) {
  const { pointer, label, value, onChange, optional, type = "text", autoComplete, most } = props;
  const { t } = useSpeech();
  const missing = !optional && value.trim() === "" ? t("form.missing") : null;
  const field = useField(pointer, label, missing ?? props.fault ?? null);
  return (
    <Field {...props} {...field}>
      <input
        {...field.input}
        className="p-input"
        type={type}
        value={value}
        disabled={props.disabled}
        required={!optional}
        autoComplete={autoComplete ?? "off"}
        maxLength={most}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

interface ReasonProps extends FieldOf<string> {
  /** Characters at least: a reason is read by somebody. */
  least?: number;
  most?: number;
}

export function ReasonField(props: ReasonProps) {
  const { pointer, label, value, onChange, optional, least = 3, most = 500 } = props;
  const { t } = useSpeech();
  const length = [...value.trim()].length;
  const few = least > 1 ? t("form.reason_short", { count: least }) : t("form.missing");
  const short = !optional && length < least ? few : null;
  const field = useField(pointer, label, short);
  return (
    <Field {...field} {...props} id={field.id}>
      <textarea
        {...field.input}
        className="p-input"
        rows={3}
        value={value}
        maxLength={most}
        required={!optional}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="p-field-count">{t("form.count", { count: [...value].length, most })}</span>
    </Field>
  );
}

interface DecimalProps extends FieldOf<string>, Bounds {
  unit: string;
}

/**
 * A number with its unit as a decimal string: energy, price, money. What is typed is kept as it was
 * typed; `value` is the exact decimal, or empty as long as it is none.
 */
export function DecimalField(props: DecimalProps) {
  const { pointer, label, value, onChange, optional, unit, min, max, step } = props;
  const { t, format } = useSpeech();
  const [typed, setTyped] = useState(value);
  const read = readDecimal(typed, format.tag);
  // The value was set from elsewhere: a form that is emptied, an order that is taken over.
  if ((read ?? "") !== value && !(read === null && value === "" && typed !== "")) {
    if (valueOf(typed, format.tag) !== value) setTyped(value);
  }
  const bounds = { min, max, step };
  const kind = typed.trim() === "" ? null : read === null ? "number" : faultOf(read, bounds);
  const fault =
    typed.trim() === ""
      ? optional
        ? null
        : t("form.missing")
      : kind && t(`form.fault_${kind}`, { min: say(min), max: say(max), step: say(step), unit });
  function say(bound: string | undefined) {
    return format.exact(bound);
  }
  const field = useField(pointer, label, fault);
  return (
    <Field {...field} {...props} id={field.id} fault={field.fault}>
      <span className="p-input-unit">
        <input
          {...field.input}
          className="p-input p-input-number"
          inputMode="decimal"
          autoComplete="off"
          value={typed}
          disabled={props.disabled}
          required={!optional}
          onChange={(event) => {
            setTyped(event.target.value);
            onChange(valueOf(event.target.value, format.tag));
          }}
        />
        <span className="p-input-suffix" aria-hidden="true">
          {unit}
        </span>
        <span className="unseen">{unit}</span>
      </span>
    </Field>
  );
}

const valueOf = (typed: string, tag: string) => readDecimal(typed, tag) ?? "";

interface ChoiceProps extends FieldOf<string> {
  options: readonly Option[];
}

export function ChoiceField(props: ChoiceProps) {
  const { pointer, label, value, onChange, optional, options } = props;
  const { t } = useSpeech();
  const field = useField(pointer, label, !optional && value === "" ? t("form.missing") : null);
  return (
    <Field {...field} {...props} id={field.id}>
      <select
        {...field.input}
        className="p-input"
        value={value}
        disabled={props.disabled}
        required={!optional}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{optional ? t("form.none") : t("form.choose")}</option>
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.text}
          </option>
        ))}
      </select>
    </Field>
  );
}

export interface Card extends Option {
  /** What choosing it means. */
  note?: ReactNode;
}

interface CardsProps extends FieldOf<string> {
  cards: readonly Card[];
}

export function RadioCards(props: CardsProps) {
  const { pointer, label, note, value, onChange, optional, cards } = props;
  const { t } = useSpeech();
  const field = useField(pointer, label, !optional && value === "" ? t("form.missing") : null);
  return (
    <fieldset
      className="p-cards"
      id={field.id}
      tabIndex={-1}
      aria-invalid={field.fault !== null || undefined}
      aria-describedby={field.input["aria-describedby"]}
    >
      <legend>{label}</legend>
      <span className="p-field-note" id={`${field.id}-note`}>
        {note}
      </span>
      <div className="p-cards-row">
        {cards.map((card) => (
          <label key={card.value} className="p-choice-card" data-chosen={card.value === value}>
            <input
              type="radio"
              name={field.id}
              value={card.value}
              checked={card.value === value}
              onChange={() => onChange(card.value)}
            />
            <span>
              <b>{card.text}</b>
              {card.note !== undefined && <small>{card.note}</small>}
            </span>
          </label>
        ))}
      </div>
      {field.fault !== null && (
        <span className="p-field-fault" id={`${field.id}-fault`}>
          {field.fault}
        </span>
      )}
    </fieldset>
  );
}

export function SwitchField({ pointer, label, note, value, onChange, disabled }: FieldOf<boolean>) {
  const field = useField(pointer, label, null);
  return (
    <div className="p-field">
      <label className="p-switch">
        <input
          {...field.input}
          type="checkbox"
          role="switch"
          checked={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span className="p-switch-track" aria-hidden="true" />
        {label}
      </label>
      <span className="p-field-note" id={`${field.id}-note`}>
        {note}
      </span>
      {field.fault !== null && (
        <span className="p-field-fault" id={`${field.id}-fault`}>
          {field.fault}
        </span>
      )}
    </div>
  );
}
