// A day, with steps to the day before and after.
//
// Not the browser's own field for it: that writes days as the browser's language does, whatever the page speaks.

import { parseDate } from "@internationalized/date";
import { useEffect, useRef, useState, type ComponentProps, type FocusEvent } from "react";
import {
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  Heading,
} from "react-aria-components/Calendar";
import {
  DateInput,
  DatePicker,
  DateSegment,
  Group,
  Label,
  type DateValue,
} from "react-aria-components/DatePicker";
import { Dialog, Popover } from "react-aria-components/Popover";
import { useSpeech } from "../../language/Speak";
import { daysLater } from "../../language/zone";
import { IconButton } from "../Button";
import "./day.css";
import "./filters.css";

type Segment = ComponentProps<typeof DateSegment>["segment"];

interface DayProps {
  label: string;
  /** `2026-10-25` */
  value: string;
  onChange(value: string): void;
  min?: string;
  max?: string;
}

export function DayPicker({ label, value, onChange, min, max }: DayProps) {
  const { t } = useSpeech();
  // What is typed need not be a day yet: the year 2 on the way to 2016.
  const [typed, type] = useState<DateValue | null>(() => parseDate(value));
  useEffect(() => type(parseDate(value)), [value]);
  const tell = (next: DateValue | null) => {
    type(next);
    const day = next?.toString() ?? "";
    if (day >= (min ?? "1000") && day <= (max ?? "9999")) onChange(day);
  };
  return (
    <span className="p-filter">
      <IconButton
        icon="back"
        label={t("filter.day_before")}
        isDisabled={min !== undefined && value <= min}
        onPress={() => onChange(daysLater(value, -1))}
      />
      <DateBox label={label} value={typed} onChange={tell} granularity="day" {...{ min, max }} />
      <IconButton
        icon="open"
        label={t("filter.day_after")}
        isDisabled={max !== undefined && value >= max}
        onPress={() => onChange(daysLater(value, 1))}
      />
    </span>
  );
}

interface BoxProps {
  /** Shown beside it; or the id of what names it. */
  label?: string;
  labelledBy?: string;
  describedBy?: string;
  value: DateValue | null;
  onChange(value: DateValue | null): void;
  granularity: "day" | "minute";
  min?: string | undefined;
  max?: string | undefined;
  /** Of what takes the focus for it. */
  id?: string;
  invalid?: boolean;
  disabled?: boolean;
  /** As wide as what it stands in. */
  wide?: boolean;
  onBlur?: () => void;
  /** Told of each part whether it is still blank. */
  onPart?: (part: string, blank: boolean) => void;
}

/** Parts to type in, and a month to choose from. */
export function DateBox(props: BoxProps) {
  const { label, labelledBy, value, onChange, granularity, min, max, wide = false } = props;
  const { t } = useSpeech();
  const box = useRef<HTMLDivElement>(null);
  const focusFirst = (event: FocusEvent) => {
    if (event.target !== event.currentTarget) return;
    box.current?.querySelector<HTMLElement>("[role=spinbutton]")?.focus();
  };
  return (
    <div
      className={wide ? "p-day-field" : "p-day-inline"}
      ref={box}
      onFocus={focusFirst}
      {...(props.id === undefined ? {} : { id: props.id, tabIndex: -1 })}
    >
      <DatePicker
        className="p-day"
        value={value}
        onChange={onChange}
        granularity={granularity}
        hourCycle={24}
        shouldForceLeadingZeros={granularity === "minute"}
        validationBehavior="aria"
        firstDayOfWeek="mon"
        isDisabled={props.disabled ?? false}
        {...(props.invalid === undefined ? {} : { isInvalid: props.invalid })}
        {...(props.onBlur === undefined ? {} : { onBlur: props.onBlur })}
        {...(labelledBy === undefined ? {} : { "aria-labelledby": labelledBy })}
        {...(props.describedBy === undefined ? {} : { "aria-describedby": props.describedBy })}
        {...(min === undefined ? {} : { minValue: parseDate(min) })}
        {...(max === undefined ? {} : { maxValue: parseDate(max) })}
      >
        {label !== undefined && <Label>{label}</Label>}
        <Group className="p-day-box">
          <DateInput className="p-day-parts">
            {(segment) => <Part segment={segment} onPart={props.onPart} />}
          </DateInput>
          <IconButton icon="calendar" label={t("filter.calendar")} />
        </Group>
        <Popover className="p-popover">
          <Dialog
            className="p-popover-content"
            {...(label === undefined
              ? { "aria-labelledby": labelledBy ?? "" }
              : { "aria-label": label })}
          >
            <Month />
          </Dialog>
        </Popover>
      </DatePicker>
    </div>
  );
}

interface PartProps {
  segment: Segment;
  onPart: BoxProps["onPart"];
}

function Part({ segment, onPart }: PartProps) {
  const { type, isEditable, isPlaceholder } = segment;
  useEffect(() => {
    if (isEditable) onPart?.(type, isPlaceholder);
  }, [onPart, type, isEditable, isPlaceholder]);
  return <DateSegment segment={segment} className="p-day-part" />;
}

/** The month in which the day is chosen. */
function Month() {
  const { t } = useSpeech();
  return (
    <Calendar className="p-month">
      <header className="p-month-head">
        <IconButton slot="previous" icon="back" label={t("filter.month_before")} />
        <Heading className="p-month-name" />
        <IconButton slot="next" icon="open" label={t("filter.month_after")} />
      </header>
      <CalendarGrid weekdayStyle="short">
        <CalendarGridHeader>
          {(day) => <CalendarHeaderCell className="p-month-weekday">{day}</CalendarHeaderCell>}
        </CalendarGridHeader>
        <CalendarGridBody>
          {(date) => <CalendarCell date={date} className="p-month-day" />}
        </CalendarGridBody>
      </CalendarGrid>
    </Calendar>
  );
}
