// Buttons: what is done here. One of a page is the main one; a dangerous one says so by its word too.

import type { ReactNode } from "react";
import { Button as Base, type ButtonProps as BaseProps } from "react-aria-components/Button";
import { Icon, type IconName } from "./icons";
import "./button.css";

export interface ButtonProps extends Omit<BaseProps, "children" | "className" | "style"> {
  kind?: "main" | "plain" | "quiet" | "danger";
  icon?: IconName;
  children: ReactNode;
}

export function Button({ kind = "plain", icon, children, ...rest }: ButtonProps) {
  return (
    <Base {...rest} className={`p-button p-button-${kind}`}>
      {icon && <Icon name={icon} size={15} />}
      <span>{children}</span>
    </Base>
  );
}

interface IconButtonProps extends Omit<BaseProps, "children" | "className" | "style"> {
  icon: IconName;
  /** What it does: said to screen readers and shown where one points. */
  label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <Base {...rest} aria-label={label} className="p-button p-button-quiet p-button-icon">
      <Icon name={icon} />
      <span className="p-tip" aria-hidden="true">
        {label}
      </span>
    </Base>
  );
}
