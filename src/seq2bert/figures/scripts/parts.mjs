// What the views are built of: elements, fields, heat maps, bars.

export const STYLE = `
:host { display: block; outline: none; --ink: var(--pst-color-text-base, var(--jp-content-font-color1, #1f2328));
  --muted: var(--pst-color-text-muted, var(--jp-content-font-color2, #57606a));
  --ground: var(--pst-color-background, var(--jp-layout-color0, #fff));
  --surface: var(--pst-color-surface, var(--jp-layout-color1, #f5f6f8));
  --line: var(--pst-color-border, var(--jp-border-color1, #c9ccd1));
  --heat: var(--live-heat, #0072b2); --on-heat: var(--live-on-heat, #fff); --mark: var(--live-mark, #b34700);
  --most: var(--live-most, 60%); background: var(--ground); color: var(--ink); font: 1rem/1.5 var(--pst-font-family-base, var(--jp-content-font-family, system-ui, sans-serif)); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
p { margin: 0; }
.view { display: grid; gap: 0.9rem; grid-template-columns: minmax(0, 1fr); }
.line { display: flex; flex-wrap: wrap; gap: 0.4rem 0.6rem; align-items: center; }
.line > label { display: flex; flex-wrap: wrap; gap: 0.2rem 0.6rem; align-items: center; }
.grow { flex: 1 1 16rem; }
input[type="text"] { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--muted);
  border-radius: 4px; padding: 0.4rem 0.6rem; width: 100%; min-height: 2.5rem; }
button { font: inherit; font-size: 0.875rem; color: inherit; background: var(--surface); border: 1px solid var(--line);
  border-radius: 4px; padding: 0.25rem 0.65rem; min-height: 2rem; min-width: 2rem; cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--ink); }
button:disabled { color: var(--muted); cursor: default; }
button[aria-pressed="true"] { background: var(--heat); border-color: var(--heat); color: var(--on-heat); }
:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
.quiet { color: var(--muted); font-size: 0.875rem; }
.answer { font: 600 1.5rem/1.3 var(--mono); letter-spacing: 0.03em; min-height: 1.3em; overflow-wrap: anywhere; }
:host { --mono: var(--pst-font-family-monospace, ui-monospace, SFMono-Regular, Menlo, Consolas, monospace); }
.answer .other, th .other, .other { color: var(--mark); text-decoration: underline; text-underline-offset: 0.15em; }
.scroll { overflow-x: auto; padding: 3px; margin: -3px; }
table { border-collapse: separate; border-spacing: 1px; table-layout: fixed; width: 100%; font: 0.8125rem/1 var(--mono); }
th { font-weight: 400; padding: 0; text-align: center; height: 1.6rem; overflow: hidden; }
th.row { width: 2.6rem; text-align: center; font-weight: 600; font-size: 0.9375rem; }
table.words th.row { width: 6.2rem; text-align: right; padding-right: 0.4rem; font-size: 0.75rem; font-weight: 400; white-space: nowrap; }
table.words th.column { height: auto; vertical-align: bottom; padding-bottom: 0.25rem; }
table.words th.column span { writing-mode: vertical-rl; transform: rotate(180deg); font-size: 0.75rem; max-height: 6.5rem; }
th.knob { width: 2.2rem; }
th.knob button { padding: 0; min-height: 1.5rem; min-width: 1.75rem; line-height: 1; }
td { padding: 0; height: 1.55rem; position: relative;
  background: color-mix(in srgb, var(--heat) calc(var(--w) * 100%), var(--surface)); }
table.words td { height: 1.3rem; }
td.can { cursor: pointer; }
table.can { min-width: calc(5.4rem + var(--columns) * 13px); }
table.can :is(th.row, th.knob) { position: sticky; left: -3px; right: -3px; z-index: 3; background: var(--ground); }
td.can:hover { outline: 2px solid var(--ink); outline-offset: -1px; z-index: 1; }
td:focus-visible { outline: 2px solid var(--mark); outline-offset: 0; z-index: 2; }
td[aria-selected="true"]::after { content: ""; position: absolute; inset: 0; margin: auto; width: 0.6rem; height: 0.6rem;
  max-width: 80%; border-radius: 50%; background: var(--mark); box-shadow: 0 0 0 2px var(--ground); }
tr.off td { background: repeating-linear-gradient(135deg, var(--surface) 0 4px, var(--line) 4px 5px); }
.scale { display: inline-flex; align-items: center; gap: 0.4rem; }
.scale::before { content: ""; width: 5rem; height: 0.7rem; border-radius: 2px;
  background: linear-gradient(90deg, var(--surface), var(--heat)); border: 1px solid var(--line); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 45%), 1fr)); gap: 0.6rem; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem 0.6rem; display: grid; gap: 0.15rem; align-content: start;
  grid-template-columns: minmax(0, 1fr); background: var(--ground); text-align: left; min-height: 0; }
.card strong { font-size: 0.9375rem; }
.card .formula { font: italic 0.8125rem/1.3 Georgia, serif; color: var(--muted); }
.card .answer { font-size: 1rem; }
svg.map { display: block; width: 100%; height: auto; background: var(--surface); border-radius: 2px; }
svg.map path { fill: var(--heat); }
svg.map text { font: 9px var(--mono); fill: var(--muted); text-anchor: middle; }
.heads { display: grid; gap: 0.4rem; grid-template-columns: max-content repeat(var(--n), minmax(0, 6.5rem)); align-items: center; justify-content: start; }
.heads button { padding: 3px; background: none; min-height: 0; border-width: 2px; }
.heads button[aria-pressed="true"] { background: none; border-color: var(--mark); }
.tokens { display: flex; flex-wrap: wrap; gap: 0.3rem 0.25rem; font: 0.9375rem/1.2 var(--mono); }
.tokens > * { border: 1px solid var(--line); border-radius: 4px; padding: 0.25rem 0.4rem; min-height: 1.8rem; min-width: 1.6rem; text-align: center;
  font: inherit; background: color-mix(in srgb, var(--heat) calc(var(--w, 0) * var(--most)), var(--ground)); }
.tokens button[aria-pressed="true"] { background: var(--mark); border-color: var(--mark); color: var(--ground); }
.tokens button.hidden { border-style: dashed; border-color: var(--mark); }
.tokens button.hidden[aria-pressed="false"] { color: var(--mark); }
.bars { display: grid; grid-template-columns: minmax(3.5rem, max-content) minmax(0, 1fr) 3.6rem; gap: 0.3rem 0.6rem; align-items: center; margin: 0; padding: 0; list-style: none; }
.bars > li { display: contents; }
.bars .name { font: 0.9375rem var(--mono); overflow-wrap: anywhere; }
.bars .bar { height: 1.1rem; border-radius: 2px; background: linear-gradient(var(--heat), var(--heat)) no-repeat 0 0 / calc(var(--w) * 100%) 100%, var(--surface); }
.bars .value { text-align: right; font-variant-numeric: tabular-nums; font-size: 0.875rem; }
.two { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); }
.sliders { display: grid; grid-template-columns: max-content minmax(0, 1fr) 3.2rem; gap: 0.2rem 0.6rem; align-items: center; }
.sliders label { display: contents; }
input[type="range"] { width: 100%; min-height: 1.75rem; accent-color: var(--heat); margin: 0; }
output { font-variant-numeric: tabular-nums; text-align: right; font-size: 0.875rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.2rem 1.5rem; font-size: 0.9375rem; }
.facts b { font-variant-numeric: tabular-nums; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/** Make an element; properties that begin with "on" are listeners, "css" sets custom properties. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "css") for (const [key, number] of Object.entries(value)) element.style.setProperty(key, number);
    else if (name === "html") element.innerHTML = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== undefined && child !== null));
  return element;
}

export const percent = (x) => (x > 0 && x < 0.001 ? "<0.1 %" : `${(100 * x).toFixed(x < 0.0995 ? 1 : 0)} %`);
export const shown = (token) => (token === " " ? "␣" : token);

/** A view: its parts one under the other, and a region that screen readers read out when it changes. */
export function frame(root, ...parts) {
  const spoken = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
  root.append(el("style", { html: STYLE }), el("div", { class: "view" }, parts, spoken));
  let waiting;
  return (text) => { // at most once in a while, so that typing is not drowned
    clearTimeout(waiting);
    waiting = setTimeout(() => (spoken.textContent = text), 400);
  };
}

/** A text field with examples to choose from. */
export function textField({ label, value, examples = [], longest, onchange }) {
  const field = el("input", { type: "text", value, maxlength: longest, autocomplete: "off", autocapitalize: "off", spellcheck: "false", oninput: () => onchange(field.value) });
  const choose = (text) => {
    field.value = text;
    onchange(text);
  };
  const buttons = examples.map((text) => el("button", { type: "button", onclick: () => choose(text) }, text));
  return el(
    "div",
    { class: "view", css: { gap: "0.5rem" } },
    el("label", {}, el("span", { class: "quiet" }, label), field),
    buttons.length ? el("div", { class: "line", role: "group", "aria-label": "Examples" }, buttons) : null,
  );
}

/** Buttons of which one is pressed. */
export function choice({ label, options, value, onchange }) {
  const buttons = Object.entries(options).map(([key, text]) =>
    el("button", { type: "button", "aria-pressed": String(key === value), onclick: () => press(key) }, text),
  );
  const keys = Object.keys(options);
  const press = (key) => {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(keys[i] === key)));
    onchange(key);
  };
  return el("div", { class: "line", role: "group", "aria-label": label }, buttons);
}

/** A slider with its label and its value. */
export function slider({ label, min, max, step, value, format, oninput }) {
  const text = el("output", {}, format(value));
  const input = el("input", {
    type: "range", min, max, step, value, "aria-valuetext": format(value),
    oninput: () => {
      text.textContent = format(Number(input.value));
      input.setAttribute("aria-valuetext", text.textContent);
      oninput(Number(input.value));
    },
  });
  return el("label", {}, el("span", {}, label), input, text);
}

/** Draw weights as an SVG of a few shades: one path a shade. Labels are optional. */
export function miniature(weights, { rows, columns, alt } = {}) {
  const [height, width] = [weights.length, weights[0].length];
  const shades = 20;
  const paths = Array.from({ length: shades + 1 }, () => "");
  weights.forEach((row, y) => row.forEach((weight, x) => (paths[Math.round(weight * shades)] += `M${x} ${y}h1v1h-1z`)));
  const [left, top] = [rows ? 1.2 : 0, columns ? 1.2 : 0];
  const label = (text, x, y) =>
    `<text transform="translate(${x} ${y}) scale(.105)">${text.replace(/[&<]/g, (c) => (c === "&" ? "&amp;" : "&lt;"))}</text>`;
  const labels = [
    ...(columns ?? []).map((text, x) => label(text, x + left + 0.5, 0.85)),
    ...(rows ?? []).map((text, y) => label(text, 0.5, y + top + 0.8)),
  ];
  return (
    `<svg class="map" role="img" aria-label="${alt.replaceAll('"', "&quot;")}" viewBox="0 0 ${width + left} ${height + top}">` +
    `<g transform="translate(${left} ${top})">${paths.map((d, i) => (i && d ? `<path opacity="${i / shades}" d="${d}"/>` : "")).join("")}</g>${labels.join("")}</svg>`
  );
}

/**
 * A heat map to walk through with the arrow keys. `choose(row, column)` answers Enter and clicks; `knob(row)` makes
 * what stands at the end of a row.
 */
export function heatMap({ label, rows, columns, weights, words, marked = {}, off = {}, choose, knob, look }) {
  let place = [0, 0];
  const cells = weights.map((row, y) =>
    columns.map((column, x) =>
      el("td", {
        role: "gridcell", tabindex: "-1", class: choose ? "can" : undefined, css: { "--w": (row[x] ?? 0).toFixed(3) },
        "aria-label": `${shown(column)} ${percent(row[x] ?? 0)}`, title: `${shown(column)}: ${percent(row[x] ?? 0)}`,
        "aria-selected": choose ? String(marked[y] === x) : undefined,
        onclick: () => choose?.(y, x), onfocus: () => look?.(y, x), onpointerenter: () => look?.(y, x),
      }),
    ),
  );
  const go = (y, x, focus) => {
    cells[place[0]]?.[place[1]]?.setAttribute("tabindex", "-1");
    place = [Math.max(0, Math.min(cells.length - 1, y)), Math.max(0, Math.min(columns.length - 1, x))];
    const cell = cells[place[0]]?.[place[1]];
    cell?.setAttribute("tabindex", "0");
    if (focus) cell?.focus();
  };
  const keys = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -1e9], End: [0, 1e9] };
  const onkeydown = (event) => {
    if (event.target.tagName !== "TD") return;
    if (keys[event.key]) go(place[0] + keys[event.key][0], place[1] + keys[event.key][1], true);
    else if (choose && (event.key === "Enter" || event.key === " ")) choose(...place);
    else return;
    event.preventDefault();
  };
  const onfocusin = (event) => cells.forEach((row, y) => row.includes(event.target) && go(y, row.indexOf(event.target)));
  const head = el("tr", { role: "row" },
    el("td", { role: "presentation", css: { "--w": 0, background: "none", width: words ? "6.2rem" : "2.6rem" } }),
    columns.map((column) => el("th", { class: "column", scope: "col", role: "columnheader" }, el("span", {}, shown(column)))),
    knob ? el("th", { class: "knob", role: "columnheader", scope: "col" }, el("span", { class: "unseen" }, "Row")) : null,
  );
  const body = rows.map((row, y) =>
    el("tr", { role: "row", class: off[y] ? "off" : undefined },
      el("th", { class: "row", scope: "row", role: "rowheader" }, row), cells[y], knob ? el("th", { class: "knob", role: "gridcell" }, knob(y)) : null),
  );
  const table = el("table", { role: "grid", "aria-label": label, class: words ? "words" : choose ? "can" : undefined, css: { "--columns": columns.length }, onkeydown, onfocusin }, head, body);
  go(0, 0);
  return Object.assign(table, { go, place: () => place });
}

/** Put a new heat map where the old one stood, and keep the reader's place in it. */
export function replaceMap(holder, make) {
  const old = holder.firstChild;
  const inside = old && old.contains(holder.getRootNode().activeElement) && holder.getRootNode().activeElement.tagName === "TD";
  const map = make();
  holder.replaceChildren(map);
  if (old?.place) map.go(...old.place(), inside);
}

/** Names, bars and values; weights lie between 0 and 1. */
export function bars(items) {
  return items.map(({ name, weight, value }) =>
    el("li", {}, el("span", { class: "name" }, name), el("span", { class: "bar", css: { "--w": weight.toFixed(4) } }), el("span", { class: "value" }, value ?? percent(weight))),
  );
}
