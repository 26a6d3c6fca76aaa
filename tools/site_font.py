"""The font in which browsers draw mathematics: STIX Two Math with the characters that the pages use.

The package `ziamath` brings the whole font, 1.5 MB; what is left here is a few dozen KB. Browsers need its table of
mathematical constants and the larger variants of brackets and roots, which fontTools keeps with their characters.
"""

import importlib.metadata
import io
import re
import unicodedata
from html import unescape

from fontTools import subset
from fontTools.ttLib import TTFont

PLACE = "_static/STIXTwoMath.woff2"
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
# What a browser adds by itself: minus, prime, invisible operators, and the parts of stretched marks.
ALWAYS = "−′\u2061\u2062\u2063\u2064()[]{}|‖√∑∏∫⏞⏟‾^~→ˆ"


def italic(letter):
    """The character that a browser draws for a variable of one letter, or an empty string."""
    try:
        name = unicodedata.name(letter)
        case = re.sub(r"^(LATIN|GREEK) ", "", name).replace("LETTER ", "")
        return "ℎ" if letter == "h" else unicodedata.lookup(f"MATHEMATICAL ITALIC {case}".replace("LAMBDA", "LAMDA"))
    except (KeyError, ValueError):
        return ""


def characters_of(pages):
    """Characters that stand in formulas, sorted."""
    found = set(ALWAYS)
    for page in pages:
        for formula in FORMULA.findall(page):
            found |= set(unescape(re.sub(r"<[^>]*>", "", formula)))
    return "".join(sorted((found | {italic(one) for one in found}) - {"", "\n"}))


def make_font(characters):
    """Bytes of a WOFF2 file; the same characters give the same bytes."""
    path = importlib.metadata.distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")
    options = subset.Options()
    options.flavor = "woff2"
    options.hinting = False
    options.layout_features = ["ssty", "dtls", "ss01", "ss04", "flac", "mark", "mkmk", "ccmp"]
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]  # names and the licence, which stays with the font
    options.notdef_outline = True
    font = TTFont(str(path), recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    font.flavor = "woff2"
    output = io.BytesIO()
    font.save(output)
    return output.getvalue()
