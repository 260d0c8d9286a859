"use strict";
/* Fresh data: the sources read again on demand, what changed in their rows, and what that does to each scenario. */
(function (D) {
  const Q = D.inquiry;
  let found = null;
  const KINDS = ["added", "removed", "changed"];

  const count = (value) => value.toLocaleString("en-US");
  const changed = (source) => KINDS.filter((kind) => source[kind]).map((kind) => `${count(source[kind])} ${kind}`).join(", ");

  function told() {
    const [then, now] = [D.when(found.read_before), D.when(found.read_after)];
    const moved = found.sources.filter(changed);
    const times = `Read before ${then}, now ${now}.`;
    if (!moved.length) return `Nothing changed in the data. ${times}`;
    return `Rows that changed: ${moved.map((source) => `${D.label(source.name)} ${changed(source)}`).join("; ")}. ${times}`;
  }

  function rows() {
    const moved = found.sources.filter((source) => source.examples.length);
    D.byId("fresh-rows").hidden = !moved.length;
    D.byId("fresh-rows").querySelector("div").replaceChildren(...moved.map((source) => {
      const cell = (text) => D.el("td", null, text || "–");
      const made = D.el("table", { class: "row-changes" },
        D.el("thead", null, D.el("tr", null, ...["Change", "Row", "Column", "Before", "Now"].map((text) => D.el("th", { scope: "col" }, text)))),
        D.el("tbody", null, ...source.examples.map((one) => D.el("tr", null, D.el("th", { scope: "row" }, one.change),
          cell(one.row || "the only one"), cell(one.column && D.label(one.column)), cell(one.before), cell(one.after)))));
      const all = source.added + source.removed + source.changed;
      return D.el("div", { class: "node" }, D.el("h3", null, D.label(source.name)),
        D.el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Rows of ${D.label(source.name)} that changed` }, made),
        all > source.examples.length ? D.el("p", { class: "meta" }, `The first changes of ${count(all)} rows.`) : null);
    }));
  }

  function sources() {
    D.byId("fresh-sources").replaceChildren(Q.table(["Source", "Added", "Removed", "Changed", "Rows before", "Rows now"], found.sources.map((one) =>
      [D.label(one.name), ...KINDS.map((kind) => count(one[kind])), count(one.rows_before), count(one.rows_after)])));
  }

  /** The difference, and its share of the number before, each in one piece where there is little room. */
  const change = (one) => (D.difference(one.after, one.before, one.unit) || "n/a").split(/ (?=\()/).flatMap((part) => [D.el("span", null, part), " "]);

  function moved() {
    const groups = [...new Set(found.moved.map((one) => one.scenario))].flatMap((scenario) => [
      D.el("tr", { class: "group" }, D.el("th", { scope: "colgroup", colspan: 4 }, scenario)),
      ...found.moved.filter((one) => one.scenario === scenario).map((one) => D.el("tr", null, D.el("th", { scope: "row" }, one.label),
        D.judgedCell(one.before, one), D.judgedCell(one.after, one),
        D.el("td", { class: "number change" }, ...change(one)))),
    ]);
    D.byId("fresh-moved").replaceChildren(D.el("table", { class: "comparison" },
      D.el("thead", null, D.el("tr", null, D.el("th", { scope: "col" }, "Figure"), ...["Before", "Now", "Change"].map((text) => D.el("th", { scope: "col", class: "number" }, text)))),
      D.el("tbody", null, ...groups)));
  }

  function chart() {
    const chosen = found.moved.filter((one) => one.name === D.byId("fresh-metric").value);
    if (chosen.length) D.thenAndNowChart(D.byId("fresh-chart"), chosen[0], chosen);
  }

  function show(answer) {
    found = answer;
    Q.say("fresh-note", told());
    D.byId("fresh-run").hidden = !found.sources.some(changed);
    D.byId("fresh-run").replaceChildren(found.dashboard
      ? D.el("a", { href: found.dashboard, target: "_blank", rel: "noopener" }, "Open the dashboard with the new data")
      : `The run with the new data is ${found.after}.`);
    const names = new Map(found.moved.map((one) => [one.name, one.label]));
    const before = D.byId("fresh-metric").value;
    D.byId("fresh-metric").replaceChildren(...[...names].map(([value, text]) => D.el("option", { value, selected: value === before }, text)));
    D.byId("fresh-answer").hidden = false;
    sources();
    rows();
    moved();
    chart();
  }

  /** The section, where the link may ask for it; `request(url, options)` asks the server. */
  D.freshData = function (results, request) {
    const form = D.byId("fresh-form");
    const picks = D.scenarioPicks(D.byId("fresh-scenarios"));
    D.byId("fresh-metric").addEventListener("change", chart);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      D.askOutside(form, request, "api/refresh", { scenarios: picks.chosen() }, show);
    });
    D.byId("fresh").hidden = false;
  };
})(window.Dash);
