"use strict";
/* The page: reads the results once, then again at the drivers' values; the newest move always wins. */
(function (D) {
  const DEBOUNCE = 80;
  // Beyond so many scenarios nobody reads what stands behind each, and the server does not tell it.
  const STEPS = 200;
  const kept = `scenarios:${window.location.pathname}`;
  let base = null;
  let shown = null;
  let panel = null;
  let flight = null;
  let timer = 0;
  let busy = 0;
  const scenarios = [];
  let ready = [];
  const tiles = new Map();
  const charts = [];
  const tables = [];
  let explainAll = null;

  D.fail = function (error) {
    if (error.name === "AbortError") return;
    D.byId("banner-message").textContent = error.message;
    D.byId("banner-hint").textContent = error.hint || "";
    D.byId("banner").hidden = false;
  };
  const calm = () => { D.byId("banner").hidden = true; };

  // Loops shorter than this are steps of a question, and say nothing of how far it is.
  const WORTH_TELLING = 100;
  const own = Math.random().toString(36).slice(2);
  let asked = 0;

  /** A name for a question that may take long, by which the server is asked how far it is, and told to stop. */
  const LONG = { "api/simulate": "evaluations", "api/what-if": "evaluations", "api/portfolio": "members", "api/refresh": "steps" };
  const ticketFor = (url, options) => (LONG[url] && options && options.method === "POST" ? `?ticket=${own}-${asked += 1}` : "");
  const about = (what, ticket) => fetch(`api/${what}${ticket}`, { method: "POST", credentials: "omit" })
    .then((response) => response.json()).catch(() => ({}));

  async function howFar(ticket, counted) {
    const { done, total } = await about("progress", ticket);
    const least = counted === "evaluations" ? WORTH_TELLING : 1;
    return total >= least ? `, ${done.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} ${counted}` : "";
  }

  /** What takes long says so and how far it is, and can be cancelled: then the server stops it too. */
  function patience(mine, ticket, counted) {
    const started = Date.now();
    let told = "";
    let waiting = false;
    return window.setInterval(async () => {
      const seconds = Math.round((Date.now() - started) / 1000);
      if (seconds < 2) return;
      D.byId("waiting").hidden = false;
      D.byId("waiting-text").textContent = `Computing, ${seconds} s so far${told}`;
      D.byId("waiting-cancel").onclick = () => {
        mine.abort();
        if (ticket) about("cancel", ticket);
      };
      if (!ticket || waiting) return;
      waiting = true;
      told = await howFar(ticket, counted);
      waiting = false;
    }, 500);
  }

  async function ask(url, options) {
    busy += 1;
    D.byId("progress").hidden = false;
    const mine = new AbortController();
    if (options && options.signal) options.signal.addEventListener("abort", () => mine.abort());
    const ticket = ticketFor(url, options);
    const clock = patience(mine, ticket, LONG[url]);
    document.body.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(url + ticket, { credentials: "omit", ...options, signal: mine.signal });
      const found = await response.json().catch(() => ({ error: { message: `The server answered ${response.status}.`, hint: "Try again." } }));
      if (!response.ok || found.error) throw found.error || { message: `The server answered ${response.status}.`, hint: "" };
      return found;
    } catch (error) {
      if (error instanceof TypeError) throw { message: "The server cannot be reached.", hint: "Is it still running? Reload the page." };
      throw error;
    } finally {
      busy -= 1;
      window.clearInterval(clock);
      D.byId("waiting").hidden = true;
      D.byId("progress").hidden = busy === 0;
      document.body.setAttribute("aria-busy", String(busy > 0));
    }
  }

  const post = (url, content) => ask(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
  const simulate = async (list, steps = false) => (await post("api/simulate", { scenarios: list, ...(steps ? { steps } : {}) })).scenarios;

  const changes = (values) => Object.fromEntries(base.parameters
    .filter((parameter) => values[parameter.name] !== undefined && values[parameter.name] !== parameter.default)
    .map((parameter) => [parameter.name, values[parameter.name]]));

  function moved(values) {
    const changed = changes(values);
    D.byId("reset").disabled = !Object.keys(changed).length;
    window.clearTimeout(timer);
    if (flight) flight.abort();
    timer = window.setTimeout(() => recompute(changed), DEBOUNCE);
  }

  async function recompute(changed) {
    if (!Object.keys(changed).length) {
      calm();
      show(base);
      return;
    }
    const mine = new AbortController();
    flight = mine;
    try {
      const found = await ask(`api/results?${new URLSearchParams(changed)}`, { signal: mine.signal });
      if (flight === mine) {
        calm();
        show(found);
      }
    } catch (error) {
      if (flight === mine && error.name !== "AbortError") D.fail(error);
    }
  }

  function tile(metric) {
    const value = D.el("p", { class: "tile-value" });
    const change = D.el("p", { class: "tile-change" });
    const verdict = D.el("p", { class: "tile-verdict" });
    const card = D.el("article", { class: "tile", "data-metric": metric.name, title: metric.definition },
      D.el("h2", null, metric.label), value, change, verdict);
    tiles.set(metric.name, { card, value, change, verdict });
    return card;
  }

  function fillTile(metric) {
    const { card, value, change, verdict } = tiles.get(metric.name);
    const before = base.metrics.find((one) => one.name === metric.name);
    const said = D.judge(metric.value, metric);
    value.textContent = typeof metric.value === "number" ? D.format(metric.value, metric.unit) : metric.text;
    change.replaceChildren(...(shown === base ? [] : [D.difference(metric.value, before.value, metric.unit), D.el("span", { class: "under" }, `base ${before.text}`)]));
    verdict.textContent = said.text ? `${said.icon} ${said.text}`.trim() : "";
    card.classList.toggle("good", said.ok === true);
    card.classList.toggle("bad", said.ok === false);
  }

  function stateText() {
    const changed = Object.keys(changes(shown.values)).map((name) => {
      const parameter = base.parameters.find((one) => one.name === name);
      return `${parameter.label} ${D.driver(shown.values[name], parameter.unit)}`;
    });
    return changed.length ? `Scenario: ${changed.join(", ")}` : "Base case, as the data says";
  }

  function show(found) {
    const first = shown === null;
    shown = found;
    const scenario = found !== base;
    D.byId("state").textContent = stateText();
    D.byId("state").classList.toggle("scenario", scenario);
    found.metrics.forEach(fillTile);
    if (!first) {
      charts.forEach(({ chart, update }) => update(found.tables[chart.table], scenario && found.computed.includes(chart.table) ? base.tables[chart.table] : null));
      tables.forEach(({ name, update }) => update(found.tables[name]));
    }
    explainAll(found);
  }

  function buildView() {
    const holder = D.byId("view");
    const waiting = [...base.charts];
    for (const entry of base.view) {
      if (entry.kind === "chart") {
        const chart = waiting.splice(waiting.findIndex((one) => one.name === entry.name), 1)[0];
        const made = D.chartCard(chart, base.tables[chart.table]);
        charts.push({ chart, update: made.update });
        holder.append(made.card);
      } else if (entry.kind === "table") {
        const made = D.tableCard(entry.name, base.tables[entry.name]);
        tables.push({ name: entry.name, update: made.update });
        holder.append(made.card);
      }
    }
    D.byId("layout").classList.toggle("alone", !base.parameters.length);
    D.byId("layout").classList.toggle("bare", !charts.length && !tables.length);
  }

  function buildHead() {
    document.title = base.title;
    D.byId("title").textContent = base.title;
    D.byId("request").textContent = base.request && base.request !== base.title ? `“${base.request}”` : "";
    const read = base.sources.map((source) => source.read_at).sort();
    const when = read.length ? `Data read ${D.when(read[read.length - 1])}` : "";
    D.byId("read-at").textContent = [base.period, when].filter(Boolean).join(" · ");
    D.byId("footer").textContent = base.author ? `Script written by: ${base.author}` : "";
    const list = (id, items) => D.byId(id).replaceChildren(...items.map((text) => D.el("li", null, text)));
    list("assumption-list", base.assumptions);
    list("warnings", base.warnings);
    D.byId("assumptions").hidden = !base.assumptions.length;
    D.byId("warnings").hidden = !base.warnings.length;
    D.byId("tiles").replaceChildren(...base.metrics.map(tile));
  }

  function remember() {
    try {
      window.sessionStorage.setItem(kept, JSON.stringify(scenarios));
    } catch { /* a sandboxed frame has no storage: scenarios then last as long as the page */ }
  }

  function recall() {
    try {
      const found = JSON.parse(window.sessionStorage.getItem(kept) || "[]");
      return found.filter((one) => typeof one.name === "string" && Object.keys(one.values).every((name) => base.values[name] !== undefined));
    } catch {
      return [];
    }
  }

  function free(name) {
    const taken = new Set(["Base", ...scenarios.map((one) => one.name)]);
    let found = name;
    for (let count = 2; taken.has(found); count += 1) found = `${name} (${count})`;
    return found;
  }

  /** What is asked of more than this page's data is asked of the scenarios compared, else of the ready ones. */
  const offer = () => D.offerScenarios(scenarios.length ? [...scenarios] : ready);

  async function compare() {
    D.downloads(scenarios);
    D.byId("comparison").hidden = !scenarios.length;
    D.byId("scenario-name").placeholder = free(`Scenario ${scenarios.length + 1}`);
    remember();
    offer();
    if (!scenarios.length) return;
    const columns = await simulate([{ name: "Base" }, ...scenarios.map((one) => ({ ...one.values, name: one.name }))], scenarios.length < STEPS);
    D.comparison(base, columns, {
      remove: (index) => { scenarios.splice(index, 1); compare().catch(D.fail); },
      copy: (index) => add(`${scenarios[index].name} copy`, { ...scenarios[index].values }),
      show: (index) => {
        panel.set(scenarios[index].values);
        moved(panel.values());
        D.byId("tiles").scrollIntoView({ behavior: "smooth", block: "center" });
      },
    });
    D.behind(base, columns);
  }

  /** Adds all of them, or none: then the failure is thrown. */
  async function include(added) {
    const made = [];
    for (const one of added) {
      made.push({ name: free(one.name), values: one.values });
      scenarios.push(made[made.length - 1]);
    }
    try {
      await compare();
      calm();
    } catch (error) {
      for (const one of made) if (scenarios.includes(one)) scenarios.splice(scenarios.indexOf(one), 1);
      D.downloads(scenarios);
      D.byId("comparison").hidden = !scenarios.length;
      remember();
      offer();
      throw error;
    }
  }

  const add = (name, values) => include([{ name, values }]).catch(D.fail);

  /** A sentence becomes a scenario where a workbench carries the dashboard: it knows the words. */
  function offerWords() {
    D.byId("say").hidden = false;
    D.byId("say").addEventListener("submit", async (event) => {
      event.preventDefault();
      const note = D.byId("sentence-note");
      try {
        const said = await post("api/say", { sentence: D.byId("sentence").value, scenarios });
        note.textContent = "";
        note.classList.remove("refused");
        D.byId("sentence").value = "";
        add(said.name, said.values);
      } catch (error) {
        note.textContent = `${error.message} ${error.hint || ""}`.trim();
        note.classList.add("refused");
      }
    });
  }

  async function offerReady() {
    const found = await D.readyScenarios(base, simulate);
    if (!found) return;
    ready = found.scenarios;
    offer();
    D.byId("ready-note").textContent = found.note;
    D.byId("ready-list").replaceChildren(...ready.map((scenario) => {
      const values = Object.entries(scenario.values).map(([name, value]) => {
        const parameter = base.parameters.find((one) => one.name === name);
        return `${parameter.label} ${D.driver(value, parameter.unit)}`;
      }).join(", ");
      return D.el("li", null,
        D.el("div", null, D.el("strong", null, scenario.name), D.el("span", { class: "meta" }, values)),
        D.el("button", { class: "button", type: "button", "aria-label": `Try ${scenario.name}`, onclick: () => { panel.set(scenario.values); moved(panel.values()); } }, "Try"),
        D.el("button", { class: "button", type: "button", "aria-label": `Add ${scenario.name} to the comparison`, onclick: () => add(scenario.name, scenario.values) }, "Add"));
    }));
    D.byId("ready").hidden = false;
  }

  /** What only a workbench can answer, as far as the link to this page may ask for it. */
  async function offerAbilities() {
    const may = await ask("api/abilities");
    if (may.say && base.parameters.length) offerWords();
    if ((may.scenarios || []).length && !scenarios.length) await include(may.scenarios);
    if (may.portfolio) await D.everyMember(base, ask);
    if (may.refresh) D.freshData(base, ask);
  }

  function buildSimulation() {
    if (!base.parameters.length) {
      offerAbilities().catch(D.fail);
      return;
    }
    D.byId("simulation").hidden = false;
    panel = D.driverPanel(D.byId("drivers"), base.parameters, moved);
    D.byId("reset").addEventListener("click", () => { panel.set({}); moved(panel.values()); });
    D.byId("clear").addEventListener("click", () => { scenarios.length = 0; compare().catch(D.fail); });
    D.byId("add").addEventListener("submit", (event) => {
      event.preventDefault();
      const box = D.byId("scenario-name");
      add(box.value.trim() || box.placeholder, changes(panel.values()));
      box.value = "";
    });
    D.scenarioFile(ask, () => scenarios.length, include);
    scenarios.push(...recall());
    compare().then(offerReady).then(offerAbilities).catch(D.fail).then(() => D.whatIf(base, ask));
  }

  async function start() {
    D.byId("banner-close").addEventListener("click", calm);
    D.downloads([]);
    try {
      base = await ask("api/results");
    } catch (error) {
      D.byId("title").textContent = "No results";
      D.fail(error);
      return;
    }
    explainAll = D.explainPanels(D.byId("explain"));
    buildHead();
    buildView();
    show(base);
    buildSimulation();
    D.loadPlotly();
  }

  start();
})(window.Dash);
