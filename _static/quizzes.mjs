// Quizzes, predictions and the page of one's progress. What the reader did stays in this browser's local storage, under
// one key with a version; nothing is sent. Loaded as a plain deferred script, which also works on pages opened as files.
(() => {
  const KEY = "seq2bert:progress:1";
  const KINDS = ["questions", "predictions"];
  const NOTE_LENGTH = 2000;
  let kept = null; // used where storage is refused: the page works, and forgets when it is closed

  function isEntry(kind, entry) {
    if (!entry || typeof entry !== "object" || Array.isArray(entry)) return false;
    if (kind === "questions") {
      return Array.isArray(entry.chosen) && entry.chosen.every(Number.isInteger) && typeof entry.right === "boolean";
    }
    return typeof entry.note === "string" && entry.note.length <= NOTE_LENGTH && typeof entry.opened === "boolean";
  }

  // What a file or the storage holds, without anything that does not belong there; null if it is no progress at all.
  function understood(text) {
    let read = null;
    try {
      read = JSON.parse(text);
    } catch {
      return null;
    }
    if (!read || read.version !== 1) return null;
    const progress = { version: 1, questions: {}, predictions: {} };
    for (const kind of KINDS) {
      for (const [id, entry] of Object.entries(read[kind] ?? {})) {
        if (/^[\w-]{1,80}$/.test(id) && isEntry(kind, entry)) progress[kind][id] = entry;
      }
    }
    return progress;
  }

  function load() {
    let text = kept;
    try {
      text = localStorage.getItem(KEY) ?? kept;
    } catch {
      // storage is refused
    }
    return understood(text) ?? { version: 1, questions: {}, predictions: {} };
  }

  function save(progress) {
    kept = JSON.stringify(progress);
    try {
      localStorage.setItem(KEY, kept);
    } catch {
      // storage is refused or full
    }
  }

  function remember(kind, id, entry) {
    const progress = load();
    if (entry) progress[kind][id] = entry;
    else delete progress[kind][id];
    save(progress);
  }

  function element(tag, attributes = {}, text = "") {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.textContent = text;
    return made;
  }

  // A question. Its explanations move from the fold to their choices.

  function startQuestion(form) {
    const id = form.dataset.question;
    const boxes = [...form.querySelectorAll("input[name=choice]")];
    const fold = form.querySelector("details");
    const correct = boxes.map((box, place) => {
      const explanation = fold.querySelector(`[data-choice="${place}"]`);
      const shown = element("p", { class: "explanation", id: `${box.id}-why`, hidden: "" });
      explanation.querySelector(".choice-text").remove();
      shown.append(...explanation.childNodes);
      box.parentElement.append(shown);
      return explanation.dataset.correct === "true";
    });
    const check = element("button", { type: "submit" }, "Check");
    const all = element("button", { type: "button", class: "quiet" }, "Explain all");
    const said = element("p", { class: "said", role: "status" });
    const buttons = element("div", { class: "question-buttons" });
    buttons.append(check, all);
    fold.replaceWith(buttons, said);

    function explain(places) {
      boxes.forEach((box, place) => {
        const shown = places.includes(place);
        const choice = box.parentElement;
        choice.classList.toggle("right", shown && correct[place]);
        choice.classList.toggle("wrong", shown && !correct[place]);
        choice.querySelector(".explanation").hidden = !shown;
        if (shown) box.setAttribute("aria-describedby", `${box.id}-why`);
        else box.removeAttribute("aria-describedby");
      });
      all.hidden = places.length === boxes.length;
    }

    const everything = boxes.map((_, place) => place);

    function judge(chosen) {
      const found = chosen.filter((place) => correct[place]).length;
      const wanted = correct.filter(Boolean).length;
      const right = found === wanted && chosen.length === wanted;
      explain(right ? everything : chosen);
      if (right) said.textContent = "Right. Every choice is explained above.";
      else if (wanted === 1 || boxes[0].type === "radio") said.textContent = "Not this one. See why above, and choose again.";
      else said.textContent = `Not yet: ${found} of ${wanted} right answers chosen, ${chosen.length - found} wrong.`;
      form.classList.toggle("done", right);
      return right;
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = everything.filter((place) => boxes[place].checked);
      if (chosen.length === 0) {
        said.textContent = "Choose an answer first.";
        return;
      }
      remember("questions", id, { chosen, right: judge(chosen) });
    });
    form.addEventListener("change", () => {
      explain([]);
      said.textContent = "";
    });
    all.addEventListener("click", () => {
      explain(everything);
      said.textContent = "Every choice is explained above.";
      check.focus();
    });

    const before = load().questions[id];
    if (before && before.chosen.every((place) => place in boxes)) {
      before.chosen.forEach((place) => (boxes[place].checked = true));
      judge(before.chosen);
    }
  }

  // A prediction: a line for the reader's own words before the fold. Opening the fold counts as done.

  function startPrediction(fold) {
    const id = fold.dataset.prediction;
    const before = load().predictions[id];
    const field = element("textarea", { id: `note-${id}`, rows: "1", maxlength: String(NOTE_LENGTH) });
    const line = element("div", { class: "prediction-note" });
    line.append(element("label", { for: field.id }, "Your prediction (optional, kept in this browser)"), field);
    fold.before(line);
    field.value = before?.note ?? "";
    let opened = before?.opened ?? false;

    function grow() {
      field.style.height = "auto";
      if (field.scrollHeight) field.style.height = `${field.scrollHeight + 2}px`;
    }
    function keep() {
      const note = field.value.trim();
      remember("predictions", id, note || opened ? { note, opened } : null);
    }
    field.addEventListener("input", grow);
    field.addEventListener("change", keep);
    fold.addEventListener("toggle", () => {
      if (fold.open && !opened) {
        opened = true;
        keep();
      }
    });
    if (field.value) grow();
  }

  // The page of one's progress.

  const STATES = {
    questions: (entry) => (!entry ? "" : entry.right ? "right" : "tried"),
    predictions: (entry) => (!entry ? "" : entry.opened ? "opened" : "noted"),
  };
  const DONE = ["right", "opened"];

  function showProgress(page) {
    const progress = load();
    const total = { questions: [0, 0], predictions: [0, 0] };
    for (const section of page.querySelectorAll(".progress-page")) {
      for (const kind of KINDS) {
        const items = [...section.querySelectorAll(`[data-${kind.slice(0, -1)}-state]`)];
        let done = 0;
        for (const item of items) {
          const state = STATES[kind](progress[kind][item.getAttribute(`data-${kind.slice(0, -1)}-state`)]);
          item.querySelector(".state")?.remove();
          if (state) item.append(element("span", { class: "state" }, `(${state})`));
          if (DONE.includes(state)) done += 1;
        }
        total[kind][0] += done;
        total[kind][1] += items.length;
        const count = section.querySelector(`[data-count="${kind}"]`);
        const what = kind === "questions" ? "quiz questions answered rightly" : "predictions compared";
        if (count) {
          count.textContent = `${done} of ${items.length} ${what}`;
          count.classList.toggle("done", done === items.length);
        }
      }
    }
    page.querySelector("#progress-total").textContent =
      `All lectures: ${total.questions[0]} of ${total.questions[1]} quiz questions answered rightly, ` +
      `${total.predictions[0]} of ${total.predictions[1]} predictions compared with their answers.`;
  }

  function saveAsFile() {
    const file = new Blob([JSON.stringify(load(), null, 1)], { type: "application/json" });
    const link = element("a", { href: URL.createObjectURL(file), download: "seq2bert-progress.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function startProgress(page) {
    const controls = page.querySelector("#progress-controls");
    const chosen = page.querySelector("#progress-file");
    const said = page.querySelector("#progress-said");
    controls.hidden = false;
    page.querySelector("#progress-export").addEventListener("click", saveAsFile);
    page.querySelector("#progress-import").addEventListener("click", () => chosen.click());
    chosen.addEventListener("change", async () => {
      const file = chosen.files[0];
      const read = file && file.size < 5e6 ? understood(await file.text()) : null;
      if (read) {
        const now = load();
        for (const kind of KINDS) Object.assign(now[kind], read[kind]);
        save(now);
        showProgress(page);
      }
      said.textContent = read ? "Loaded, and added to what was here." : "This file holds no progress; nothing was changed.";
      chosen.value = "";
    });
    page.querySelector("#progress-reset").addEventListener("click", () => {
      if (!confirm("Erase all answers and predictions in this browser?")) return;
      kept = null;
      try {
        localStorage.removeItem(KEY);
      } catch {
        // storage is refused
      }
      showProgress(page);
      said.textContent = "Erased.";
    });
    addEventListener("storage", () => showProgress(page));
    showProgress(page);
  }

  document.querySelectorAll("form.question").forEach(startQuestion);
  document.querySelectorAll("details[data-prediction]").forEach(startPrediction);
  const page = document.getElementById("progress");
  if (page) startProgress(page);
})();
