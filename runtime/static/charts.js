"use strict";
/* Charts by plotly: the scenario in colour, the base behind it in grey. Labels from data are escaped: plotly reads markup. */
(function (D) {
  const ISO = /^\d{4}-\d{2}-\d{2}/;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  D.palette = () => (dark.matches
    ? [color("--accent"), "#a5b4fc", "#fbbf24", "#fb7185", "#94a3b8", "#22d3ee", "#a3e635", "#c4b5fd"]
    : [color("--accent"), "#4f46e5", "#d97706", "#be123c", "#64748b", "#0891b2", "#65a30d", "#7c3aed"]);

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  function column(table, name) {
    const at = table.columns.indexOf(name);
    return table.rows.map((row) => row[at]);
  }

  /** The chart's lines or bars: [{name, x, y}], one for each y column or each value of the series column. */
  function seriesOf(chart, table) {
    const x = chart.x ? column(table, chart.x) : table.rows.map((_, index) => index + 1);
    const columns = chart.y.filter(Boolean);
    if (!chart.series) return columns.map((name) => ({ name: D.label(name), x, y: column(table, name) }));
    const groups = new Map();
    const y = column(table, columns[0]);
    column(table, chart.series).forEach((group, index) => {
      const key = group === null ? "none" : String(group);
      if (!groups.has(key)) groups.set(key, { name: key, x: [], y: [] });
      groups.get(key).x.push(x[index]);
      groups.get(key).y.push(y[index]);
    });
    return [...groups.values()];
  }

  function axisType(kind, series) {
    const values = series.flatMap((one) => one.x).filter((value) => value !== null);
    if (values.length && values.every((value) => typeof value === "string" && ISO.test(value))) return "date";
    return kind !== "bar" && values.every((value) => typeof value === "number") ? "linear" : "category";
  }

  const shape = {
    line: (tint, count) => ({ type: "scatter", mode: count > 40 ? "lines" : "lines+markers", line: { color: tint, width: 2.5 }, marker: { size: 6, color: tint } }),
    area: (tint) => ({ type: "scatter", mode: "lines", fill: "tozeroy", line: { color: tint, width: 2 }, fillcolor: tint + "33" }),
    scatter: (tint) => ({ type: "scatter", mode: "markers", marker: { size: 8, color: tint, opacity: 0.8 } }),
    bar: (tint) => ({ type: "bar", marker: { color: tint, cornerradius: 3 } }),
  };

  function ghost(kind, sideways) {
    const grey = color("--ghost");
    if (kind === "bar") return { type: "bar", marker: { color: grey, cornerradius: 3 }, orientation: sideways ? "h" : "v" };
    if (kind === "scatter") return { type: "scatter", mode: "markers", marker: { size: 7, color: grey } };
    return { type: "scatter", mode: "lines", line: { color: grey, width: 2, dash: "dot" } };
  }

  function trace(one, look, unit, name, type, sideways) {
    const x = one.x.map((value) => (type === "category" ? plain(value === null ? "none" : value) : value));
    const text = one.y.map((value) => plain(D.format(value, unit)));
    const [first, second] = sideways ? [one.y, x] : [x, one.y];
    return { ...look, x: first, y: second, name: plain(name), customdata: text, orientation: sideways ? "h" : look.orientation,
      hovertemplate: "%{customdata}", textposition: "none" };
  }

  function valueAxis(unit) {
    const axis = { gridcolor: color("--line"), zerolinecolor: color("--line-strong"), linecolor: "rgba(0,0,0,0)", automargin: true, rangemode: "tozero" };
    if (unit === "USD" || unit === "USD/sqft") return { ...axis, tickprefix: "$", tickformat: "~s" };
    if (unit === "percent") return { ...axis, tickformat: ".1~%" };
    return unit === "x" ? { ...axis, ticksuffix: "x" } : { ...axis, tickformat: "~s" };
  }

  function layout(unit, type, sideways, legend) {
    const keys = { type, automargin: true, gridcolor: "rgba(0,0,0,0)", linecolor: color("--line-strong"), fixedrange: true };
    const values = { ...valueAxis(unit), fixedrange: true };
    return {
      font: { family: "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", size: 12.5, color: color("--soft") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 8, r: 12, t: legend ? 40 : 12, b: 8 },
      xaxis: sideways ? values : keys, yaxis: sideways ? { ...keys, autorange: "reversed" } : values,
      hovermode: sideways ? "y unified" : "x unified", bargap: 0.35, barmode: "group", showlegend: legend,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      hoverlabel: { bgcolor: color("--card"), bordercolor: color("--line-strong"), font: { color: color("--text") } },
      colorway: D.palette(), transition: { duration: 0 },
    };
  }

  function pie(one, unit) {
    return {
      traces: [{ type: "pie", hole: 0.55, labels: one.x.map((value) => plain(value)), values: one.y, sort: true,
        customdata: one.y.map((value) => plain(D.format(value, unit))), textinfo: "percent",
        hovertemplate: "%{label}: %{customdata} (%{percent})<extra></extra>", marker: { colors: D.palette() } }],
      layout: { ...layout(unit, "category", false, true), hovermode: "closest", legend: { orientation: "v" } },
    };
  }

  /** Long category names leave room for the bars: over two lines on the axis, whole in the hover text. */
  function shorten(axis, names, room) {
    const length = room < 520 ? 16 : 28;
    axis.tickvals = names.map((_, index) => index);
    axis.ticktext = names.map((name) => twoLines(String(name), length).map(plain).join("<br>"));
  }

  /** A text in at most two lines of about so many letters; only what does not fit them is cut. */
  function twoLines(text, length) {
    if (text.length <= length) return [text];
    const gap = text.lastIndexOf(" ", length);
    const first = gap > length / 3 ? text.slice(0, gap) : text.slice(0, length);
    const rest = text.slice(first.length).trim();
    return [first, rest.length > length ? `${rest.slice(0, length - 1)}…` : rest];
  }

  /** The traces and layout of a chart; `base` is the table at the base values when a scenario is shown. */
  function figure(chart, table, base, room) {
    const unit = chart.unit || table.units[chart.y[0]] || "";
    const series = seriesOf(chart, table).slice(0, 24);
    if (!series.length) return { traces: [], layout: layout(unit, "category", false, false) };
    if (chart.kind === "pie") return pie(series[0], unit);
    const kind = shape[chart.kind] ? chart.kind : "bar";
    const type = axisType(kind, series);
    const longest = Math.max(0, ...series[0].x.map((value) => String(value).length));
    const sideways = kind === "bar" && type === "category" && longest > 12 && series[0].x.length <= 24;
    const tints = D.palette();
    const behind = base ? seriesOf(chart, base).slice(0, 24).map((one) =>
      trace(one, ghost(kind, sideways), unit, series.length > 1 ? `${one.name}, base` : "Base", type, sideways)) : [];
    const rated = kind === "bar" && series.length === 1 && (chart.good || chart.bad);
    const tones = { good: color("--good"), short: color("--short"), breach: color("--bad") };
    const tinted = (one, tint) => (rated ? one.y.map((value) => tones[D.verdict(value, chart.good, chart.bad)] || tint) : tint);
    const front = series.map((one, index) => trace(one, shape[kind](tinted(one, tints[index % tints.length]), one.x.length), unit,
      base && series.length === 1 ? "Scenario" : one.name, type, sideways));
    const look = layout(unit, type, sideways, Boolean(base) || series.length > 1);
    if (sideways) shorten(look.yaxis, series[0].x, room);
    return { traces: [...behind, ...front], layout: look };
  }

  function plot(holder, made) {
    drawn.set(holder, made);
    if (!window.Plotly) return;
    const { traces, layout: look } = made();
    window.Plotly.react(holder, traces, look, { displayModeBar: false, responsive: true });
  }

  /** The card of one chart; `update(table, base)` draws it again. */
  D.chartCard = function (chart, first) {
    const holder = D.el("figure", { class: "chart", role: "img", "aria-label": `${chart.label}, ${chart.kind} chart` });
    const card = D.el("section", { class: "card chart-card", "aria-label": chart.label },
      D.el("div", { class: "card-head" }, D.el("h2", null, chart.label)), holder);
    const update = (table, base) => plot(holder, () => figure(chart, table, base, holder.clientWidth));
    update(first, null);
    return { card, update };
  };

  /** One bar a scenario for a metric, with the thresholds as lines. */
  D.comparisonChart = function (holder, metric, columns) {
    plot(holder, () => {
      const states = columns.map((one) => D.meets(one.value, metric.good, metric.bad));
      const tint = (ok, index) => (ok === false ? color("--bad") : ok === true ? color("--good") : index ? D.palette()[0] : color("--ghost"));
      const look = layout(metric.unit, "category", false, false);
      look.hovermode = "closest";
      look.bargap = columns.length < 4 ? 0.65 : 0.4;
      look.shapes = [];
      look.annotations = [];
      for (const [text, tone] of [[metric.good, "--good"], [metric.bad, "--bad"]]) {
        const found = D.threshold(text);
        if (!found) continue;
        look.shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: found.bound, y1: found.bound, line: { color: color(tone), width: 1.5, dash: "dash" } });
        look.annotations.push({ xref: "paper", x: 1, xanchor: "right", y: found.bound, yanchor: "bottom", showarrow: false,
          text: plain(D.inWords(text, metric.unit)), font: { size: 11, color: color(tone) } });
      }
      return {
        traces: [{ type: "bar", x: columns.map((one) => plain(one.name)), y: columns.map((one) => one.value),
          text: columns.map((one) => plain(D.format(one.value, metric.unit))), textposition: "auto", textangle: 0, cliponaxis: false,
          hovertemplate: "%{x}: %{text}<extra></extra>", marker: { color: states.map(tint), cornerradius: 4 } }],
        layout: look,
      };
    });
  };

  const mark = (value, tone, dash) => ({ type: "line", yref: "paper", y0: 0, y1: 1, x0: value, x1: value, line: { color: color(tone), width: 1.5, dash } });

  /** What is said of a chart that only eyes can read. */
  function named(holder, text) {
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", text);
  }

  /** A bar a driver from where its low value brings the metric to where its high one does, the widest on top. */
  D.tornadoChart = function (holder, metric, result) {
    named(holder, `Tornado of ${metric.label}: ${result.bars.map((bar) => bar.label).join(", ")}`);
    plot(holder, () => {
      const tints = D.palette();
      const look = layout(metric.unit, "category", true, true);
      look.barmode = "overlay";
      look.hovermode = "closest";
      look.xaxis.rangemode = "normal";
      look.shapes = [mark(result.base, "--line-strong", "dot")];
      shorten(look.yaxis, result.bars.map((bar) => bar.label), holder.clientWidth);
      const side = (key, name, tint) => ({ type: "bar", orientation: "h", name, y: result.bars.map((_, index) => index), base: result.base,
        x: result.bars.map((bar) => (bar[key] === null ? null : bar[key] - result.base)), marker: { color: tint, cornerradius: 3 },
        customdata: result.bars.map((bar) => plain(`${bar.label}: ${D.format(bar[key], metric.unit)}`)), hovertemplate: "%{customdata}<extra></extra>" });
      return { traces: [side("at_low", "Driver low", tints[1]), side("at_high", "Driver high", tints[0])], layout: { ...look, yaxis: { ...look.yaxis, type: "linear" } } };
    });
  };

  /** What share of the variance each driver makes, alone and with all others. */
  D.sobolChart = function (holder, metric, result) {
    named(holder, `Variance of ${metric.label}: ${result.rows.map((row) => `${row.label} ${Math.round(row.total * 100)} %`).join(", ")}`);
    plot(holder, () => {
      const look = layout("percent", "category", true, true);
      const places = result.rows.map((_, index) => index);
      look.hovermode = "closest";
      shorten(look.yaxis, result.rows.map((row) => row.label), holder.clientWidth);
      const bars = (key, name, tint) => ({ type: "bar", orientation: "h", name, y: places, x: result.rows.map((row) => row[key]), marker: { color: tint, cornerradius: 3 },
        error_x: { type: "data", symmetric: false, color: color("--soft"), thickness: 1.2, array: result.rows.map((row) => row[`${key}_interval`][1] - row[key]),
          arrayminus: result.rows.map((row) => row[key] - row[`${key}_interval`][0]) }, hovertemplate: "%{x:.1%}<extra></extra>" });
      return { traces: [bars("first", "Alone", D.palette()[0]), bars("total", "With all others", D.palette()[1])], layout: { ...look, yaxis: { ...look.yaxis, type: "linear" } } };
    });
  };

  /** The metric over one driver as a line, over two as a heat map: what misses the threshold is red. */
  D.gridChart = function (holder, metric, result, x, y) {
    named(holder, `${metric.label} over ${x.label}${y ? ` and ${y.label}` : ""}`);
    plot(holder, () => {
      const across = result.x_values.map((value) => D.driver(value, x.unit));
      const goal = D.threshold(metric.good);
      const look = layout(metric.unit, "category", false, false);
      look.hovermode = "closest";
      look.xaxis.title = { text: plain(x.label) };
      if (!y) {
        look.shapes = goal ? [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: goal.bound, y1: goal.bound, line: { color: color("--good"), width: 1.5, dash: "dash" } }] : [];
        look.yaxis.rangemode = "normal";
        return { traces: [{ type: "scatter", mode: "lines+markers", x: across, y: result.rows[0], line: { color: D.palette()[0], width: 2.5 },
          text: result.rows[0].map((value) => D.format(value, metric.unit)), hovertemplate: "%{x}: %{text}<extra></extra>" }], layout: look };
      }
      const text = result.rows.map((row) => row.map((value) => D.format(value, metric.unit)));
      const rising = goal && goal.sign.startsWith("<") ? [[0, "#1f9473"], [0.5, "#f4efe2"], [1, "#c4513a"]] : [[0, "#c4513a"], [0.5, "#f4efe2"], [1, "#1f9473"]];
      const scale = goal ? { colorscale: rising, zmid: goal.bound } : { colorscale: "Blues" };
      look.yaxis = { type: "category", automargin: true, fixedrange: true, title: { text: plain(y.label) } };
      look.xaxis.automargin = true;
      return { traces: [{ type: "heatmap", x: across, y: result.y_values.map((value) => D.driver(value, y.unit)), z: result.rows, text, ...scale, showscale: false,
        ...(holder.clientWidth > 600 ? { texttemplate: "%{text}", textfont: { size: 11, color: "#17202e" } } : {}), xgap: 1, ygap: 1,
        hovertemplate: `${plain(x.label)} %{x}, ${plain(y.label)} %{y}: %{text}<extra></extra>` }], layout: look };
    });
  };

  /** How often the metric fell where, with the base and the threshold as lines. */
  D.chanceChart = function (holder, metric, told) {
    named(holder, `Distribution of ${metric.label}: mean ${D.format(told.mean, metric.unit)}`);
    plot(holder, () => {
      const { edges, counts } = told.histogram;
      const look = layout(metric.unit, "linear", true, false);
      const goal = D.threshold(metric.good);
      look.bargap = 0.04;
      look.hovermode = "closest";
      look.xaxis.rangemode = "normal";
      look.yaxis = { ...valueAxis(""), fixedrange: true, title: { text: "draws" } };
      look.shapes = [mark(told.base, "--line-strong", "dot"), ...(goal ? [mark(goal.bound, "--good", "dash")] : [])];
      const text = counts.map((count, index) => plain(`${D.format(edges[index], metric.unit)} to ${D.format(edges[index + 1], metric.unit)}: ${count}`));
      return { traces: [{ type: "bar", x: counts.map((_, index) => (edges[index] + edges[index + 1]) / 2), y: counts, customdata: text,
        hovertemplate: "%{customdata}<extra></extra>", marker: { color: D.palette()[0] } }], layout: look };
    });
  };

  const ROW = 24;

  /** A bar a member in its rank, coloured by the threshold; for a scenario the base is a mark on it. */
  D.membersChart = function (holder, metric, rows, column, name) {
    named(holder, `${metric.label} in ${name}: ${rows.slice(0, 10).map((row) => `${row.rank}. ${row.name} ${D.format(row.values[column], metric.unit)}`).join(", ")}`);
    holder.style.height = `${ROW * rows.length + 80}px`;
    plot(holder, () => {
      const tones = { true: color("--good"), false: color("--bad"), null: D.palette()[0] };
      const places = rows.map((_, index) => index);
      const texts = rows.map((row) => plain(D.format(row.values[column], metric.unit)));
      const look = layout(metric.unit, "category", true, column > 0);
      look.hovermode = "closest";
      shorten(look.yaxis, rows.map((row) => row.name), holder.clientWidth);
      // Beside the name, since at the bar's end marks and lines would cross it.
      look.yaxis.ticktext = look.yaxis.ticktext.map((text, index) => `${text}  <b>${texts[index]}</b>`);
      const goal = D.threshold(metric.good);
      look.shapes = goal ? [mark(goal.bound, "--good", "dash")] : [];
      const traces = [{ type: "bar", orientation: "h", name: plain(name), y: places, x: rows.map((row) => row.values[column]),
        customdata: rows.map((row, index) => `${plain(row.name)}: ${texts[index]}`), hovertemplate: "%{customdata}<extra></extra>",
        marker: { color: rows.map((row) => tones[D.meets(row.values[column], metric.good, metric.bad)]), cornerradius: 3 } }];
      if (column) traces.push({ type: "scatter", mode: "markers", name: "Base", y: places, x: rows.map((row) => row.values[0]),
        customdata: rows.map((row) => `${plain(row.name)}, base: ${plain(D.format(row.values[0], metric.unit))}`), hovertemplate: "%{customdata}<extra></extra>",
        marker: { symbol: "line-ns-open", size: 13, color: color("--text"), line: { width: 2, color: color("--text") } } });
      return { traces, layout: { ...look, yaxis: { ...look.yaxis, type: "linear", range: [rows.length - 0.5, -0.5], autorange: false } } };
    });
    if (window.Plotly) window.Plotly.Plots.resize(holder);
  };

  /** A metric under the base and each scenario, on the data before and now. */
  D.thenAndNowChart = function (holder, metric, rows) {
    named(holder, `${metric.label} before and now: ${rows.map((row) => `${row.scenario} ${D.format(row.before, metric.unit)}, now ${D.format(row.after, metric.unit)}`).join("; ")}`);
    plot(holder, () => {
      const look = layout(metric.unit, "category", false, true);
      look.hovermode = "closest";
      look.bargap = rows.length < 3 ? 0.6 : 0.35;
      look.uniformtext = { minsize: 10, mode: "hide" };
      const goal = D.threshold(metric.good);
      look.shapes = goal ? [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: goal.bound, y1: goal.bound, line: { color: color("--good"), width: 1.5, dash: "dash" } }] : [];
      const bars = (key, name, tint) => ({ type: "bar", name, x: rows.map((row) => plain(row.scenario)), y: rows.map((row) => row[key]), marker: { color: tint, cornerradius: 3 },
        text: rows.map((row) => plain(D.format(row[key], metric.unit))), textposition: "inside", insidetextanchor: "middle", textangle: 0, hovertemplate: `%{x}, ${name.toLowerCase()}: %{text}<extra></extra>` });
      return { traces: [bars("before", "Before", color("--ghost")), bars("after", "Now", D.palette()[0])], layout: look };
    });
  };

  const again = () => drawn.forEach((made, holder) => holder.isConnected && plot(holder, made));
  dark.addEventListener("change", again);

  /** Plotly is 4.8 MB: it comes after the figures are on the page. */
  D.loadPlotly = function () {
    const script = D.el("script", { src: "static/plotly.min.js" });
    script.addEventListener("load", again);
    script.addEventListener("error", () => D.fail({ message: "The charts could not be loaded.", hint: "Reload the page." }));
    document.head.append(script);
  };
})(window.Dash);
