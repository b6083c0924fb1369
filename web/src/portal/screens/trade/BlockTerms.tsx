// What a block says beside price and energy: its intervals, its least share, and what it depends on.

import { Facts } from "../../../parts/frame/Figures";
import type { Order } from "./answers";
import { KINDS } from "./blocks";
import { useTexts } from "./texts";

export function BlockTerms({ order }: { order: Order }) {
  const { t, format } = useTexts();
  const kind = KINDS.find((each) => each === order.kind);
  if (kind === undefined) return null;
  const { legs = [], ratio_min_ppm, parent, group } = order;
  return (
    <Facts
      facts={[
        {
          label: t("block.depends"),
          value: t(`block.kind_${kind}`),
          ...(parent || group ? { note: parent ?? group } : {}),
        },
        { label: t("offers.count"), value: format.whole(legs.length) },
        { label: t("block.least"), value: format.share(ratio_min_ppm) },
      ]}
    />
  );
}
