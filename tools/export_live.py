"""Make what the site needs of its live figures: scripts, weights, and the figures with their first views.

Everything comes from the checkpoints of the package. What was made is kept in _build/live until the package changes.
"""

import base64
import hashlib
import html
import json
import os
import subprocess
import sys
from pathlib import Path

from tools import execute

ROOT = Path(__file__).resolve().parent.parent
SERVED = "_served/_static/live"
FRAGMENTS = "_live"
SITE_FILES = {"start.js": "live_figures.js", "live.css": "live_figures.css"}

TEMPLATE = """<figure class="live-figure" id="live-{name}" aria-labelledby="live-{name}-title"
 data-settings="{settings}" data-weights="{weights}" data-bytes="{size}">
<figcaption><p class="live-title" id="live-{name}-title">{title}</p><p>{look_for}</p></figcaption>
<noscript><p>With scripts this figure runs its model here, in the browser. The picture is its first view.</p></noscript>
<div class="live-still">{still}</div>
</figure>
"""


def fragment(name, figure, weights, size):
    """The figure as it stands in a page before it is started."""
    return TEMPLATE.format(
        name=name,
        settings=html.escape(json.dumps(figure.settings, ensure_ascii=False)),
        weights=weights or "",
        size=size,
        title=html.escape(figure.title),
        look_for=html.escape(figure.look_for),
        still=figure.still,
    )


def make(folder):
    """Write all files into a folder; run where the package of this tree is the one that is imported."""
    from seq2bert.figures.bundle import bundle
    from seq2bert.figures.site import SITE

    files = {f"{SERVED}/live.js": bundle().encode()}
    for name, entry in SITE.items():
        figure = entry.make()
        weights = figure.weights()
        if weights:
            files[f"{SERVED}/{entry.weights}.bin"] = weights
            text = base64.b64encode(weights).decode()  # for file://, where a page may not fetch
            script = f'(window.seq2bertWeights ??= {{}})["{entry.weights}"] = "{text}";\n'
            files[f"{SERVED}/{entry.weights}.weights.js"] = script.encode()
        files[f"{FRAGMENTS}/{name}.html"] = fragment(name, figure, entry.weights, len(weights)).encode()
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def live_files(root):
    """Every file of the live figures, as a dict from its path in the assembled tree to its content."""
    folder = root / "_build" / "live"
    stamp = folder / "made-from"
    wanted = hashlib.sha256(execute.package_hash(root).encode() + Path(__file__).read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
        variables = dict(os.environ, PYTHONPATH=f"{root / 'src'}{os.pathsep}{root}", OMP_NUM_THREADS="1")
        subprocess.run([sys.executable, "-m", "tools.export_live", str(folder)], env=variables, cwd=root, check=True)
        stamp.write_text(wanted)
    made = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != stamp]
    files = {str(path.relative_to(folder)): path.read_bytes() for path in made}
    return files | {f"{SERVED}/{name}": (root / "_ext" / source).read_bytes() for name, source in SITE_FILES.items()}


if __name__ == "__main__":
    make(Path(sys.argv[1]))
