"use strict";
/* Beyond scenarios: the tabs, and what each asks the server with. Every tab registers itself by `D.tab`. */
(function (D) {
  let found = null;
  let ask = null;
  let asked = 0;
  const tabs = {};

  const Q = (D.inquiry = {
    metric: () => found.metrics.find((one) => one.name === D.byId("whatif-output").value),
    parameter: (name) => found.parameters.find((one) => one.name === name),
    parameters: () => found.parameters,
    scale: (unit) => (unit === "percent" ? 100 : 1),
    tidy: (value) => Number(value.toPrecision(12)),
    inUnit: (one) => `${one.label}${one.unit === "percent" ? " (%)" : ""}`,
    number: (id, unit) => (D.byId(id).value === "" ? null : Q.tidy(Number(D.byId(id).value) / Q.scale(unit))),
  });

  /** A refusal stays beside the form it concerns, its field marked; what was entered stays too. */
  Q.say = function (id, text, bad) {
    D.byId(id).textContent = text;
    D.byId(id).classList.toggle("refused", Boolean(bad));
  };

  function mark(panel, message) {
    const field = /^([^:]+): /.exec(message);
    for (const input of panel.querySelectorAll("[data-field]")) {
      const own = Boolean(field) && (input.dataset.field === field[1] || input.dataset.field.split(" ")[0] === field[1]);
      input.setAttribute("aria-invalid", String(own));
    }
  }

  /** Asks the question and draws the answer; the newest question wins. */
  Q.answer = async function (note, question, draw) {
    asked += 1;
    const mine = asked;
    const panel = D.byId(note).closest("[role=tabpanel]");
    try {
      const result = await ask("api/what-if", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question),
      });
      mark(panel, "");
      if (mine === asked) draw(result);
    } catch (error) {
      if (error.name === "AbortError") Q.say(note, "Cancelled.");
      else if (mine === asked) {
        mark(panel, error.message);
        Q.say(note, `${error.message} ${error.hint || ""}`.trim(), true);
      }
    }
  };

  Q.table = (heads, rows) => D.el("table", null,
    D.el("thead", null, D.el("tr", null, ...heads.map((text, index) => D.el("th", { scope: "col", class: index ? "number" : "" }, text)))),
    D.el("tbody", null, ...rows.map(([first, ...rest]) => D.el("tr", null, D.el("th", { scope: "row" }, first),
      ...rest.map((text) => D.el("td", { class: "number" }, text))))));

  Q.choice = (id, label, options, chosen, changed) => D.el("div", { class: "spread" }, D.el("label", { for: id }, label),
    D.el("select", { id, onchange: changed }, ...options.map(([value, text]) => D.el("option", { value, selected: value === chosen }, text))));

  /** A tab of the section: `start()` fills its form, `act()` asks, whenever it is opened or the output changes. */
  D.tab = (name, parts) => { tabs[name] = parts; };

  function turn(name, focus) {
    for (const tab of document.querySelectorAll("#whatif [role=tab]")) {
      const on = tab.dataset.panel === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      D.byId(`${tab.dataset.panel}-panel`).hidden = !on;
      if (on && focus) tab.focus();
    }
    tabs[name].act();
  }

  /** Arrow keys, Home and End walk the tabs, as readers of a tab list expect. */
  function walk(event) {
    const list = [...document.querySelectorAll("#whatif [role=tab]")];
    const at = list.indexOf(event.currentTarget);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1 + list.length, Home: 0, End: list.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    turn(list[next % list.length].dataset.panel, true);
  }

  const shownTab = () => document.querySelector("#whatif [role=tab][aria-selected=true]").dataset.panel;

  /** The section, once there are drivers and a number; `request(url, options)` asks the server. */
  D.whatIf = function (results, request) {
    found = results;
    ask = request;
    const numbers = found.metrics.filter((one) => typeof one.value === "number");
    if (!numbers.length || !found.parameters.length) return;
    const choice = D.byId("whatif-output");
    choice.replaceChildren(...numbers.map((one) => D.el("option", { value: one.name }, one.label)));
    const start = (again) => Object.values(tabs).forEach((tab) => tab.start(again));
    choice.addEventListener("change", () => { start(true); tabs[shownTab()].act(); });
    for (const tab of document.querySelectorAll("#whatif [role=tab]")) {
      tab.addEventListener("click", () => turn(tab.dataset.panel, false));
      tab.addEventListener("keydown", walk);
    }
    for (const form of document.querySelectorAll("#whatif form")) form.addEventListener("submit", (event) => { event.preventDefault(); tabs[shownTab()].act(); });
    D.byId("whatif").hidden = false;
    start(false);
    turn("tornado", false);
  };
})(window.Dash);
