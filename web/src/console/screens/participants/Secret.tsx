// What is told once and never again: a one-time code, a new secret.

import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { useTexts } from "./texts";

export interface Told {
  title: string;
  secret: string;
  note: string;
}

interface Props extends Told {
  onClose(): void;
}

export function Secret({ title, secret, note, onClose }: Props) {
  const { t } = useTexts();
  const toast = useToast();
  const copy = () =>
    void navigator.clipboard.writeText(secret).then(
      () => toast(t("code.copied")),
      () => toast(t("code.not_copied"), "bad"),
    );
  // Closed by its button alone: a click beside it would lose what is shown nowhere else.
  return (
    <ModalOverlay className="p-shade" isOpen isKeyboardDismissDisabled>
      <Modal className="p-modal">
        <Dialog className="p-dialog">
          <Heading slot="title" className="p-dialog-title">
            {title}
          </Heading>
          <p>{t("code.once")}</p>
          <p>
            <output className="pt-secret">{secret}</output>
          </p>
          <p className="pt-none">{note}</p>
          <div className="pt-acts">
            <Button kind="main" onPress={copy}>
              {t("code.copy")}
            </Button>
            <Button onPress={onClose}>{t("code.close")}</Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
