// A box to tick.

import { useEffect, useRef, type ReactNode } from "react";
import "./table.css";

interface CheckboxProps {
  checked: boolean;
  /** Some of what it stands for. */
  partly?: boolean;
  onChange(checked: boolean): void;
  /** Said where no text stands beside it. */
  label?: string;
  children?: ReactNode;
  disabled?: boolean;
}

export function Checkbox(props: CheckboxProps) {
  const { checked, partly = false, onChange, label, children, disabled } = props;
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = partly;
  }, [partly]);
  return (
    <label className="p-checkbox">
      <input
        ref={box}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-label={label}
        onChange={(event) => onChange(event.target.checked)}
      />
      {children}
    </label>
  );
}
