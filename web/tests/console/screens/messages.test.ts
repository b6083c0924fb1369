import { expect, test } from "vitest";
import { bodyOf, draftOf, readPpm, textIn } from "../../../src/console/screens/messages/messages";

const draft = {
  ...draftOf("m-1"),
  titles: { en: " Works ", "zh-CN": "检修" },
  texts: { en: "Line 3 rests.", "zh-CN": "线路三停运。" },
};

test("a draft goes in both languages, to everybody and at once", () => {
  expect(bodyOf(draft)).toEqual({
    client_message_id: "m-1",
    texts: [
      { language: "en", title: "Works", text: "Line 3 rests." },
      { language: "zh-CN", title: "检修", text: "线路三停运。" },
    ],
    target: { scope: "all" },
    severity: "info",
    publish_at: null,
  });
});

test("one for an area names it, one for later its moment", () => {
  const body = bodyOf({
    ...draft,
    scope: "area",
    key: "RUR",
    publishAt: "2016-07-01T02:00:00.000Z",
  });
  expect([body.target, body.publish_at]).toEqual([
    { scope: "area", key: "RUR" },
    "2016-07-01T02:00:00.000Z",
  ]);
});

test("a message is read in one's own language, else in the first it has", () => {
  const { texts } = bodyOf(draft);
  expect(textIn({ texts }, "zh-CN")?.title).toBe("检修");
  expect(textIn({ texts: texts.slice(0, 1) }, "zh-CN")?.title).toBe("Works");
  expect(textIn({ texts: [] }, "en")).toBeNull();
});

test("read by a part of those it is for; by none where it is for nobody yet", () => {
  expect(readPpm({ recipients: 3, read: 1 })).toBe(333_333);
  expect(readPpm({ recipients: null, read: 0 })).toBeNull();
});
