"use strict";
/* Beyond scenarios: which driver matters, what value reaches a target, how likely a threshold is missed. */
(function (D) {
  let found = null;
  let ask = null;
  let asked = 0;

  const post = (question) => ask("api/what-if", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question),
  });
  const metric = () => found.metrics.find((one) => one.name === D.byId("whatif-output").value);
  const parameter = (name) => found.parameters.find((one) => one.name === name);
  const scale = (unit) => (unit === "percent" ? 100 : 1);
  const tidy = (value) => Number(value.toPrecision(12));

  /** A refusal stays beside the form it concerns; what was entered stays too. */
  function say(id, text, bad) {
    D.byId(id).textContent = text;
    D.byId(id).classList.toggle("refused", Boolean(bad));
  }

  async function answer(note, question, draw) {
    asked += 1;
    const mine = asked;
    try {
      const result = await post(question);
      if (mine === asked) draw(result);
    } catch (error) {
      if (mine === asked) say(note, `${error.message} ${error.hint || ""}`.trim(), true);
    }
  }

  const table = (heads, rows) => D.el("table", null,
    D.el("thead", null, D.el("tr", null, ...heads.map((text, index) => D.el("th", { scope: "col", class: index ? "number" : "" }, text)))),
    D.el("tbody", null, ...rows.map(([first, ...rest]) => D.el("tr", null, D.el("th", { scope: "row" }, first),
      ...rest.map((text) => D.el("td", { class: "number" }, text))))));

  function elasticity(value, unit) {
    if (value === null) return "n/a";
    const shown = unit === "percent" ? value : value * 100;
    return `${shown > 0 ? "+" : ""}${shown.toFixed(2)} % per ${unit === "percent" ? "point" : "unit"}`;
  }

  function drawTornado(result) {
    const unit = metric().unit;
    say("tornado-note", `Each driver a fifth of the way to its bounds; base ${D.format(result.base, unit)}.` +
      (result.without_effect.length ? ` Without effect: ${result.without_effect.map((name) => parameter(name).label).join(", ")}.` : ""));
    D.tornadoChart(D.byId("tornado-chart"), metric(), result);
    const write = (bar, key) => D.driver(bar[key], parameter(bar.driver).unit);
    D.byId("tornado-table").replaceChildren(table(["Driver", "from", "to", `${metric().label} from`, "to", "elasticity"],
      result.bars.map((bar) => [bar.label, write(bar, "low"), write(bar, "high"), D.format(bar.at_low, unit), D.format(bar.at_high, unit),
        elasticity(bar.elasticity, parameter(bar.driver).unit)])));
  }

  function drawGoal(result) {
    const unit = metric().unit;
    say("goal-note", "Each driver alone, the others at their base values.");
    D.byId("goal-table").replaceChildren(table(["Driver", `for ${metric().label} ${D.format(result.target, unit)}`],
      result.rows.map((row) => [row.label, row.solutions.map((value) => D.driver(value, parameter(row.driver).unit)).join(" or ") ||
        (row.nearest ? `not within its bounds; nearest ${D.format(row.nearest.output, unit)}` : "no value")])));
  }

  function drawChance(result) {
    const told = result.outputs[0];
    const unit = metric().unit;
    if (told.mean === undefined) {
      say("chance-note", `${metric().label} has no value in any draw.`, true);
      return;
    }
    D.chanceChart(D.byId("chance-chart"), metric(), told);
    const shares = told.spread.map((row) => `${parameter(row.driver).label} ${Math.round(row.share * 100)} %`).join(", ");
    const failed = told.failed ? ` ${(told.failed * 100).toFixed(1)} % of the draws gave no number.` : "";
    say("chance-note", `${result.draws.toLocaleString("en-US")} draws, seed ${result.seed}. What drives the spread: ${shares}.${failed}`);
    const points = Object.entries(told.percentiles).map(([place, value]) => [`${place} % are below`, D.format(value, unit)]);
    const missed = told.breach ? [[`Misses ${D.inWords(told.breach.threshold, unit)}`, `${(told.breach.probability * 100).toFixed(1)} %`]] : [];
    D.byId("chance-table").replaceChildren(table([metric().label, ""], [["Mean", D.format(told.mean, unit)], ...points, ...missed]));
  }

  function spreads() {
    const chosen = {};
    for (const one of found.parameters) {
      const box = D.byId(`spread-${one.name}`);
      if (box.value !== "" && Number(box.value) !== 0) chosen[one.name] = { kind: "normal", mean: one.default, sd: tidy(Number(box.value) / scale(one.unit)) };
    }
    return chosen;
  }

  function spreadBox(one) {
    const id = `spread-${one.name}`;
    const usual = ["revenue_change", "expense_change"].includes(one.name) ? tidy(((one.high - one.low) / 20) * scale(one.unit)) : "";
    return D.el("div", { class: "spread" }, D.el("label", { for: id }, `${one.label}${one.unit === "percent" ? " (%)" : ""}`),
      D.el("input", { id, type: "number", min: 0, step: "any", inputmode: "decimal", value: usual, placeholder: "stays" }));
  }

  const acts = {
    tornado: () => answer("tornado-note", { kind: "tornado", output: metric().name }, drawTornado),
    goal: () => answer("goal-note", { kind: "break_even", output: metric().name,
      target: D.byId("goal-target").value === "" ? null : tidy(Number(D.byId("goal-target").value) / scale(metric().unit)) }, drawGoal),
    chance: () => answer("chance-note", { kind: "monte_carlo", distributions: spreads(), outputs: [metric().name], seed: Number(D.byId("chance-seed").value) }, drawChance),
  };

  function turn(name, focus) {
    for (const tab of document.querySelectorAll("#whatif [role=tab]")) {
      const on = tab.dataset.panel === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      D.byId(`${tab.dataset.panel}-panel`).hidden = !on;
      if (on && focus) tab.focus();
    }
    acts[name]();
  }

  /** Arrow keys, Home and End walk the tabs, as readers of a tab list expect. */
  function walk(event) {
    const tabs = [...document.querySelectorAll("#whatif [role=tab]")];
    const at = tabs.indexOf(event.currentTarget);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    turn(tabs[next % tabs.length].dataset.panel, true);
  }

  const shownTab = () => document.querySelector("#whatif [role=tab][aria-selected=true]").dataset.panel;

  function start() {
    const goal = D.threshold(metric().good);
    const factor = scale(metric().unit);
    D.byId("goal-target").value = tidy(Number(((goal ? goal.bound : metric().value) * factor).toPrecision(6)));
    D.byId("goal-label").textContent = `Target for ${metric().label}${factor === 100 ? " (%)" : ""}`;
  }

  /** The section, once there are drivers and a number; `request(url, options)` asks the server. */
  D.whatIf = function (results, request) {
    found = results;
    ask = request;
    const numbers = found.metrics.filter((one) => typeof one.value === "number");
    if (!numbers.length || !found.parameters.length) return;
    const choice = D.byId("whatif-output");
    choice.replaceChildren(...numbers.map((one) => D.el("option", { value: one.name }, one.label)));
    D.byId("spreads").replaceChildren(...found.parameters.map(spreadBox));
    choice.addEventListener("change", () => { start(); acts[shownTab()](); });
    for (const tab of document.querySelectorAll("#whatif [role=tab]")) {
      tab.addEventListener("click", () => turn(tab.dataset.panel, false));
      tab.addEventListener("keydown", walk);
    }
    for (const name of ["goal", "chance"]) D.byId(`${name}-form`).addEventListener("submit", (event) => { event.preventDefault(); acts[name](); });
    D.byId("whatif").hidden = false;
    start();
    turn("tornado", false);
  };
})(window.Dash);
