"use strict";
/* Chance: a distribution for each driver, the spread of the output, how likely a threshold is missed. */
(function (D) {
  const Q = D.inquiry;
  const KINDS = [["none", "stays"], ["normal", "normal"], ["lognormal", "lognormal"], ["triangular", "triangular"], ["pert", "PERT"],
    ["uniform", "uniform"], ["discrete", "discrete"], ["history", "from history"]];
  const THREE = [["low", "low"], ["mode", "most likely"], ["high", "high"]];
  const NUMBERS = {
    normal: [["mean", "mean"], ["sd", "standard deviation"]],
    lognormal: [["mean", "mean of the logarithm"], ["sd", "its standard deviation"]],
    triangular: THREE, pert: THREE, uniform: [THREE[0], THREE[2]],
  };

  const factor = (one, kind) => (kind === "lognormal" ? 1 : Q.scale(one.unit));

  function usual(one, kind, field) {
    if (kind === "lognormal") return field === "mean" ? -3 : 0.5;
    const reach = (one.high - one.low) / 20;
    return { sd: reach, low: one.default - reach, high: one.default + reach }[field] ?? one.default;
  }

  function box(one, field, label, attributes) {
    const id = `d-${one.name}-${field}`;
    return D.el("div", { class: "spread" }, D.el("label", { for: id }, label),
      D.el("input", { id, "data-field": `${one.name} ${field}`, ...attributes }));
  }

  function inputs(one, kind) {
    const unit = factor(one, kind) === 100 ? " (%)" : "";
    if (NUMBERS[kind]) {
      return NUMBERS[kind].map(([field, label]) => box(one, field, `${label}${unit}`,
        { type: "number", step: "any", inputmode: "decimal", value: Q.tidy(usual(one, kind, field) * factor(one, kind)) }));
    }
    if (kind === "none") return [];
    const reach = ((one.high - one.low) / 20) * Q.scale(one.unit);
    const middle = one.default * Q.scale(one.unit);
    const values = [middle - reach, middle, middle + reach].map(Q.tidy).join("; ");
    const list = [box(one, "values", `values${unit}, parted by ;`, { type: "text", value: values })];
    if (kind === "discrete") list.push(box(one, "weights", "weights, parted by ;", { type: "text", value: "1; 2; 1" }));
    return list;
  }

  function driver(one) {
    const first = ["revenue_change", "expense_change"].includes(one.name) ? "normal" : "none";
    const holder = D.el("div", { class: "numbers" }, ...inputs(one, first));
    const changed = (event) => holder.replaceChildren(...inputs(one, event.target.value));
    return D.el("fieldset", { class: "distribution" }, D.el("legend", { class: "hidden" }, one.label),
      Q.choice(`d-${one.name}`, one.label, KINDS, first, changed), holder);
  }

  const listed = (text, scale) => text.replace(/%/g, "").split(";").map((part) => part.trim()).filter(Boolean)
    .map((part) => (Number.isNaN(Number(part)) ? part : Q.tidy(Number(part) / scale)));

  function distribution(one) {
    const kind = D.byId(`d-${one.name}`).value;
    if (kind === "none") return null;
    const read = (field) => D.byId(`d-${one.name}-${field}`).value;
    const given = { kind };
    for (const [field] of NUMBERS[kind] || []) given[field] = read(field) === "" ? null : Q.tidy(Number(read(field)) / factor(one, kind));
    if (!NUMBERS[kind]) given.values = listed(read("values"), Q.scale(one.unit));
    if (kind === "discrete") given.weights = listed(read("weights"), 1);
    return given;
  }

  function draw(result) {
    const told = result.outputs[0];
    const unit = Q.metric().unit;
    if (told.mean === undefined) {
      Q.say("chance-note", `${Q.metric().label} has no value in any draw.`, true);
      return;
    }
    D.chanceChart(D.byId("chance-chart"), Q.metric(), told);
    const shares = told.spread.map((row) => `${Q.parameter(row.driver).label} ${Math.round(row.share * 100)} %`).join(", ");
    const failed = told.failed ? ` ${(told.failed * 100).toFixed(1)} % of the draws gave no number.` : "";
    const settled = told.convergence.slice(-3).map((step) => `${D.format(step.mean, unit)} after ${step.draws.toLocaleString("en-US")}`).join(", ");
    Q.say("chance-note", `${result.draws.toLocaleString("en-US")} draws, seed ${result.seed}. What drives the spread: ${shares}. Mean: ${settled}.${failed}`);
    const points = Object.entries(told.percentiles).map(([place, value]) => [`${place} % are below`, D.format(value, unit)]);
    const percent = (value) => `${(value * 100).toFixed(1)} %`;
    const missed = told.breach ? [[`Misses ${D.inWords(told.breach.threshold, unit)}`,
      `${percent(told.breach.probability)} (${told.breach.interval.map(percent).join(" to ")})`]] : [];
    D.byId("chance-table").replaceChildren(Q.table([Q.metric().label, ""],
      [["Mean", D.format(told.mean, unit)], ["Standard deviation", D.format(told.sd, unit)], ...points, ...missed]));
  }

  D.tab("chance", {
    start(again) {
      if (!again) D.byId("spreads").replaceChildren(...Q.parameters().map(driver));
    },
    act() {
      const chosen = Q.parameters().map((one) => [one.name, distribution(one)]).filter(([, given]) => given);
      Q.answer("chance-note", { kind: "monte_carlo", distributions: Object.fromEntries(chosen), outputs: [Q.metric().name],
        seed: Number(D.byId("chance-seed").value), draws: Number(D.byId("chance-draws").value) }, draw);
    },
  });
})(window.Dash);
