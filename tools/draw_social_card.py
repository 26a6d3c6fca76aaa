"""Draw the card that is shown with a shared link: the course's name beside the picture of the landing page.

`python -m tools.draw_social_card` writes `_static/social-card.png`, 1200 by 630 pixels, the size that services ask for.
The same picture gives the same card.
"""

from pathlib import Path

import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
PICTURE, CARD = "_static/attention-dates.png", "_static/social-card.png"
WIDTH, HEIGHT, DPI = 1200, 630, 100  # pixels
TITLE, SUBTITLE = "From seq2seq\nto BERT", "Attention, built and measured"
NOTE = "A course with tested code.\nEvery claim is an experiment."


def draw(root=ROOT):
    """Write the card and return its path."""
    figure = plt.figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="#ffffff")
    figure.text(0.05, 0.62, TITLE, fontsize=46, fontweight="bold", color="#14181e", va="center", linespacing=1.15)
    figure.text(0.05, 0.37, SUBTITLE, fontsize=22, color="#08519c", va="center")
    figure.text(0.05, 0.22, NOTE, fontsize=18, color="#48566b", va="center", linespacing=1.4)
    axes = figure.add_axes((0.47, 0.06, 0.51, 0.88))
    axes.imshow(plt.imread(root / PICTURE), interpolation="lanczos")
    axes.axis("off")
    figure.savefig(root / CARD, dpi=DPI, metadata={"Software": None})
    plt.close(figure)
    return root / CARD


if __name__ == "__main__":
    path = draw()
    print(f"{CARD}: {path.stat().st_size / 1024:.0f} KB")
