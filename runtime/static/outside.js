"use strict";
/* What a workbench answers beside the sandbox: of which scenarios it is asked, and a refusal at the field concerned. */
(function (D) {
  const Q = D.inquiry;
  const hearers = [];
  let offered = [];

  /** The scenarios there are to choose from have changed. */
  D.offerScenarios = function (list) {
    offered = list;
    hearers.forEach((hear) => hear());
  };

  /** A box a scenario, ticked until it is unticked; `chosen()` gives those ticked as the server takes them, `leave()` offers none. */
  D.scenarioPicks = function (fieldset) {
    const left = new Set();
    const pick = (one) => D.el("label", { class: "pick" },
      D.el("input", { type: "checkbox", checked: !left.has(one.name), "data-scenario": one.name,
        onchange: (event) => (event.target.checked ? left.delete(one.name) : left.add(one.name)) }), one.name);
    const draw = () => {
      fieldset.hidden = !offered.length;
      fieldset.querySelector(".picks-list").replaceChildren(...offered.map(pick));
    };
    const leave = () => {
      hearers.splice(hearers.indexOf(draw), 1);
      fieldset.hidden = true;
    };
    hearers.push(draw);
    draw();
    return { leave, chosen: () => offered.filter((one) => !left.has(one.name)).map((one) => ({ ...one.values, name: one.name })) };
  };

  function mark(form, message) {
    const field = /^([^:]+): /.exec(message);
    for (const input of form.querySelectorAll("[data-field], [data-scenario]")) {
      const own = input.dataset.field ? field && field[1] === input.dataset.field
        : message.startsWith(`${input.dataset.scenario}, `) || message.startsWith(`${input.dataset.scenario}: `);
      input.setAttribute("aria-invalid", String(Boolean(own)));
    }
  }

  /** Asks what takes long, one at a time; what is shown stays until the answer is there. */
  D.askOutside = async function (form, ask, url, content, draw) {
    const button = form.querySelector("[type=submit]");
    const note = form.querySelector("[role=status]").id;
    button.disabled = true;
    mark(form, "");
    Q.say(note, "Reading and computing…");
    try {
      draw(await ask(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) }));
    } catch (error) {
      mark(form, error.message);
      if (error.name === "AbortError") Q.say(note, "Cancelled.");
      else Q.say(note, `${error.message} ${error.hint || ""}`.trim(), true);
    } finally {
      button.disabled = false;
    }
  };

  /** A number with what it says of its threshold, for eyes and ears. */
  D.judgedCell = function (value, metric) {
    const missed = D.meets(value, metric.good, metric.bad) === false;
    return D.el("td", { class: missed ? "number bad" : "number" }, missed ? D.el("span", { "aria-hidden": "true" }, "✕ ") : null,
      D.format(value, metric.unit), missed ? D.el("span", { class: "hidden" }, " misses its threshold") : null);
  };

  const quoted = (value) => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    // A text that a spreadsheet would take for a formula is kept a text.
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };

  /** Rows as a file in the reader's downloads; the mark at its beginning says UTF-8 to spreadsheets. */
  D.saveCsv = function (name, rows) {
    const text = `\ufeff${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
    const link = D.el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" })), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
})(window.Dash);
