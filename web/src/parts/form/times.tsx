// Days and moments in the market's zone, written as the page's language writes them.
//
// The one idea: a person says what the market's clock shows. In autumn it shows one hour twice, then
// which of the two is asked; in spring one hour never, which is a fault and said as such.

import {
  CalendarDateTime,
  parseDate,
  type CalendarDate,
  type DateValue,
} from "@internationalized/date";
import { useCallback, useEffect, useState } from "react";
import { useSpeech } from "../../language/Speak";
import { instants, local, type Local } from "../../language/zone";
import { DateBox } from "../filter/DayPicker";
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
  const [partly, setPartly] = useState(false);
  const missing = value === "" && (partly || !optional);
  const field = useField(pointer, label, missing ? t("form.missing") : null);
  // What is typed need not be a day yet, the year 2 on the way to 2016: it stays, and is told as none.
  const [typed, type] = useState<DateValue | null>(() => day(value));
  const [told, tell] = useState(value);
  if (told !== value) {
    tell(value);
    type(day(value));
  }
  return (
    <Field {...field} {...props} id={field.id}>
      <Box
        {...field}
        value={typed}
        min={min}
        max={max}
        disabled={props.disabled}
        granularity="day"
        onPartly={setPartly}
        onChange={(next) => {
          const said = next !== null && next.year >= LEAST_YEAR ? next.toString() : "";
          type(next);
          tell(said);
          onChange(said);
        }}
      />
    </Field>
  );
}

/** Whoever types a year has typed all of it. */
const LEAST_YEAR = 1000;
const day = (value: string): CalendarDate | null => (value === "" ? null : parseDate(value));

/** The hours and minutes that a person has said, of no zone yet. */
export function wallOf(ms: number, zone: string): CalendarDateTime {
  const { year, month, day: date, hour, minute } = local(ms, zone);
  return new CalendarDateTime(year, month, date, hour, minute);
}

const localOf = ({ year, month, day: date, hour, minute }: CalendarDateTime): Local => ({
  ...{ year, month, day: date, hour, minute, second: 0 },
});

/** A moment: ISO text in UTC, empty as long as it is none. */
export function MomentField(props: FieldOf<string>) {
  const { pointer, label, value, onChange, optional } = props;
  const { t, format } = useSpeech();
  const [typed, setTyped] = useState(() =>
    value === "" ? null : wallOf(Date.parse(value), format.zone),
  );
  const [partly, setPartly] = useState(false);
  const whole = typed !== null && typed.year >= LEAST_YEAR;
  const found = whole ? instants(localOf(typed), format.zone) : [];
  const fault = !whole
    ? optional && !partly && typed === null
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
      <Box
        {...field}
        value={typed}
        disabled={props.disabled}
        granularity="minute"
        onPartly={setPartly}
        onChange={(next) => {
          const said = next instanceof CalendarDateTime ? next : null;
          setTyped(said);
          const whole = said !== null && said.year >= LEAST_YEAR;
          const at = whole ? instants(localOf(said), format.zone) : [];
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

interface BoxProps {
  id: string;
  fault: string | null;
  input: { "aria-describedby": string; onBlur(): void };
  value: DateValue | null;
  onChange(value: DateValue | null): void;
  granularity: "day" | "minute";
  /** Something of it is typed, and not all. */
  onPartly(partly: boolean): void;
  min?: string | undefined;
  max?: string | undefined;
  disabled?: boolean | undefined;
}

/** What the picker and a form have to tell each other. */
function Box({ id, fault, input, onPartly, disabled = false, ...picker }: BoxProps) {
  const [blanks, setBlanks] = useState<Readonly<Record<string, boolean>>>({});
  const onPart = useCallback(
    (part: string, blank: boolean) =>
      setBlanks((before) => (before[part] === blank ? before : { ...before, [part]: blank })),
    [],
  );
  const all = Object.values(blanks);
  const partly = all.includes(true) && all.includes(false);
  useEffect(() => onPartly(partly), [onPartly, partly]);
  return (
    <DateBox
      {...picker}
      {...{ id, onPart }}
      labelledBy={`${id}-label`}
      describedBy={input["aria-describedby"]}
      invalid={fault !== null}
      disabled={disabled}
      onBlur={input.onBlur}
      wide
    />
  );
}
