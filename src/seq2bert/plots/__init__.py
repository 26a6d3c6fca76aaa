"""Pictures for the page: heat maps of weights, curves with seeds, bars.

One style for every lecture: text that can still be read when the page is 390 pixels wide,
colours that colour-blind readers can tell apart (each line also has its own marker), a white
background in both themes, and the same bytes whenever the same figure is drawn.
The functions draw on the axes they are given, or on a new figure, and return the axes.
They never call ``plt.show``. Figures that react to the reader are in ``show.explore``.
"""

from seq2bert.plots.charts import bars, curves
from seq2bert.plots.heatmap import attention_heatmap
from seq2bert.plots.style import COLOURS, MARKERS, new_axes, new_axes_row, use_course_style

__all__ = ["COLOURS", "MARKERS", "attention_heatmap", "bars", "curves", "new_axes", "new_axes_row", "use_course_style"]
