"use strict";
/* How numbers are written, what a threshold says, and how elements are made. Text only ever enters as text. */
window.Dash = {};

(function (D) {
  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0, roundingMode: "halfEven" });
  const places = (count) =>
    new Intl.NumberFormat("en-US", { minimumFractionDigits: count, maximumFractionDigits: count });
  const one = places(1);
  const two = places(2);
  // Two decimals would leave one digit of a small number, or none: 0.04752 is not 0.05.
  const small = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });

  /** The value as text, as the reports write it: 1.349 of unit x is "1.35x". */
  D.format = function (value, unit) {
    if (value === null || value === undefined) return "n/a";
    if (typeof value !== "number") return String(value);
    if (unit === "USD" || unit === "USD/sqft") {
      const size = Math.abs(value);
      const text = size < 1000 && size !== Math.trunc(size) ? two.format(size) : whole.format(size);
      return (value < 0 ? "-$" : "$") + text + (unit === "USD/sqft" ? "/sqft" : "");
    }
    if (unit === "percent") return (value * 100).toFixed(2) + " %";
    if (unit === "x") return value.toFixed(2) + "x";
    if (unit === "months" || unit === "years") return `${one.format(value)} ${unit}`;
    const fits = Math.abs(value) >= 0.1 ? two : small;
    const text = value === Math.trunc(value) ? whole.format(value) : fits.format(value);
    return unit && unit !== "count" ? `${text} ${unit}` : text;
  };

  const signed = (value, text) => (value > 0 ? "+" : "") + text.replace(/^-/, "−");

  /** The difference of a scenario's value to the base, with its share of the base: "+0.14x (+10.0 %)". */
  D.difference = function (value, base, unit) {
    if (typeof value !== "number" || typeof base !== "number") return "";
    const change = value - base;
    if (Math.abs(change) <= 1e-12 * Math.max(1, Math.abs(base))) return "no change";
    if (unit === "percent") return signed(change, `${two.format(change * 100)} pp`);
    const share = base === 0 ? "" : ` (${signed(change / Math.abs(base), one.format((change / Math.abs(base)) * 100))} %)`;
    return signed(change, D.format(change, unit)) + share;
  };

  /** A driver's value; a percentage shows only the digits it needs. */
  D.driver = function (value, unit) {
    if (unit !== "percent") return D.format(value, unit);
    const text = String(Number((value * 100).toFixed(4)));
    return (value > 0 ? "+" : "") + text.replace("-", "−") + " %";
  };

  const acronyms = new Set(["noi", "dscr", "ltv", "irr", "npv", "egi", "roi", "usd", "id"]);

  /** A short label from a name: "debt_service" is "Debt service". */
  D.label = function (name) {
    const words = String(name).replace(/([a-z0-9]{3})(?=[A-Z][a-z]{2})/g, "$1 ").replace(/_/g, " ").trim()
      .split(/\s+/).map((word) => (acronyms.has(word) ? word.toUpperCase() : word)).join(" ");
    return words.charAt(0).toUpperCase() + words.slice(1);
  };

  const comparisons = {
    ">=": (a, b) => a >= b,
    "<=": (a, b) => a <= b,
    ">": (a, b) => a > b,
    "<": (a, b) => a < b,
    "==": (a, b) => a === b,
  };

  /** The comparison and the bound of a threshold such as ">= 1.25", or null. */
  D.threshold = function (text) {
    const match = /^\s*(>=|<=|==|>|<)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text || "");
    if (!match) return null;
    const bound = Number(match[2]);
    // A value that misses a bound by rounding alone is on it, as in units.py.
    const near = (value) => Math.abs(value - bound) <= 1e-9 * Math.max(Math.abs(value), Math.abs(bound));
    const holds = (value) => comparisons[match[1]](near(value) ? bound : value, bound);
    return { sign: match[1], bound, holds };
  };

  /** true when good, false when bad or short of good, null when no threshold says. */
  D.meets = function (value, good, bad) {
    if (typeof value !== "number") return null;
    const limit = D.threshold(bad);
    if (limit && limit.holds(value)) return false;
    const goal = D.threshold(good);
    return goal ? goal.holds(value) : null;
  };

  /** The verdict in a word: good, short, breach, or nothing when no threshold says. */
  D.verdict = function (value, good, bad) {
    const ok = D.meets(value, good, bad);
    if (ok === null) return "";
    return ok ? "good" : D.meets(value, "", bad) === false ? "breach" : "short";
  };

  /** Which way the thresholds point; without any, more is better. */
  D.higherIsBetter = function (metric) {
    const [goal, limit] = [D.threshold(metric.good), D.threshold(metric.bad)];
    return goal ? !goal.sign.startsWith("<") : !(limit && limit.sign.startsWith(">"));
  };

  const worded = { ">=": "at least", "<=": "at most", ">": "above", "<": "below", "==": "exactly" };

  /** A threshold in words: "at least 1.25x". */
  D.inWords = function (text, unit) {
    const found = D.threshold(text);
    return found ? `${worded[found.sign]} ${D.format(found.bound, unit)}` : "";
  };

  /** What is said of a metric's value: {ok, icon, text}; text is empty when there is no threshold. */
  D.judge = function (value, metric) {
    const ok = D.meets(value, metric.good, metric.bad);
    const goal = D.inWords(metric.good, metric.unit);
    const limit = D.threshold(metric.bad);
    if (ok === true) return { ok, icon: "✓", text: `Good: ${goal}` };
    if (ok === null) return { ok, icon: "", text: metric.bad ? `No breach (bad is ${D.inWords(metric.bad, metric.unit)})` : "" };
    if (limit && limit.holds(value)) return { ok, icon: "✕", text: `Breach: ${D.inWords(metric.bad, metric.unit)}` };
    return { ok, icon: "!", text: `Short of ${goal}` };
  };

  D.when = function (iso) {
    const date = new Date(iso);
    return Number.isNaN(date.getTime())
      ? String(iso)
      : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  };

  /** An element: attributes, then children that are nodes or text. */
  D.el = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };

  D.byId = (id) => document.getElementById(id);
})(window.Dash);
