// When the pointer is let go: what moves the page while it is down takes the button from under it.

let down = false;
addEventListener("pointerdown", () => (down = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (down = false), true);

/** At once, or after the click that is being made. */
export function afterPress(act: () => void): void {
  if (!down) return act();
  const later = () => {
    removeEventListener("pointerup", later, true);
    removeEventListener("pointercancel", later, true);
    // The click itself comes after the pointer is up.
    setTimeout(act);
  };
  addEventListener("pointerup", later, true);
  addEventListener("pointercancel", later, true);
}
