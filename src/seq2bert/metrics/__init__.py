"""How good an output is, and where attention went.

Leaves out chrF. Alignment error rate stands with the gold alignments in :mod:`seq2bert.data.pocket` and is
offered here, too.
"""

from seq2bert.data.pocket import alignment_error_rate, corpus_links

from .attention import attention_entropy, attention_in_field, attention_links
from .bleu import bleu, bleu_signature
from .outputs import edit_distance, exact_match, mean_edit_distance, token_accuracy

__all__ = [
    "alignment_error_rate",
    "attention_entropy",
    "attention_in_field",
    "attention_links",
    "bleu",
    "bleu_signature",
    "corpus_links",
    "edit_distance",
    "exact_match",
    "mean_edit_distance",
    "token_accuracy",
]
