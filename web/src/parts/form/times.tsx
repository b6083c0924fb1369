// Days and moments in the market's zone.
//
// The one idea: a person says what the market's clock shows. In autumn it shows one hour twice, then
// which of the two is asked; in spring one hour never, which is a fault and said as such.

import { useState } from "react";
import { useSpeech } from "../../language/Speak";
import { instants, local, type Local } from "../../language/zone";
import type { FieldOf } from "./fields";
import { Field, useField } from "./Form";

interface DateProps extends FieldOf<string> {
  min?: string;
  max?: string;
}

/** A day, `2026-10-25`. */
export function DateField(props: DateProps) {
  const { pointer, label, value, onChange, optional, min, max } = props;
  const { t } = useSpeech();
  const field = useField(pointer, label, !optional && value === "" ? t("form.missing") : null);
  return (
    <Field {...field} {...props} id={field.id}>
      <input
        {...field.input}
        className="p-input"
        type="date"
        value={value}
        min={min}
        max={max}
        disabled={props.disabled}
        required={!optional}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

const TYPED = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/;

/** What an input of the kind `datetime-local` holds; null: not all of it yet. */
export function readLocal(typed: string): Local | null {
  const found = TYPED.exec(typed);
  if (!found) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = found.slice(1).map(Number);
  return { year, month, day, hour, minute, second: 0 };
}

/** The same the other way. */
export function writeLocal(ms: number, zone: string): string {
  const { year, month, day, hour, minute } = local(ms, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** A moment: ISO text in UTC, empty as long as it is none. */
export function MomentField(props: FieldOf<string>) {
  const { pointer, label, value, onChange, optional } = props;
  const { t, format } = useSpeech();
  const [typed, setTyped] = useState(() =>
    value === "" ? "" : writeLocal(Date.parse(value), format.zone),
  );
  const read = readLocal(typed);
  const found = read === null ? [] : instants(read, format.zone);
  const fault =
    read === null
      ? optional && typed === ""
        ? null
        : t("form.missing")
      : found.length === 0
        ? t("form.no_such_time")
        : found.length === 2 && value === ""
          ? t("form.which_hour")
          : null;
  const field = useField(pointer, label, fault);
  const iso = (ms: number) => new Date(ms).toISOString();
  return (
    <Field
      {...field}
      {...props}
      id={field.id}
      note={props.note ?? t("form.zone", { zone: format.zone })}
    >
      <input
        {...field.input}
        className="p-input"
        type="datetime-local"
        value={typed}
        disabled={props.disabled}
        required={!optional}
        onChange={(event) => {
          setTyped(event.target.value);
          const next = readLocal(event.target.value);
          const at = next === null ? [] : instants(next, format.zone);
          // Of two, none is taken unasked.
          onChange(at.length === 1 && at[0] !== undefined ? iso(at[0]) : "");
        }}
      />
      {found.length === 2 && (
        <span className="p-hours" role="radiogroup" aria-label={t("form.which_hour")}>
          {found.map((ms) => (
            <label key={ms}>
              <input
                type="radio"
                name={`${field.id}-hour`}
                checked={value === iso(ms)}
                onChange={() => onChange(iso(ms))}
              />
              {format.timeOfDay(ms)}
            </label>
          ))}
        </span>
      )}
    </Field>
  );
}
