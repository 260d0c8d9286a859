"use strict";
/* Where each figure comes from: definition, formula with its values, inputs, down to the query. */
(function (D) {
  function index(found) {
    const of = (items) => new Map(items.map((item) => [item.name, item]));
    return {
      quantities: of(found.quantities),
      sources: of(found.sources),
      parameters: of(found.parameters),
      metrics: of(found.metrics),
      values: found.values,
    };
  }

  const nameOf = (known, name) =>
    (known.metrics.get(name) || known.parameters.get(name) || { label: D.label(name) }).label;

  function valueOf(known, name) {
    const quantity = known.quantities.get(name);
    if (quantity) return quantity.value === null ? null : D.format(quantity.value, quantity.unit);
    const parameter = known.parameters.get(name);
    return parameter ? D.driver(known.values[name], parameter.unit) : null;
  }

  /** The arithmetic with each name replaced by its value. */
  function withValues(known, quantity) {
    if (!quantity.arithmetic || !quantity.inputs.length) return "";
    return quantity.formula.replace(/[A-Za-z_]\w*/g, (name) => {
      const found = known.quantities.get(name);
      const value = found ? found.value : known.values[name];
      if (typeof value !== "number") return name;
      const text = found ? D.format(value, found.unit) : String(value);
      return value < 0 ? `(${text})` : text;
    });
  }

  function sourceNode(source, seen) {
    const title = [D.el("strong", null, D.label(source.name)), " ", D.el("span", { class: "tag" }, "source"), " "];
    if (seen.has(source.name)) return D.el("div", { class: "node" }, D.el("p", null, ...title, D.el("span", { class: "meta" }, "shown above")));
    seen.add(source.name);
    const bound = Object.entries(source.bound || {}).map(([name, value]) => `:${name} = ${JSON.stringify(value)}`);
    const rows = `${Number(source.rows).toLocaleString("en-US")} rows, read ${D.when(source.read_at)}`;
    return D.el("div", { class: "node source" },
      D.el("p", null, ...title, rows,
        source.seconds ? ` in ${source.seconds} s` : ""),
      source.origin ? D.el("p", { class: "meta" }, `From ${source.origin}`) : null,
      D.el("pre", null, source.sql || ""),
      bound.length ? D.el("p", { class: "meta" }, `Values bound: ${bound.join(", ")}`) : null);
  }

  function parameterNode(known, parameter) {
    return D.el("div", { class: "node" }, D.el("p", null,
      D.el("strong", null, parameter.label), " ", D.el("span", { class: "tag" }, "driver"), " ",
      D.driver(known.values[parameter.name], parameter.unit),
      ` (from ${D.driver(parameter.low, parameter.unit)} to ${D.driver(parameter.high, parameter.unit)})`));
  }

  function quantityNode(known, name, seen) {
    const quantity = known.quantities.get(name);
    const value = valueOf(known, name);
    const node = D.el("div", { class: "node" }, D.el("p", null,
      D.el("strong", null, nameOf(known, name)), value === null ? " (table)" : ` ${value}`));
    if (seen.has(name)) {
      node.firstChild.append(D.el("span", { class: "meta" }, " explained above"));
      return node;
    }
    seen.add(name);
    if (quantity.definition) node.append(D.el("p", { class: "meta" }, quantity.definition));
    const filled = withValues(known, quantity);
    node.append(D.el("pre", null, `${quantity.formula.includes("\n") ? "" : `${name} = `}${quantity.formula}` +
      (filled ? `\n${" ".repeat(name.length)} = ${filled} = ${value}` : "")));
    if (quantity.inputs.length) {
      node.append(D.el("ul", { class: "tree" }, ...quantity.inputs.map((input) => D.el("li", null, explain(known, input, seen)))));
    }
    return node;
  }

  function explain(known, name, seen) {
    if (known.sources.has(name)) return sourceNode(known.sources.get(name), seen);
    if (known.parameters.has(name)) return parameterNode(known, known.parameters.get(name));
    return quantityNode(known, name, seen);
  }

  /** One closed panel a metric; its tree is drawn when opened, so that a slider stays quick. */
  D.explainPanels = function (holder) {
    let found = null;
    const panels = new Map();

    function fill(name) {
      const panel = panels.get(name);
      panel.body.replaceChildren(explain(index(found), name, new Set()));
    }

    return function update(next) {
      found = next;
      for (const metric of next.metrics) {
        if (!panels.has(metric.name)) {
          const body = D.el("div", { class: "explained" });
          const text = D.el("span", { class: "meta" });
          const details = D.el("details", { ontoggle: () => details.open && fill(metric.name) },
            D.el("summary", null, D.el("span", null, `How is ${metric.label} computed`), text), body);
          panels.set(metric.name, { details, body, text });
          holder.append(details);
        }
        const panel = panels.get(metric.name);
        panel.text.textContent = metric.text;
        if (panel.details.open) fill(metric.name);
      }
    };
  };
})(window.Dash);
