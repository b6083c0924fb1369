// What somebody writes and sends, and goes on writing while it is being sent.

import { useRef, useState } from "react";

export interface Draft {
  text: string;
  write(text: string): void;
  /** How often it was emptied: the key of the field, which is a new one then, so that being empty is no fault of it. */
  sent: number;
  /** It has arrived: the field is emptied, unless something else stands there by now. */
  arrived(text: string): void;
}

export function useDraft(): Draft {
  const [text, write] = useState("");
  const [sent, count] = useState(0);
  const shown = useRef(text);
  shown.current = text;
  const arrived = (what: string) => {
    if (shown.current !== what) return;
    write("");
    count((before) => before + 1);
  };
  return { text, write, sent, arrived };
}
