// The theme's icons as {"fa-solid": {"sun": [width, height, path]}, …}, from the script that would draw them in the browser.
// Called by tools/site_icons.py with the path of that script.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

const context = createContext({});
context.window = context;
runInContext(readFileSync(process.argv[2], "utf8"), context);
const styles = context.___FONT_AWESOME___.styles;
const kinds = { "fa-solid": "fas", "fa-regular": "far", "fa-brands": "fab" };
const icons = Object.fromEntries(
  Object.entries(kinds).map(([name, prefix]) => [
    name,
    Object.fromEntries(
      Object.entries(styles[prefix] ?? {}).map(([icon, [width, height, , , path]]) => [icon, [width, height, [path].flat().join(" ")]]),
    ),
  ]),
);
process.stdout.write(JSON.stringify(icons));
