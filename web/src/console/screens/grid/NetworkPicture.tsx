// A grid drawn where it stands, and all of its voltages on one scale.

import { useMemo } from "react";
import { GridGraph, type GridLine, type GridNode } from "../../../parts/chart/GridGraph";
import { pu, signedLoading, type BusRow, type ElementRow } from "./network";
import { useTexts } from "./texts";

interface PictureProps {
  buses: readonly BusRow[];
  elements: readonly ElementRow[];
  source: string;
  onMember(memberId: string): void;
}

export function NetworkPicture({ buses, elements, source, onMember }: PictureProps) {
  const { t, format } = useTexts();
  const nodes = useMemo<GridNode[]>(
    () =>
      buses.map((bus) => ({
        ...{ id: bus.id, label: bus.id },
        ...(bus.x === undefined ? {} : { x: bus.x, y: bus.y ?? 0 }),
        kind: bus.id === source ? ("substation" as const) : ("bus" as const),
        ...(bus.voltagePu === null ? {} : { value: `${pu(bus.voltagePu)} ${t("unit.pu")}` }),
        ...(bus.outside === null ? {} : { tone: "bad" as const }),
        facts: [
          `${format.whole(bus.ratedV)} ${t("unit.v")}`,
          ...(bus.outside === null ? [] : [t(`outside.${bus.outside}`)]),
          ...bus.members,
        ],
      })),
    [buses, source, t, format],
  );
  const lines = useMemo<GridLine[]>(
    () =>
      elements.map((element) => ({
        ...{ id: element.id, from: element.from, to: element.to },
        loading: signedLoading(element),
        binding: (element.loading ?? 0) > 1,
        facts: [
          t(`element.${element.kind}`),
          ...(element.powerKw === null
            ? []
            : [`${format.exact(String(Math.abs(Number(element.powerKw))), 3)} ${t("unit.kw")}`]),
        ],
      })),
    [elements, t, format],
  );
  const pick = (id: string) => {
    const member = buses.find((bus) => bus.id === id)?.members[0];
    if (member !== undefined) onMember(member);
  };
  return <GridGraph nodes={nodes} lines={lines} description={t("network.map")} onPick={pick} />;
}

/** All voltages on one scale, so that a picture of the feeder is not the only place to see them. */
export function Voltages({ buses }: { buses: readonly BusRow[] }) {
  const { t } = useTexts();
  const known = buses.filter(({ voltagePu }) => voltagePu !== null);
  const [first] = known;
  if (first === undefined) return null;
  const low = Math.min(...known.map(({ lowestPu }) => lowestPu));
  const high = Math.max(...known.map(({ highestPu }) => highestPu));
  const at = (value: number) => `${2 + (96 * (value - low)) / (high - low || 1)}%`;
  return (
    <div className="gr-voltages">
      <span>
        {t("network.voltages")} {low.toFixed(3)}
      </span>
      <svg width="100%" height="22" aria-hidden="true">
        <rect className="gr-band" x={at(low)} width="96%" y="4" height="14" rx="3" />
        {known.map(({ id, voltagePu, outside }) => (
          <line
            key={id}
            className={outside === null ? "gr-tick" : "gr-tick gr-out"}
            x1={at(Number(voltagePu))}
            x2={at(Number(voltagePu))}
            y1="3"
            y2="19"
          />
        ))}
      </svg>
      <span>
        {high.toFixed(3)} {t("unit.pu")}
      </span>
    </div>
  );
}
