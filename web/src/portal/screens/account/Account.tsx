// One's account: who one is, how one signs in, what one's devices and agents may do, how pages look.

import { useEffect, useState } from "react";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Page, Panels } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Facts } from "../../../parts/frame/Figures";
import { Button } from "../../../parts/Button";
import { Failed, Loading } from "../../../parts/state/states";
import { Time } from "../../../parts/text/When";
import { LANGUAGES, type Language } from "../../../language/language";
import { useAppearance } from "../../../shell/appearance";
import { RISES, type Rise } from "../../../shell/convention";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { THEMES, type Theme } from "../../../style/theme";
import { useAct, useRead } from "../../../wire/queries";
import "./answers";
import { Devices } from "./Devices";
import { Mandates } from "./Mandates";
import { Passkeys } from "./Passkeys";
import { Password } from "./Password";
import { useTexts } from "./texts";
import "./account.css";

export default function Account() {
  const { t } = useTexts();
  return (
    <Page title={t("title")} description={t("about")}>
      <Panels least={360}>
        <Person />
        <Look />
        <Passkeys />
        <Password />
        <Limits />
        <Sessions />
      </Panels>
      <Devices />
      <Mandates />
    </Page>
  );
}

const NAMES: Record<Language, string> = { en: "English", "zh-CN": "中文" };

function Person() {
  const { t, language, setLanguage } = useTexts();
  const { session, enter } = useSession();
  const toast = useToast();
  const [name, setName] = useState(session?.name ?? "");
  // Null: as the page speaks, whichever way that was chosen.
  const [picked, pick] = useState<string | null>(null);
  useEffect(() => pick(null), [language]);
  const spoken = picked ?? language;
  const save = useAct("patch", "/v1/people/me");
  const submit = async () => {
    const next = LANGUAGES.find((each) => each === spoken) ?? language;
    const answer = await save.act({ body: { name, language: next } });
    if (!answer.ok) return;
    if (session) enter({ ...session, name: name.trim(), language: next });
    setLanguage(next);
    toast(t("saved"));
  };
  return (
    <Panel title={t("person.title")}>
      <Form
        label={t("person.title")}
        problem={save.problem}
        busy={save.busy}
        submit={t("save")}
        onSubmit={() => void submit()}
      >
        <TextField
          pointer="/name"
          label={t("person.name")}
          value={name}
          onChange={setName}
          most={100}
          autoComplete="name"
        />
        <ChoiceField
          pointer="/language"
          label={t("header.language")}
          note={t("person.language_note")}
          value={spoken}
          onChange={pick}
          options={LANGUAGES.map((each) => ({ value: each, text: NAMES[each] }))}
        />
      </Form>
    </Panel>
  );
}

function Look() {
  const { t } = useTexts();
  const { theme, chooseTheme, rise, chooseRise } = useAppearance();
  return (
    <Panel title={t("look.title")}>
      <div className="account-look">
        <ChoiceField
          pointer="/theme"
          label={t("header.theme")}
          value={theme}
          onChange={(next) => next !== "" && chooseTheme(next as Theme)}
          options={THEMES.map((each) => ({ value: each, text: t(`header.theme_${each}`) }))}
        />
        <ChoiceField
          pointer="/rise"
          label={t("header.rise")}
          note={t("look.rise_note")}
          value={rise}
          onChange={(next) => next !== "" && chooseRise(next as Rise)}
          options={RISES.map((each) => ({ value: each, text: t(`header.rise_${each}`) }))}
        />
      </div>
    </Panel>
  );
}

interface OwnLimits {
  order_value_max: string | null;
  exposure_max: string | null;
}

function Limits() {
  const { t } = useTexts();
  const found = useRead("/v1/markets/{market}/me/trading-limits");
  return (
    <Panel title={t("limits.title")} note={t("limits.note")}>
      {found.state === "loading" && <Loading />}
      {found.state === "failed" && (
        <Failed code={found.problem?.code ?? "UNREACHABLE"} onAgain={found.again} />
      )}
      {found.value !== undefined && <LimitsForm limits={found.value as OwnLimits} />}
    </Panel>
  );
}

function LimitsForm({ limits }: { limits: OwnLimits }) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const toast = useToast();
  const [order, setOrder] = useState(limits.order_value_max ?? "");
  const [exposure, setExposure] = useState(limits.exposure_max ?? "");
  const save = useAct("put", "/v1/markets/{market}/me/trading-limits", {
    renews: ["/v1/markets/{market}/me/trading-limits"],
  });
  const submit = async () => {
    const answer = await save.act({
      body: { order_value_max: order || null, exposure_max: exposure || null },
    });
    if (answer.ok) toast(t("saved"));
  };
  return (
    <Form
      label={t("limits.title")}
      problem={save.problem}
      busy={save.busy}
      submit={t("save")}
      onSubmit={() => void submit()}
    >
      <DecimalField
        pointer="/order_value_max"
        label={t("limits.order")}
        note={t("limits.order_note")}
        unit={currency}
        min="0"
        value={order}
        onChange={setOrder}
        optional
      />
      <DecimalField
        pointer="/exposure_max"
        label={t("limits.exposure")}
        note={t("limits.exposure_note")}
        unit={currency}
        min="0"
        value={exposure}
        onChange={setExposure}
        optional
      />
    </Form>
  );
}

function Sessions() {
  const { t } = useTexts();
  const { session, leave } = useSession();
  return (
    <Panel title={t("session_here.title")}>
      <Facts
        facts={[
          { label: t("session_here.idle"), value: <Time at={session?.idle_ends_at} day /> },
          { label: t("session_here.ends"), value: <Time at={session?.ends_at} day /> },
        ]}
      />
      <p className="account-note">{t("session_here.text")}</p>
      <div className="account-acts">
        <Button onPress={() => void leave()}>{t("session.sign_out")}</Button>
      </div>
    </Panel>
  );
}
