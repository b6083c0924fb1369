// The market as a tree of areas and units: what each was told, what it took, what it runs at, how long that holds.

import { useMemo, useState } from "react";
import { Choose, Filters, Search } from "../../../parts/filter/Filters";
import { Split } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Button } from "../../../parts/Button";
import { IconButton } from "../../../parts/Button";
import { Empty, Failed, Loading } from "../../../parts/state/states";
import { csvText, saveCsv } from "../../../parts/table/csv";
import { Tree, type TreeNode } from "../../../parts/table/Tree";
import { Icon } from "../../../parts/icons";
import { State } from "../../../parts/text/State";
import type { Interval, Market } from "../../../wire/types";
import { Member } from "./Member";
import { useTexts } from "./texts";
import {
  acknowledged,
  countsOf,
  found,
  isShown,
  runsAt,
  SHOWN,
  standing,
  summed,
  TONES,
  type Shown,
} from "./units";
import type { Units } from "./useUnits";
import type { UnitRow } from "./wire";

interface Props {
  market: Market;
  units: Units;
  nowMs: number | null;
  interval: Interval | null;
  /** Id of the unit or area that is open; null: none. */
  member: string | null;
  onMember(memberId: string | null): void;
}

/** The tree's own key of the market: no area or unit is called so. */
const ROOT = "*";
/** Areas that are open from the start, when there are no more than these. */
const OPEN_MAX = 3;

export function Members({ market, units, nowMs, interval, member, onMember }: Props) {
  const { t, format } = useTexts();
  const [search, setSearch] = useState("");
  const [shown, choose] = useState<Shown>("all");
  const narrowed = search.trim() !== "" || shown !== "all";
  const rows = useMemo(
    () => units.rows.filter((row) => isShown(row, shown) && found(row, search)),
    [units.rows, shown, search],
  );
  const nodes = useNodes(market, rows, narrowed);
  const areas = market.areas.map(({ area_id }) => area_id);
  const save = () => saveCsv("grid-units", unitsCsv(rows));
  const known =
    member === null ||
    member === ROOT ||
    areas.includes(member) ||
    units.rows.some(({ unit_id }) => unit_id === member);
  if (units.state === "loading") return <Loading shape="table" rows={10} />;
  if (units.state === "failed" && units.problem)
    return <Failed {...units.problem} onAgain={units.again} />;
  return (
    <Split
      percent={29}
      aside={
        <Member
          market={market}
          member={member}
          rows={units.rows}
          interval={interval}
          nowMs={nowMs}
        />
      }
    >
      <Panel
        title={t("tree.title")}
        note={t(narrowed ? "tree.found" : "tree.count", {
          count: format.whole(rows.length),
          total: format.whole(units.rows.length),
        })}
        tools={
          <IconButton
            icon="download"
            label={t("tree.csv")}
            isDisabled={rows.length === 0}
            onPress={save}
          />
        }
        flush
      >
        <div className="gr-tools">
          <Filters label={t("tree.filter")}>
            <Search label={t("tree.search")} value={search} onChange={setSearch} />
            <Choose
              label={t("tree.show")}
              value={shown}
              all={null}
              options={SHOWN.map((value) => ({ value, text: t(`shown.${value}`) }))}
              onChange={(value) => choose((value ?? "all") as Shown)}
            />
          </Filters>
        </div>
        {!known && (
          <p className="gr-unknown" role="status">
            <Icon name="warning" size={14} /> {t("tree.unknown", { member: member ?? "" })}
          </p>
        )}
        {rows.length === 0 && narrowed ? (
          <Empty
            title={t("tree.no_match")}
            action={
              <Button
                onPress={() => {
                  setSearch("");
                  choose("all");
                }}
              >
                {t("tree.clear")}
              </Button>
            }
          >
            {t("tree.no_match_text")}
          </Empty>
        ) : (
          <div className="gr-tree">
            <Tree
              // What a search finds lies open.
              key={narrowed ? "found" : "all"}
              label={t("tree.title")}
              columns={[
                t("column.member"),
                `${t("column.told")} ${t("unit.kw")}`,
                `${t("column.took")} ${t("unit.kw")}`,
                `${t("column.runs")} ${t("unit.kw")}`,
                t("column.until"),
                t("column.stands"),
              ]}
              nodes={nodes}
              open={narrowed || areas.length <= OPEN_MAX ? [ROOT, ...areas] : [ROOT]}
              selected={member}
              reveal={member}
              template="minmax(240px, 2.4fr) repeat(3, minmax(84px, 1fr)) minmax(64px, 0.7fr) minmax(128px, 1.3fr)"
              onSelect={(key) => onMember(key === ROOT ? null : key)}
            />
          </div>
        )}
      </Panel>
    </Split>
  );
}

function useNodes(market: Market, rows: readonly UnitRow[], narrowed: boolean): TreeNode[] {
  const { t, format } = useTexts();
  return useMemo(() => {
    const kw = (text: string | null) => (text === null ? "–" : format.exact(text, 3));
    const reporting = ({ heard, units }: ReturnType<typeof countsOf>) =>
      t("reporting", { count: format.whole(heard), total: format.whole(units) });
    const ofUnit = (row: UnitRow): TreeNode => {
      const stands = standing(row);
      const runs = runsAt(row);
      const took = acknowledged(row);
      const tone = TONES[stands];
      return {
        key: row.unit_id,
        name: row.unit_id,
        title: (
          <>
            {row.unit_id} <small className="gr-kind">{t(`unit_kind.${row.kind as "load"}`)}</small>
          </>
        ),
        tone: tone === "bad" || tone === "warning" ? tone : undefined,
        cells: [
          <span key="told" className="gr-number">
            {kw(row.setpoint_kw)}
          </span>,
          <span key="took" className="gr-number">
            {took !== null && (
              <span className={took ? "gr-mark p-good" : "gr-mark p-warning"}>
                <Icon name={took ? "good" : "warning"} size={12} />
                <span className="unseen">{t(took ? "took.yes" : "took.no")}</span>
              </span>
            )}
            {kw(row.target_kw)}
          </span>,
          <span key="runs" className="gr-number" title={runs?.metered ? t("metered") : undefined}>
            {runs?.metered && <Icon name="table" size={11} />}
            {kw(runs?.kw ?? null)}
          </span>,
          <span key="until">
            {row.setpoint_until === null ? "–" : format.timeOfDay(row.setpoint_until)}
          </span>,
          <State key="stands" tone={tone}>
            {t(`stands.${stands}`)}
          </State>,
        ],
      };
    };
    const ofArea = (areaId: string, name: string): TreeNode => {
      const own = rows.filter(({ area_id }) => area_id === areaId);
      const inside = market.areas
        .filter(({ parent }) => parent === areaId)
        .map((area) => ofArea(area.area_id, area.name))
        .filter(({ children }) => !narrowed || (children?.length ?? 0) > 0);
      const counts = countsOf(own);
      return {
        key: areaId,
        name: areaId,
        title: (
          <>
            <b>{areaId}</b>{" "}
            <small className="gr-kind">
              {name}, {reporting(counts)}
            </small>
          </>
        ),
        cells: sums(own, kw).concat(
          <span key="until" />,
          counts.needs > 0 ? (
            <State key="needs" tone="warning">
              {t("needs", { count: format.whole(counts.needs) })}
            </State>
          ) : (
            <State key="needs" tone={counts.units > 0 ? "good" : "unknown"}>
              {t(counts.units > 0 ? "all_well" : "no_units")}
            </State>
          ),
        ),
        children: [...inside, ...own.map(ofUnit)],
      };
    };
    const outer = market.areas
      .filter(({ parent }) => parent === null)
      .map((area) => ofArea(area.area_id, area.name))
      .filter(({ children }) => !narrowed || (children?.length ?? 0) > 0);
    const counts = countsOf(rows);
    return [
      {
        key: ROOT,
        name: market.name,
        title: (
          <>
            <b>{market.name}</b> <small className="gr-kind">{reporting(counts)}</small>
          </>
        ),
        cells: sums(rows, kw).concat(
          <span key="until" />,
          <span key="needs">
            {counts.needs > 0 ? t("needs", { count: format.whole(counts.needs) }) : t("all_well")}
          </span>,
        ),
        children: outer,
      },
    ];
  }, [market, rows, narrowed, t, format]);
}

/** What all units of a group were told, follow and run at together. */
function sums(rows: readonly UnitRow[], kw: (text: string | null) => string) {
  return [
    summed(rows.map(({ setpoint_kw }) => setpoint_kw)),
    summed(rows.map(({ target_kw }) => target_kw)),
    summed(rows.map((row) => runsAt(row)?.kw ?? null)),
  ].map((value, index) => (
    <span key={index} className="gr-number">
      {kw(value)}
    </span>
  ));
}

/** The units with all that is known of them, as the wire names it. */
function unitsCsv(rows: readonly UnitRow[]): string {
  const [first] = rows;
  if (first === undefined) return "";
  const names = Object.keys(first) as (keyof UnitRow)[];
  return csvText([
    names,
    ...rows.map((row) => names.map((name) => (row[name] === null ? null : String(row[name])))),
  ]);
}
