"use strict";
/* The simulation panel: a slider and a number box for each driver, and scenarios that are offered ready-made. */
(function (D) {
  const scale = (parameter) => (parameter.unit === "percent" ? 100 : 1);
  const tidy = (value) => Number(value.toPrecision(12));

  function onGrid(parameter) {
    const steps = (parameter.default - parameter.low) / parameter.step;
    return Math.abs(steps - Math.round(steps)) < 1e-6;
  }

  function driverRow(parameter, changed) {
    const id = `driver-${parameter.name}`;
    const factor = scale(parameter);
    const [low, high] = [parameter.low * factor, parameter.high * factor].map(tidy);
    const step = onGrid(parameter) ? tidy(parameter.step * factor) : "any";
    const text = D.el("output", { class: "driver-value", for: id });
    const slider = D.el("input", { type: "range", id, min: low, max: high, step });
    const box = D.el("input", { type: "number", min: low, max: high, step: "any", inputmode: "decimal",
      "aria-label": `${parameter.label}${factor === 100 ? ", in percent" : parameter.unit ? `, ${parameter.unit}` : ""}` });
    const row = D.el("div", { class: "driver" },
      D.el("div", { class: "driver-head" }, D.el("label", { for: id }, parameter.label), text),
      parameter.description ? D.el("p", { class: "meta" }, parameter.description) : null,
      D.el("div", { class: "driver-inputs" },
        D.el("div", { class: "track" }, slider, D.el("div", { class: "ends", "aria-hidden": "true" },
          D.el("span", null, D.driver(parameter.low, parameter.unit)), D.el("span", null, D.driver(parameter.high, parameter.unit)))),
        D.el("span", { class: "box" }, box, factor === 100 ? D.el("span", { "aria-hidden": "true" }, "%") : null)));

    function show(value, typed) {
      const shown = tidy(value * factor);
      slider.value = shown;
      if (!typed) box.value = shown;
      text.textContent = D.driver(value, parameter.unit);
      slider.setAttribute("aria-valuetext", text.textContent);
      row.classList.toggle("changed", value !== parameter.default);
    }

    function take(value, typed) {
      const kept = Math.min(parameter.high, Math.max(parameter.low, tidy(value / factor)));
      show(kept, typed);
      changed(parameter.name, kept);
    }

    slider.addEventListener("input", () => take(Number(slider.value), false));
    box.addEventListener("input", () => {
      const value = Number(box.value);
      const fits = box.value !== "" && value >= low && value <= high;
      box.setAttribute("aria-invalid", String(!fits));
      if (fits) take(value, true);
    });
    box.addEventListener("change", () => {
      box.setAttribute("aria-invalid", "false");
      take(box.value === "" ? parameter.default * factor : Number(box.value), false);
    });
    return { row, show };
  }

  /** Draws the drivers; `changed(values)` is called with all values on every move. Gives `set(values)`. */
  D.driverPanel = function (holder, parameters, changed) {
    const values = Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.default]));
    const rows = parameters.map((parameter) => driverRow(parameter, (name, value) => {
      values[name] = value;
      changed({ ...values });
    }));
    holder.replaceChildren(...rows.map(({ row }) => row));

    function set(next) {
      parameters.forEach((parameter, index) => {
        values[parameter.name] = next[parameter.name] ?? parameter.default;
        rows[index].show(values[parameter.name], false);
      });
    }
    set({});
    return { set, values: () => ({ ...values }) };
  };

  const PART = { mild: 0.2, hard: 0.5 };

  function towards(parameter, bound, part) {
    const value = parameter.default + (bound - parameter.default) * part;
    return tidy(Math.round(value / parameter.step) * parameter.step);
  }

  /**
   * Three scenarios from the drivers' bounds. Which bound is the good one is not guessed: each driver is moved
   * alone, and what the first judged metric does decides. Drivers that do not move it stay as they are.
   */
  D.readyScenarios = async function (found, simulate) {
    const numbers = found.metrics.filter((metric) => typeof metric.value === "number");
    const judged = numbers.find((metric) => metric.good || metric.bad);
    const metric = judged || numbers[0];
    const movable = found.parameters.filter((parameter) => parameter.high > parameter.low);
    if (!metric || !movable.length) return null;
    const probes = movable.flatMap((parameter) => [parameter.low, parameter.high].map((bound) =>
      ({ name: "probe", [parameter.name]: towards(parameter, bound, PART.mild) })));
    const values = (await simulate(probes)).map((scenario) => scenario.metrics[metric.name]);
    const moves = movable.map((parameter, index) => {
      const [low, high] = [values[2 * index], values[2 * index + 1]];
      if (low === high || typeof low !== "number" || typeof high !== "number") return null;
      const upHelps = high > low === D.higherIsBetter(metric);
      return { parameter, better: upHelps ? parameter.high : parameter.low, worse: upHelps ? parameter.low : parameter.high };
    }).filter(Boolean);
    const make = (name, side, part) => ({ name, values: Object.fromEntries(moves
      .map(({ parameter, ...bounds }) => [parameter.name, towards(parameter, bounds[side], part)])
      .filter(([key, value]) => value !== found.parameters.find((one) => one.name === key).default)) });
    const names = judged ? ["Optimistic", "Pessimistic", "Stress"]
      : [`Higher ${metric.label}`, `Lower ${metric.label}`, `Much lower ${metric.label}`];
    const scenarios = [make(names[0], "better", PART.mild), make(names[1], "worse", PART.mild), make(names[2], "worse", PART.hard)]
      .filter((scenario) => Object.keys(scenario.values).length);
    if (!scenarios.length) return null;
    return { scenarios, note: `Each driver a fifth of the way to the bound that ${judged ? "helps or hurts" : "raises or lowers"} ` +
      `${metric.label}; ${names[2].toLowerCase().replace(metric.label.toLowerCase(), metric.label)} goes half of the way. Illustrations, not forecasts.` };
  };
})(window.Dash);
