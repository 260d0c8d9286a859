"use strict";
/* Which driver matters (tornado, Sobol indices), the output over one or two drivers, and what reaches a target. */
(function (D) {
  const Q = D.inquiry;

  function elasticity(value, unit) {
    if (value === null) return "n/a";
    const shown = unit === "percent" ? value : value * 100;
    return `${shown > 0 ? "+" : ""}${shown.toFixed(2)} % per ${unit === "percent" ? "point" : "unit"}`;
  }

  function drawTornado(result) {
    const unit = Q.metric().unit;
    Q.say("tornado-note", `Each driver a fifth of the way to its bounds; base ${D.format(result.base, unit)}.` +
      (result.without_effect.length ? ` Without effect: ${result.without_effect.map((name) => Q.parameter(name).label).join(", ")}.` : ""));
    D.tornadoChart(D.byId("tornado-chart"), Q.metric(), result);
    const write = (bar, key) => D.driver(bar[key], Q.parameter(bar.driver).unit);
    D.byId("tornado-table").replaceChildren(Q.table(["Driver", "from", "to", `${Q.metric().label} from`, "to", "elasticity"],
      result.bars.map((bar) => [bar.label, write(bar, "low"), write(bar, "high"), D.format(bar.at_low, unit), D.format(bar.at_high, unit),
        elasticity(bar.elasticity, Q.parameter(bar.driver).unit)])));
  }

  const share = (value) => `${(value * 100).toFixed(1)} %`;

  function drawSobol(result) {
    D.sobolChart(D.byId("sobol-chart"), Q.metric(), result);
    D.byId("sobol-chart").hidden = false;
    const between = (pair) => `${share(Math.max(0, pair[0]))} to ${share(pair[1])}`;
    D.byId("sobol-table").replaceChildren(Q.table(["Driver", "alone", "95 % interval", "with all others", "95 % interval"],
      result.rows.map((row) => [row.label, share(row.first), between(row.first_interval), share(row.total), between(row.total_interval)])));
    Q.say("sobol-note", `Every driver even over the range above. ${result.evaluations.toLocaleString("en-US")} evaluations, seed ${result.seed}. ` +
      `Beyond each driver alone: ${share(result.interaction)}.`);
  }

  D.tab("tornado", {
    start(again) {
      D.byId("sobol-chart").hidden = true;
      D.byId("sobol-table").replaceChildren();
      Q.say("sobol-note", "");
      if (!again) D.byId("sobol-ask").addEventListener("click", () => Q.answer("sobol-note", { kind: "sobol", output: Q.metric().name }, drawSobol));
    },
    act: () => Q.answer("tornado-note", { kind: "tornado", output: Q.metric().name }, drawTornado),
  });

  function drawGrid(result) {
    const unit = Q.metric().unit;
    const [x, y] = [Q.parameter(result.x), result.y ? Q.parameter(result.y) : null];
    const across = result.x_values.map((value) => D.driver(value, x.unit));
    D.gridChart(D.byId("table-chart"), Q.metric(), result, x, y);
    Q.say("table-note", `${Q.metric().label} over ${x.label}${y ? ` (across) and ${y.label} (down)` : ""}; the others at their base values.`);
    const rows = y
      ? result.rows.map((row, index) => [D.driver(result.y_values[index], y.unit), ...row])
      : [[Q.metric().label, ...result.rows[0]]];
    const made = Q.table([y ? y.label : x.label, ...across], rows.map(([first, ...rest]) => [first, ...rest.map((value) => D.format(value, unit))]));
    [...made.tBodies[0].rows].forEach((line, at) => [...line.cells].slice(1).forEach((cell, place) => {
      const ok = D.meets(result.rows[at][place], Q.metric().good, Q.metric().bad);
      cell.classList.toggle("good", ok === true);
      cell.classList.toggle("bad", ok === false);
    }));
    D.byId("table-table").replaceChildren(made);
  }

  function askGrid() {
    const y = D.byId("table-y").value;
    Q.answer("table-note", { kind: "grid", output: Q.metric().name, x: D.byId("table-x").value, ...(y ? { y } : {}) }, drawGrid);
  }

  D.tab("table", {
    start(again) {
      if (again) return;
      const names = Q.parameters().map((one) => [one.name, one.label]);
      D.byId("table-drivers").replaceChildren(Q.choice("table-x", "Across", names, names[0][0], askGrid),
        Q.choice("table-y", "Down", [["", "none: one driver"], ...names], names.length > 1 ? names[names.length - 1][0] : "", askGrid));
    },
    act: askGrid,
  });

  function drawGoal(result) {
    const unit = Q.metric().unit;
    Q.say("goal-note", "Each driver alone, the others at their base values.");
    D.byId("goal-table").replaceChildren(Q.table(["Driver", `for ${Q.metric().label} ${D.format(result.target, unit)}`],
      result.rows.map((row) => [row.label, row.solutions.map((value) => D.driver(value, Q.parameter(row.driver).unit)).join(" or ") ||
        (row.nearest ? `not within its bounds; nearest ${D.format(row.nearest.output, unit)}` : "no value")])));
  }

  function drawOne(result) {
    const [unit, driver] = [Q.metric().unit, Q.parameter(result.driver)];
    const write = (value) => D.driver(value, driver.unit);
    const reached = `${Q.metric().label} is ${D.format(result.target, unit)}`;
    if (result.solutions.length) {
      const several = result.solutions.length > 1 ? `${result.solutions.length} solutions: ` : "";
      Q.say("one-note", `${several}${reached} at ${driver.label} ${result.solutions.map(write).join(" and ")}.`);
      return;
    }
    const near = result.nearest ? `The nearest is ${D.format(result.nearest.output, unit)} at ${write(result.nearest.value)}.` : "There is no value in between.";
    Q.say("one-note", `No ${driver.label} from ${write(result.bounds[0])} to ${write(result.bounds[1])} brings it about that ${reached}. ${near}`);
  }

  const target = () => Q.number("goal-target", Q.metric().unit);

  function bounds() {
    const one = Q.parameter(D.byId("one-driver").value);
    for (const end of ["low", "high"]) D.byId(`one-${end}`).value = Q.tidy(one[end] * Q.scale(one.unit));
  }

  function askOne() {
    const one = Q.parameter(D.byId("one-driver").value);
    Q.answer("one-note", { kind: "goal_seek", output: Q.metric().name, target: target(), driver: one.name,
      low: Q.number("one-low", one.unit), high: Q.number("one-high", one.unit) }, drawOne);
  }

  D.tab("goal", {
    start(again) {
      const goal = D.threshold(Q.metric().good);
      const factor = Q.scale(Q.metric().unit);
      D.byId("goal-target").value = Q.tidy(Number(((goal ? goal.bound : Q.metric().value) * factor).toPrecision(6)));
      D.byId("goal-label").textContent = `Target for ${Q.metric().label}${factor === 100 ? " (%)" : ""}`;
      Q.say("one-note", "");
      if (again) return;
      D.byId("one-drivers").replaceChildren(Q.choice("one-driver", "One driver, every solution", Q.parameters().map((one) => [one.name, Q.inUnit(one)]), "", bounds));
      D.byId("one-ask").addEventListener("click", askOne);
      bounds();
    },
    act: () => Q.answer("goal-note", { kind: "break_even", output: Q.metric().name, target: target() }, drawGoal),
  });
})(window.Dash);
