"""Number the figures of lecture NN as NN.1, NN.2 …, like its equations; figures elsewhere keep Sphinx's numbers.

Sphinx would number by position in the table of contents, where lecture 0 is the third page; and all numbers after a
lecture would change when one is added before it.
"""

import re


def number_figures(app, env):
    for docname, kinds in env.toc_fignumbers.items():
        match = re.fullmatch(r"lectures/(\d\d)-.*", docname)
        if match:
            for position, figure in enumerate(kinds.get("figure", {}), start=1):
                kinds["figure"][figure] = (int(match[1]), position)
    return []


def setup(app):
    app.connect("env-get-updated", number_figures, priority=900)  # after Sphinx has numbered them its own way
    return {"version": "1", "parallel_read_safe": True}
