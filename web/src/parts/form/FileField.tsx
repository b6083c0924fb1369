// A file to be sent. Faults that the server tells by its lines (`/lines/3/amount`) are this field's.

import { useSpeech } from "../../language/Speak";
import type { FieldOf } from "./fields";
import { Field, useField } from "./Form";

interface FileProps extends Omit<FieldOf<File | null>, "pointer"> {
  /** What the picker offers: `.csv,text/csv`. */
  accept: string;
}

export function FileField(props: FileProps) {
  const { label, value, onChange, optional, accept } = props;
  const { t } = useSpeech();
  const field = useField("/lines", label, !optional && value === null ? t("form.missing") : null);
  return (
    <Field {...field} {...props} id={field.id} fault={field.fault}>
      <input
        {...field.input}
        className="p-input"
        type="file"
        accept={accept}
        disabled={props.disabled}
        required={!optional}
        onClick={(event) => {
          // The same file, put right meanwhile, is a choice too: without this the browser sees no change.
          event.currentTarget.value = "";
          onChange(null);
        }}
        onChange={(event) => void read(event.target.files?.[0]).then(onChange)}
      />
    </Field>
  );
}

/** As it is now, in memory: a file that is written to later could not be sent any more. */
async function read(chosen: File | undefined): Promise<File | null> {
  if (chosen === undefined) return null;
  try {
    return new File([await chosen.arrayBuffer()], chosen.name, { type: chosen.type });
  } catch {
    return null;
  }
}
