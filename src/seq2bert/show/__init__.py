"""What a notebook shows beside its figures: source code, sentences, tables, quizzes, explorers.

Only notebooks use this. Nothing here needs the network, and every display has something to
say on a page without a kernel: an explorer is then the picture of its first view.
Feedback on exercises is not here.
"""

from seq2bert.show.explorer import Explorer, explore
from seq2bert.show.questions import quiz
from seq2bert.show.text import say, show_source, table

__all__ = ["Explorer", "explore", "quiz", "say", "show_source", "table"]
