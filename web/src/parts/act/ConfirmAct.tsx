// Before a dangerous act: what it does in numbers, why, and a word that is not typed by mistake.

import { useState, type ReactNode } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useSpeech } from "../../language/Speak";
import { Icon } from "../icons";
import { ReasonField, TextField } from "../form/fields";
import { Form, type Problem } from "../form/Form";
import "./act.css";

interface ConfirmActProps {
  open: boolean;
  title: string;
  /** What will be so afterwards, as a rule in numbers: orders cancelled, kW cut, money moved. */
  consequence: ReactNode;
  /** What the button says: the act itself, never only "OK". */
  act: string;
  /** Whether a reason is asked; it goes into the audit trail. */
  reason?: "asked" | "optional" | "none";
  /** To be typed as it stands here: the name of what is acted on. */
  typed?: string;
  danger?: boolean;
  busy?: boolean;
  problem?: Problem | null;
  onConfirm(reason: string): void;
  onClose(): void;
  /** Further fields, between consequence and reason. */
  children?: ReactNode;
}

export function ConfirmAct(props: ConfirmActProps) {
  const { open, title, onClose, busy } = props;
  return (
    <ModalOverlay
      className="p-shade"
      isOpen={open}
      isDismissable={!busy}
      isKeyboardDismissDisabled={busy ?? false}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
    >
      <Modal className="p-modal">
        <Dialog className="p-dialog" role="alertdialog">
          <Heading slot="title" className="p-dialog-title">
            {props.danger !== false && <Icon name="warning" size={20} />}
            {title}
          </Heading>
          {/* Mounted with each opening: a reason belongs to one act. */}
          {open && <Content {...props} />}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Content(props: ConfirmActProps) {
  const {
    consequence,
    act,
    reason: wanted = "asked",
    typed,
    danger = true,
    problem = null,
  } = props;
  const { t } = useSpeech();
  const [reason, setReason] = useState("");
  const [name, setName] = useState("");
  const fits = typed === undefined || name.trim() === typed;
  return (
    <>
      <div className="p-consequence">{consequence}</div>
      <Form
        label={props.title}
        problem={problem}
        busy={props.busy ?? false}
        submit={act}
        danger={danger}
        onCancel={props.onClose}
        onSubmit={() => props.onConfirm(reason.trim())}
      >
        {props.children}
        {wanted !== "none" && (
          <ReasonField
            pointer="/reason"
            label={t("act.reason")}
            note={t("act.reason_note")}
            value={reason}
            onChange={setReason}
            optional={wanted === "optional"}
          />
        )}
        {typed !== undefined && (
          <TextField
            pointer="#typed"
            label={t("act.type", { word: typed })}
            fault={fits ? null : t("act.type_differs")}
            value={name}
            onChange={setName}
          />
        )}
      </Form>
    </>
  );
}
