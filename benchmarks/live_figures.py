"""How long a live figure takes in a browser: from the click until it is ready, and for an answer.

Run after `make book`, with Playwright installed and the system's Chromium:
``python -m benchmarks.live_figures --json benchmarks/records/live_figures.json``. Bytes are those of the files that a
figure loads.
"""

import argparse
import functools
import http.server
import json
import os
import shutil
import statistics
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

HTML = Path(__file__).resolve().parent.parent / "_build" / "site" / "_build" / "html"
PAGE = "pages/live-figures.html"
REPEATS = 9
ANSWERS = """figure => {
  const first = JSON.parse(figure.dataset.settings).first;
  const times = [];
  for (let i = 0; i < %d; i++) {
    const start = performance.now();
    figure.live.answer(first);
    times.push(performance.now() - start);
  }
  return times;
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def measure(page, address: str, name: str) -> tuple[float, list[float], int]:
    """Open the page anew and start one figure; return milliseconds until ready, of answers, and bytes of weights."""
    page.goto(address)
    figure = page.locator(f"#live-{name}")
    figure.locator(".live-start button").click()
    page.wait_for_selector(f"#live-{name}.live-running")
    ready = figure.evaluate("figure => figure.live.milliseconds")
    return ready, figure.evaluate(ANSWERS % REPEATS), int(figure.get_attribute("data-bytes"))


def main() -> None:
    """Print a table, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="path of the browser")
    parser.add_argument("--json", type=Path, help="where to write the results")
    arguments = parser.parse_args()
    if not (HTML / PAGE).exists():
        sys.exit("There is no site: make book")
    handler = functools.partial(_Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/{PAGE}"
    scripts = sum((HTML / "_static/live" / name).stat().st_size for name in ("start.js", "live.js"))
    print(f"scripts: {scripts} bytes\n{'figure':14} {'ready ms':>9} {'answer ms':>10} {'weights':>10}")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=options)
        page = browser.new_page()
        page.goto(address)
        names = page.eval_on_selector_all(".live-figure", "all => all.map(one => one.id.slice(5))")
        results = {}
        for name in names:
            ready, answers, size = measure(page, address, name)
            results[name] = {"ready_ms": round(ready), "answer_ms": round(statistics.median(answers), 1), "bytes": size}
            print(f"{name:14} {ready:9.0f} {results[name]['answer_ms']:10.1f} {size:10}")
        browser.close()
    server.shutdown()
    if arguments.json:
        said = {"cores": os.cpu_count(), "scripts": scripts, "figures": results}
        arguments.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
