import { expect, test } from "vitest";
import {
  lastFact,
  NOTHING_WANTED,
  proceed,
  queryOf,
  UNPROVEN,
  type Entry,
  type Proof,
} from "../../../src/console/screens/audit/audit";

const NOW = Date.parse("2016-07-01T00:50:00Z");

test("without a wish the last hour is asked for", () => {
  expect(queryOf(NOTHING_WANTED, NOW)).toEqual({ from: "2016-06-30T23:50:00.000Z" });
});

test("a wish is asked for over all time, without blanks around it", () => {
  expect(queryOf({ ...NOTHING_WANTED, object: " ord-1 ", actor: "  " }, NOW)).toEqual({
    object: "ord-1",
  });
});

test("a command is asked for by its number", () => {
  expect(queryOf({ ...NOTHING_WANTED, seq: "17", kind: "PlaceOrders" }, NOW)).toEqual({
    ...{ kind: "PlaceOrders", from_seq: "17", to_seq: "17" },
  });
});

test("the last fact of a command is where its facts end", () => {
  const entry = { first_event_seq: 40, events: { OrdersAccepted: 1, TradesMade: 2 } } as object;
  expect(lastFact(entry as Entry)).toBe(42);
  expect(lastFact({ first_event_seq: null, events: {} } as object as Entry)).toBeNull();
});

const proof = (changes: Partial<Proof>): Proof => ({
  after_batch: 0,
  last_batch: 1000,
  commands: 1200,
  events: 5000,
  hash: "aa",
  proven: true,
  fault: null,
  next_after_batch: 1000,
  ...changes,
});

test("a proof goes on until the last batch, and adds up what it has read", () => {
  const first = proceed(UNPROVEN, proof({}));
  expect(first.state).toBe("going");
  const last = proceed(
    first,
    proof({ last_batch: 1003, commands: 3, events: 9, hash: "bb", next_after_batch: null }),
  );
  expect(last).toEqual({
    ...{ batch: 1003, commands: 1203, events: 5009, hash: "bb", state: "proven", fault: null },
  });
});

test("a broken chain says behind which batch", () => {
  const found = proceed(
    UNPROVEN,
    proof({ last_batch: 7, proven: false, fault: "a changed byte", next_after_batch: null }),
  );
  expect([found.state, found.batch, found.fault]).toEqual(["broken", 7, "a changed byte"]);
});
