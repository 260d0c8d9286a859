"use strict";
/* Scenarios from a file: the server reads it; a refusal stands beside the field, and the file stays chosen. */
(function (D) {
  // As many as anyone reads side by side.
  const MOST = 200;

  /** Throws what is wrong, else gives the scenarios of the chosen file. */
  async function readFile(file, ask) {
    if (!file) throw { message: "No file is chosen.", hint: "Choose one, then press Add." };
    // Read here, since a browser refuses a file that was changed after it was chosen as if the server had gone.
    const content = await file.arrayBuffer().catch(() => {
      throw { message: `${file.name} was changed or moved since it was chosen.`, hint: "Choose it again." };
    });
    return (await ask(`api/scenarios?${new URLSearchParams({ file: file.name })}`, { method: "POST", body: content })).scenarios;
  }

  /** `room()` says how many scenarios are there already; `take(scenarios)` adds those of the file. */
  D.scenarioFile = function (ask, room, take) {
    const box = D.byId("scenario-file");
    const tell = (text, refused) => {
      D.byId("file-note").textContent = text;
      D.byId("file-note").classList.toggle("refused", refused);
      box.setAttribute("aria-invalid", String(refused));
    };
    D.byId("file").addEventListener("submit", async (event) => {
      event.preventDefault();
      const file = box.files[0];
      try {
        const found = await readFile(file, ask);
        if (found.length + room() > MOST) throw { message: `${file.name} holds ${found.length.toLocaleString("en-US")} scenarios.`, hint: `${MOST} can be compared here; python script.py simulate takes any number.` };
        await take(found);
        box.value = "";
        tell(`${found.length} ${found.length === 1 ? "scenario" : "scenarios"} of ${file.name} added.`, false);
      } catch (error) {
        if (error.name !== "AbortError") tell(`${error.message} ${error.hint || ""}`.trim(), true);
      }
    });
  };
})(window.Dash);
