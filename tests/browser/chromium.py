"""The browser that the tests drive: Debian's Chromium, which reaches nothing but this machine."""

import shutil

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = "needs Chromium; on Debian and Ubuntu: sudo apt-get install chromium"
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever asks for another host fails at once, and the test that counts failed requests names it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
OPTIONS = {"executable_path": CHROMIUM, "headless": True, "args": ["--no-sandbox", *FLAGS]}
