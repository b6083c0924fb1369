// A day, with steps to the day before and after.
//
// Not the browser's own field for it: that writes days as the browser's language does, whatever the page speaks.

import { parseDate } from "@internationalized/date";
import { useEffect, useState } from "react";
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
      <DatePicker
        className="p-day"
        value={typed}
        onChange={tell}
        {...(min === undefined ? {} : { minValue: parseDate(min) })}
        {...(max === undefined ? {} : { maxValue: parseDate(max) })}
        firstDayOfWeek="mon"
      >
        <Label>{label}</Label>
        <Group className="p-day-box">
          <DateInput className="p-day-parts">
            {(segment) => <DateSegment segment={segment} className="p-day-part" />}
          </DateInput>
          <IconButton icon="calendar" label={t("filter.calendar")} />
        </Group>
        <Popover className="p-popover">
          <Dialog className="p-popover-content" aria-label={label}>
            <Month />
          </Dialog>
        </Popover>
      </DatePicker>
      <IconButton
        icon="open"
        label={t("filter.day_after")}
        isDisabled={max !== undefined && value >= max}
        onPress={() => onChange(daysLater(value, 1))}
      />
    </span>
  );
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
