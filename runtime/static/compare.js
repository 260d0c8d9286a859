"use strict";
/* Scenarios side by side: drivers and metrics in rows, scenarios in columns, differences to the base, breaches marked. */
(function (D) {
  function driverRows(found, columns) {
    return found.parameters
      .filter((parameter) => columns.some((one) => one.parameters[parameter.name] !== parameter.default))
      .map((parameter) => D.el("tr", null, D.el("th", { scope: "row" }, parameter.label),
        ...columns.map((one) => {
          const value = one.parameters[parameter.name];
          return D.el("td", { class: value === parameter.default ? "number quiet" : "number" }, D.driver(value, parameter.unit));
        })));
  }

  function metricCell(metric, value, base) {
    const verdict = D.judge(value, metric);
    const tone = verdict.ok === null ? "" : verdict.ok ? "good" : "bad";
    const cell = D.el("td", { class: `number ${tone}` }, D.el("strong", null, D.format(value, metric.unit)));
    if (base !== undefined) cell.append(D.el("span", { class: "under" }, value === null ? "no value here" : D.difference(value, base, metric.unit)));
    if (verdict.ok !== null) cell.append(D.el("span", { class: `under ${tone}` }, `${verdict.icon} ${verdict.text}`));
    return cell;
  }

  function metricRows(metrics, columns) {
    return metrics.map((metric) => D.el("tr", { class: "metric" }, D.el("th", { scope: "row" }, metric.label),
      ...columns.map((one, index) => metricCell(metric, one.metrics[metric.name], index ? columns[0].metrics[metric.name] : undefined))));
  }

  /** Draws the comparison of `columns` (the base first); `remove`, `copy` and `show` act on a scenario. */
  D.comparison = function (found, columns, { remove, copy, show }) {
    const metrics = found.metrics.filter((metric) => columns[0].metrics[metric.name] !== undefined);
    const heads = columns.map((one, index) => D.el("th", { scope: "col", class: "number" }, index
      ? D.el("span", { class: "scenario-head" },
        D.el("button", { class: "plain name", type: "button", title: "Set the sliders to this scenario", onclick: () => show(index - 1) }, one.name),
        D.el("button", { class: "plain", type: "button", "aria-label": `Copy ${one.name}`, onclick: () => copy(index - 1) }, "copy"),
        D.el("button", { class: "plain", type: "button", "aria-label": `Remove ${one.name}`, onclick: () => remove(index - 1) }, "✕"))
      : one.name));
    const group = (label) => D.el("tr", { class: "group" }, D.el("th", { scope: "colgroup", colspan: columns.length + 1 }, label));
    const drivers = driverRows(found, columns);
    const body = D.el("tbody", null, ...(drivers.length ? [group("Drivers"), ...drivers] : []), group("Figures"), ...metricRows(metrics, columns));
    D.byId("comparison-table").replaceChildren(D.el("table", { class: "comparison" },
      D.el("thead", null, D.el("tr", null, D.el("th", { scope: "col" }, ""), ...heads)), body));
    metricChoice(metrics, columns);
  };

  function metricChoice(metrics, columns) {
    const choice = D.byId("comparison-metric");
    const before = choice.value;
    choice.replaceChildren(...metrics.map((metric) => D.el("option", { value: metric.name }, metric.label)));
    if (metrics.some((metric) => metric.name === before)) choice.value = before;
    const draw = () => {
      const metric = metrics.find((one) => one.name === choice.value);
      if (!metric) return;
      const holder = D.byId("comparison-chart");
      holder.setAttribute("role", "img");
      holder.setAttribute("aria-label", `${metric.label} by scenario, bar chart`);
      D.comparisonChart(holder, metric, columns.map((one) => ({ name: one.name, value: one.metrics[metric.name] })));
    };
    choice.onchange = draw;
    draw();
  }

  // A longer formula is under "How is this computed".
  const LONGEST = 60;

  function movedRow(quantity, columns) {
    const steps = columns.map((one) => (one.steps || []).find((step) => step.name === quantity));
    const any = steps.find(Boolean);
    return D.el("tr", null, D.el("th", { scope: "row" }, any.label, any.formula.length <= LONGEST ? D.el("span", { class: "under" }, any.formula) : null),
      D.el("td", { class: "number" }, D.format(any.base, any.unit)),
      ...steps.slice(1).map((step) => D.el("td", { class: step ? "number" : "number quiet" }, D.format(step ? step.value : any.base, any.unit),
        step ? D.el("span", { class: "under" }, D.difference(step.value, step.base, step.unit)) : null)));
  }

  /** What stands behind the comparison: the quantities that moved, as computed, and what each scenario assumes. */
  D.behind = function (found, columns) {
    const told = columns.some((one) => one.steps && one.steps.length);
    D.byId("moved").hidden = !told;
    D.byId("assumed").hidden = !columns.some((one) => one.assumes);
    if (!told) return;
    const names = new Set(columns.flatMap((one) => one.steps.map((step) => step.name)));
    const ordered = found.quantities.map((one) => one.name).filter((name) => names.has(name));
    D.byId("moved-table").replaceChildren(D.el("table", { class: "steps" },
      D.el("thead", null, D.el("tr", null, D.el("th", { scope: "col" }, "Quantity"), ...columns.map((one) => D.el("th", { scope: "col", class: "number" }, one.name)))),
      D.el("tbody", null, ...ordered.map((name) => movedRow(name, columns)))));
    D.byId("assumed-list").replaceChildren(...columns.slice(1).flatMap((one) =>
      [D.el("h3", null, one.name), D.el("ul", { class: "said" }, ...one.assumes.map((line) => D.el("li", null, line)))]));
  };

  /** Every download link carries the compared scenarios. */
  D.downloads = function (scenarios) {
    const sent = scenarios.map((one) => ({ name: one.name, ...one.values }));
    const more = sent.length ? `&scenarios=${encodeURIComponent(JSON.stringify(sent))}` : "";
    for (const link of document.querySelectorAll("a[data-format]")) link.href = `api/download?format=${link.dataset.format}${more}`;
    for (const link of document.querySelectorAll("a[data-scenarios]")) link.href = `api/scenarios?format=${link.dataset.scenarios}${more}`;
    D.byId("download-note").textContent = sent.length ? `Download with ${sent.length} ${sent.length === 1 ? "scenario" : "scenarios"}` : "Download";
  };
})(window.Dash);
