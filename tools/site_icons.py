"""Draw the theme's icons into the pages, in place of 1.5 MB of script that would do so in the browser.

The theme marks an icon by an empty element with Font Awesome's classes and brings Font Awesome's own script, which
holds the drawings. They are taken from it (tools/node/icons.mjs). Other classes and attributes of the element stay.
"""

import json
import re
import subprocess

ICON = re.compile(r'<(i|span) class="([^"]*\bfa[bsr]?(?:-(?:solid|brands|regular))? [^"]*)"([^>]*)>\s*</\1>')
STYLES = {"fas": "fa-solid", "fab": "fa-brands", "far": "fa-regular"}
NOT_A_NAME = {"fa-lg", "fa-fw", "fa-solid", "fa-brands", "fa-regular"}


class UnknownIcon(Exception):
    """A page names an icon that Font Awesome does not have."""


def read_icons(script, node):
    """Drawings by style and name, each a list of width, height and path.

    Parameters
    ----------
    script : Path
        Font Awesome's script in the theme.
    node : str
        Path of Node.
    """
    command = [node, "tools/node/icons.mjs", str(script)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def with_icons(page, icons):
    """The page with each icon drawn; raises UnknownIcon where there is no drawing."""

    def drawn(match):
        classes = match[2].split()
        style = next((STYLES.get(one, one) for one in classes if one in STYLES or one in STYLES.values()), None)
        name = next((one.removeprefix("fa-") for one in classes if one.startswith("fa-") and one not in NOT_A_NAME), "")
        if style is None or name not in icons[style]:
            raise UnknownIcon(f"there is no icon {match[2]!r}")
        width, height, path = icons[style][name]
        kept = " ".join(["svg-inline--fa", *(one for one in classes if one not in STYLES)])
        # A title of its own would be read beside the name of the button that the icon stands in.
        attributes = re.sub(r'\s+(?:title|aria-hidden)="[^"]*"', "", match[3])
        return (
            f'<svg class="{kept}"{attributes} aria-hidden="true" focusable="false" viewBox="0 0 {width} {height}">'
            f'<path fill="currentColor" d="{path}"/></svg>'
        )

    return ICON.sub(drawn, page)
