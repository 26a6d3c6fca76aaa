"""The course's data: dates, pocket translation, prose, keyed sequences, batches of id lists, and optional downloads.

Everything here is generated or comes with the package; nothing is read from the network unless
:func:`seq2bert.data.download.fetch` is asked to.
"""
