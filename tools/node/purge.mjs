// Style sheet without the rules that no page can use. {"css", "html": […], "scripts": […]} on standard input, css out.
// Called by tools/site_styles.py. What a script adds to a page is found by the words of the script.
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const { css, html, scripts } = JSON.parse(readFileSync(0, "utf8"));
const words = (text) => text.match(/[\w-]+/g) ?? [];
const [result] = await new PurgeCSS().purge({
  content: [...html.map((raw) => ({ raw, extension: "html" })), ...scripts.map((raw) => ({ raw, extension: "js" }))],
  css: [{ raw: css }],
  defaultExtractor: words,
  fontFace: true,
  keyframes: true,
  // Classes and attributes that the reader's choices or the browser set.
  safelist: { standard: [/^data-/, /^:/, "dark", "light", "open"], keyframes: [], variables: [] },
});
process.stdout.write(result.css);
