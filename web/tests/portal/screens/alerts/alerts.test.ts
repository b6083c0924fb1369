import { expect, test } from "vitest";
import {
  byDay,
  inPieces,
  messageOf,
  wayOf,
  type Alert,
} from "../../../../src/portal/screens/alerts/alerts";
import { body, typed } from "../../../../src/portal/screens/alerts/thresholds";

const alert = (changes: Partial<Alert>): Alert => ({
  alert_id: "a",
  kind: "case",
  severity: "info",
  at: "2016-07-01T00:00:00Z",
  read_at: null,
  code: "CASE_NOTED",
  parameters: {},
  link: {},
  ...changes,
});

test("a message is read in one's language, else in the first it was written in", () => {
  const texts = [
    { language: "de", title: "Wartung", text: "…" },
    { language: "zh-CN", title: "检修", text: "…" },
  ];
  const message = alert({ kind: "message", code: "MESSAGE", parameters: { texts } });
  expect(messageOf(message, "zh-CN")?.title).toBe("检修");
  expect(messageOf(message, "en")?.title).toBe("Wartung");
  expect(messageOf(alert({}), "en")).toBeNull();
});

test("an alert leads to what it is about", () => {
  expect(wayOf(alert({ link: { case_id: "c 1" } }))?.to).toBe("/service/c%201");
  expect(wayOf(alert({ kind: "bill_due", link: { bill_id: "b1" } }))?.to).toBe("/bills/b1");
  expect(wayOf(alert({ kind: "message" }))).toBeNull();
});

test("days are told in the order in which they are listed", () => {
  const alerts = ["2016-07-02T09", "2016-07-02T08", "2016-07-01T09"].map((at) => ({ at }));
  const days = byDay(alerts, (at) => at.slice(0, 10));
  expect(days.map(({ day, alerts: of }) => [day, of.length])).toEqual([
    ["2016-07-02", 2],
    ["2016-07-01", 1],
  ]);
});

test("no more are said to be read at one time than the market takes", () => {
  expect(inPieces([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(inPieces([], 2)).toEqual([]);
});

test("settings come back as they were, use in percent on the way", () => {
  const settings = {
    price_above_per_mwh: "180.50",
    price_below_per_mwh: null,
    use_above_ppm: 1_555_000,
    silent_minutes: 60,
    bill_days: 0,
  };
  const values = typed(settings);
  expect(values.use_above_ppm).toEqual({ on: true, value: "155.5" });
  expect(values.price_below_per_mwh.on).toBe(false);
  expect(body(values)).toEqual(settings);
});

test("what is switched off is not told, whatever was typed", () => {
  const values = typed({
    price_above_per_mwh: "180.50",
    price_below_per_mwh: null,
    use_above_ppm: 1_500_000,
    silent_minutes: 60,
    bill_days: 3,
  });
  const off = { ...values, use_above_ppm: { ...values.use_above_ppm, on: false } };
  expect(body(off).use_above_ppm).toBeNull();
});
