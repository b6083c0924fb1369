// Which columns are shown, and in what order.

import { Button as Trigger } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { useSpeech } from "../../language/Speak";
import { Button, IconButton } from "../Button";
import { Icon } from "../icons";
import { Checkbox } from "./Checkbox";
import type { Column } from "./columns";
import type { Layout } from "./layout";

interface Props<Row> {
  columns: readonly Column<Row>[];
  layout: Layout;
  setLayout(layout: Layout): void;
  reset(): void;
}

export function ColumnChoice<Row>({ columns, layout, setLayout, reset }: Props<Row>) {
  const { t } = useSpeech();
  const { hidden, order } = layout;
  const shown = order.length - hidden.length;
  const move = (key: string, by: 1 | -1) => {
    const at = order.indexOf(key);
    const next = order.filter((each) => each !== key);
    next.splice(at + by, 0, key);
    setLayout({ ...layout, order: next });
  };
  return (
    <DialogTrigger>
      <Trigger className="p-button p-button-plain">
        <Icon name="columns" size={15} />
        <span>{t("table.columns")}</span>
      </Trigger>
      <Popover className="p-popover" placement="bottom end">
        <Dialog className="p-popover-content" aria-label={t("table.columns")}>
          <ul className="p-column-choice">
            {order.map((key, index) => {
              const column = columns.find((each) => each.key === key);
              if (!column) return null;
              const seen = !hidden.includes(key);
              return (
                <li key={key}>
                  <Checkbox
                    checked={seen}
                    disabled={seen && shown === 1}
                    onChange={(next) =>
                      setLayout({
                        ...layout,
                        hidden: next ? hidden.filter((each) => each !== key) : [...hidden, key],
                      })
                    }
                  >
                    {column.title}
                  </Checkbox>
                  <span className="p-spring" />
                  <IconButton
                    icon="up"
                    label={t("table.earlier", { column: column.title })}
                    isDisabled={index === 0}
                    onPress={() => move(key, -1)}
                  />
                  <IconButton
                    icon="down"
                    label={t("table.later", { column: column.title })}
                    isDisabled={index === order.length - 1}
                    onPress={() => move(key, 1)}
                  />
                </li>
              );
            })}
          </ul>
          <Button kind="quiet" onPress={reset}>
            {t("table.reset")}
          </Button>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
