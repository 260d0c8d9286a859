"use strict";
/* Tables of the view: sorted by click, formatted by unit, drawn a page of rows at a time. */
(function (D) {
  const PAGE = 100;

  const order = (one, other) => {
    if (one === null || other === null) return (one === null) - (other === null);
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), undefined, { numeric: true });
  };

  /** The card of one table; `update(table)` of the result shows other rows and keeps the sort. */
  D.tableCard = function (name, first) {
    let table = first;
    let sort = null;
    let shown = PAGE;
    const count = D.el("span", { class: "meta" });
    const body = D.el("tbody");
    const head = D.el("tr");
    const more = D.el("button", { class: "plain", type: "button", onclick: () => { shown += PAGE * 5; rows(); } });
    const numeric = (index) => table.rows.some((row) => typeof row[index] === "number");

    function sorted() {
      if (!sort) return table.rows;
      const sign = sort.down ? -1 : 1;
      return [...table.rows].sort((one, other) => {
        const [a, b] = [one[sort.column], other[sort.column]];
        return a === null || b === null ? order(a, b) : sign * order(a, b);
      });
    }

    function toggle(index) {
      sort = sort && sort.column === index ? { column: index, down: !sort.down } : { column: index, down: numeric(index) };
      heads();
      rows();
      head.children[index].querySelector("button").focus();
    }

    function heads() {
      head.replaceChildren(...table.columns.map((column, index) => {
        const now = sort && sort.column === index ? (sort.down ? "descending" : "ascending") : "none";
        const arrow = { ascending: "▲", descending: "▼", none: "↕" }[now];
        return D.el("th", { scope: "col", "aria-sort": now, class: numeric(index) ? "number" : "" },
          D.el("button", { type: "button", onclick: () => toggle(index) },
            D.label(column), D.el("span", { class: "arrow", "aria-hidden": "true" }, arrow)));
      }));
    }

    function rows() {
      const units = table.columns.map((column) => table.units[column] || "");
      const right = table.columns.map((_, index) => numeric(index));
      body.replaceChildren(...sorted().slice(0, shown).map((row) => D.el("tr", null, ...row.map((value, index) =>
        D.el("td", { class: right[index] ? "number" : "" }, value === null ? "–" : D.format(value, units[index]))))));
      if (!table.rows.length) {
        body.append(D.el("tr", null, D.el("td", { colspan: table.columns.length || 1, class: "meta" }, "No rows.")));
      }
      const visible = Math.min(shown, table.rows.length);
      count.textContent = visible < table.total
        ? `${visible.toLocaleString("en-US")} of ${table.total.toLocaleString("en-US")} rows`
        : `${table.total.toLocaleString("en-US")} ${table.total === 1 ? "row" : "rows"}`;
      more.hidden = visible >= table.rows.length;
      more.textContent = "Show more rows";
    }

    const link = D.el("a", {
      class: "meta", download: true, "aria-label": `Download ${first.label} as CSV`,
      href: `api/download?format=csv&table=${encodeURIComponent(name)}`,
    }, "CSV");
    const card = D.el("section", { class: "card table-card", "aria-label": first.label },
      D.el("div", { class: "card-head" }, D.el("h2", null, first.label), D.el("span", { class: "meta" }, count, " · ", link)),
      D.el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": `${first.label}, table` },
        D.el("table", null, D.el("thead", null, head), body)),
      more);
    heads();
    rows();
    return { card, update: (next) => { table = next; heads(); rows(); } };
  };
})(window.Dash);
