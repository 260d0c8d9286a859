"use strict";
/* The portfolio: the same scenarios over every member of a dimension, ranked, with totals, what could not be computed, a file. */
(function (D) {
  const Q = D.inquiry;
  // More bars than that nobody compares; the table has all.
  const MOST_BARS = 60;
  let found = null;
  let label = "";
  // "rank" orders by the chosen scenario, "member" by name.
  let sort = { by: "rank", back: false };

  const columns = () => found.scenarios.map((one) => one.name);
  const metric = () => found.metrics.find((one) => one.name === D.byId("portfolio-metric").value);
  const place = () => Number(D.byId("portfolio-in").value);

  /** The members by the metric in a scenario, the best first; equals share a rank, one without a value has none. */
  function ranked() {
    const sign = D.higherIsBetter(metric()) ? -1 : 1;
    const rows = found.members.map((one) => ({ name: one.member, values: one.scenarios.map((each) => each.metrics[metric().name]) }));
    const known = rows.map((row) => row.values[place()]).filter((value) => value !== null).sort((one, other) => sign * (one - other));
    return rows.map((row) => ({ ...row, rank: row.values[place()] === null ? null : known.indexOf(row.values[place()]) + 1 }))
      .sort((one, other) => (one.rank === null) - (other.rank === null) || one.rank - other.rank || one.name.localeCompare(other.name));
  }

  function ordered() {
    const rows = ranked();
    if (sort.by === "member") rows.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
    if (!sort.back) return rows;
    const without = sort.by === "rank" ? rows.filter((row) => row.rank === null) : [];
    return [...rows.filter((row) => !without.includes(row)).reverse(), ...without];
  }

  function inWords() {
    if (sort.by === "member") return `Sorted by name, ${sort.back ? "Z to A" : "A to Z"}.`;
    const up = D.higherIsBetter(metric()) === sort.back;
    // Without a threshold nothing says that more is better.
    const first = goal() ? `the ${sort.back ? "worst" : "best"}, which is the ${up ? "lowest" : "highest"},` : `the ${up ? "lowest" : "highest"}`;
    return `Ranked by ${metric().label} in ${columns()[place()]}: ${first} first.`;
  }

  const misses = (column) => found.members.filter((one) => D.meets(one.scenarios[column].metrics[metric().name], metric().good, metric().bad) === false).length;
  const goal = () => (metric().good ? `the goal of ${D.inWords(metric().good, metric().unit)}` : metric().bad ? `the limit (${D.inWords(metric().bad, metric().unit)} is bad)` : "");

  function totals() {
    D.byId("portfolio-totals").hidden = !found.total;
    D.byId("portfolio-total-note").textContent = found.total
      ? "Total: the same formulas over the rows of all members together. A ratio divides sums."
      : `There is no total. ${found.total_problem}`;
    if (!found.total) return;
    D.byId("portfolio-totals").replaceChildren(...found.total.map((one, column) => {
      const value = one.metrics[metric().name];
      const ok = D.meets(value, metric().good, metric().bad);
      return D.el("article", { class: `tile ${ok === null ? "" : ok ? "good" : "bad"}` }, D.el("h3", null, `Total, ${one.name}`),
        D.el("p", { class: "tile-value" }, D.format(value, metric().unit)),
        D.el("p", { class: "tile-change" }, goal() ? `${misses(column)} of ${found.members.length} miss ${goal()}` : ""));
    }));
  }

  function toggle(by, column) {
    const same = sort.by === by && (by === "member" || column === place());
    sort = { by, back: same && !sort.back };
    if (by === "rank") D.byId("portfolio-in").value = String(column);
    draw();
    const heads = [...D.byId("portfolio-table").querySelectorAll("thead button")];
    heads[by === "member" ? 0 : column + 1].focus();
  }

  function head(text, by, column) {
    const on = sort.by === by && (by === "member" || column === place());
    const up = by === "member" ? !sort.back : D.higherIsBetter(metric()) === sort.back;
    return D.el("th", { scope: "col", class: by === "rank" ? "number" : "", "aria-sort": on ? (up ? "ascending" : "descending") : "none" },
      D.el("button", { type: "button", onclick: () => toggle(by, column) }, text,
        D.el("span", { class: "arrow", "aria-hidden": "true" }, on ? (up ? "▲" : "▼") : "↕")));
  }

  function table(rows) {
    const cells = (values) => values.map((value) => D.judgedCell(value, metric()));
    const lines = rows.map((row) => D.el("tr", null, D.el("td", { class: "number" }, row.rank === null ? "–" : String(row.rank)),
      D.el("th", { scope: "row" }, row.name), ...cells(row.values)));
    const total = found.total ? D.el("tfoot", null, D.el("tr", null, D.el("td"), D.el("th", { scope: "row" }, "Total"),
      ...cells(found.total.map((one) => one.metrics[metric().name])))) : null;
    return D.el("table", { class: "ranking", "aria-describedby": "portfolio-order" },
      D.el("thead", null, D.el("tr", null, D.el("th", { scope: "col", class: "number" }, "Rank"), head(label, "member"),
        ...columns().map((name, column) => head(name, "rank", column)))),
      D.el("tbody", null, ...lines), total);
  }

  function draw() {
    totals();
    const bars = ranked().filter((row) => row.rank !== null);
    D.membersChart(D.byId("portfolio-chart"), metric(), bars.slice(0, MOST_BARS), place(), columns()[place()]);
    D.byId("portfolio-chart-note").textContent = bars.length > MOST_BARS ? `The chart shows the first ${MOST_BARS} of ${bars.length.toLocaleString("en-US")}.` : "";
    D.byId("portfolio-order").textContent = `${inWords()}${goal() ? ` ✕ misses ${goal()}.` : ""}`;
    D.byId("portfolio-table").replaceChildren(table(ordered()));
  }

  function notes() {
    const count = found.not_computed.length;
    const holder = D.byId("portfolio-uncomputed");
    holder.hidden = !count;
    holder.querySelector("summary").textContent = `${count} could not be computed`;
    holder.querySelector("ul").replaceChildren(...found.not_computed.map((one) => D.el("li", null, D.el("strong", null, one.member), `: ${one.reason} ${one.hint}`.trimEnd())));
    const sources = D.byId("portfolio-sources");
    sources.hidden = !found.sources.length;
    sources.querySelector("summary").textContent = "What was read for all together";
    sources.querySelector("div").replaceChildren(...found.sources.flatMap((one) =>
      [D.el("p", { class: "meta" }, `${D.label(one.name)}: ${one.rows.toLocaleString("en-US")} rows`), D.el("pre", null, one.sql)]));
  }

  const fill = (id, options, before) => {
    D.byId(id).replaceChildren(...options.map(([value, text]) => D.el("option", { value }, text)));
    if (options.some(([value]) => String(value) === before)) D.byId(id).value = before;
  };

  function show(answer, chosen) {
    found = answer;
    label = chosen;
    sort = { by: "rank", back: false };
    fill("portfolio-metric", found.metrics.map((one) => [one.name, one.label]), D.byId("portfolio-metric").value);
    fill("portfolio-in", columns().map((name, column) => [String(column), name]), "0");
    D.byId("portfolio-in").disabled = false;
    const left = found.not_computed.length ? `; ${found.not_computed.length} could not be` : "";
    Q.say("portfolio-note", `${found.members.length} computed${left}. Read ${D.when(found.read_at)}.`);
    D.byId("portfolio-answer").hidden = false;
    notes();
    draw();
  }

  function save() {
    const rows = ordered().map((row) => [row.rank, row.name, ...row.values]);
    const total = found.total ? [[null, "Total", ...found.total.map((one) => one.metrics[metric().name])]] : [];
    D.saveCsv(`portfolio-${found.by}.csv`, [["Rank", label, ...columns()], ...rows, ...total]);
  }

  /** The section, where the link may ask for it; `request(url, options)` asks the server. */
  D.everyMember = async function (results, request) {
    const form = D.byId("portfolio-form");
    const picks = D.scenarioPicks(D.byId("portfolio-scenarios"));
    D.byId("portfolio").hidden = false;
    let known = {};
    try {
      known = (await request("api/portfolio")).dimensions;
    } catch (error) {
      Q.say("portfolio-note", `${error.message} ${error.hint || ""}`.trim(), true);
    }
    fill("portfolio-by", Object.entries(known), "");
    const numbers = results.metrics.filter((one) => typeof one.value === "number");
    fill("portfolio-metric", numbers.map((one) => [one.name, one.label]), "");
    fill("portfolio-in", [["0", "Base"]], "0");
    D.byId("portfolio-in").disabled = true;
    if (!Object.keys(known).length) {
      for (const part of [form.querySelector(".spreads"), form.querySelector("[type=submit]")]) part.hidden = true;
      picks.leave();
      if (!D.byId("portfolio-note").textContent) Q.say("portfolio-note", "This answer filters by no column that has members, so there is no portfolio to run it over.");
      return;
    }
    for (const id of ["portfolio-metric", "portfolio-in"]) D.byId(id).addEventListener("change", () => { sort = { by: "rank", back: false }; if (found) draw(); });
    D.byId("portfolio-csv").addEventListener("click", save);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const by = D.byId("portfolio-by").value;
      D.askOutside(form, request, "api/portfolio", { by, scenarios: picks.chosen() }, (answer) => show(answer, known[by]));
    });
  };
})(window.Dash);
