"""Lighthouse on the landing page and three lectures: accessibility, best practices and search engines at least 95.

Performance depends on the machine and what else runs on it: it is printed, not tested.
"""

import json
import os
import subprocess

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, MISSING
from tests.browser.site_server import served
from tools.install_node_packages import find_node

BOUND = 95
CATEGORIES = ("accessibility", "best-practices", "seo", "performance")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason=MISSING)]


def lighthouse(root, address, folder):
    """Scores of a page from 0 to 100, and the audits that failed."""
    command_line = root / "node_modules" / "lighthouse" / "cli" / "index.js"
    assert command_line.exists(), "Lighthouse is not installed: python -m tools.install_node_packages --for test-all"
    flags = " ".join(["--headless=new", "--no-sandbox", f"--user-data-dir={folder}/profile", *FLAGS[:-1]])
    report = folder / "report.json"
    command = [find_node(), str(command_line), address, "--quiet", "--output=json", f"--output-path={report}"]
    command += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}", "--max-wait-for-load=120000"]
    variables = dict(os.environ, CHROME_PATH=CHROMIUM)
    result = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=900, cwd=root)
    assert result.returncode == 0, result.stderr[-2000:]
    found = json.loads(report.read_text(encoding="utf-8"))
    scores = {name: round(100 * category["score"]) for name, category in found["categories"].items()}
    failed = [name for name, audit in found["audits"].items() if audit["score"] == 0]
    return scores, failed


@pytest.fixture
def compressed_site(html, root):
    """Address of the site, compressed as GitHub Pages does."""
    with served(html, root, compressed=True) as address:
        yield address


def test_lighthouse_is_content(root, compressed_site, names, tmp_path):
    lectures = [name for name in names if name.startswith("lectures/")]
    chosen = ["index.html", *lectures[:: max(1, len(lectures) // 3)][:3]]
    low = {}
    for name in chosen:
        scores, failed = lighthouse(root, compressed_site + name, tmp_path)
        print(f"{name}: {scores}")
        if any(scores[category] < BOUND for category in CATEGORIES[:3]):
            low[name] = scores, failed
    assert low == {}
