"""Beam search: several hypotheses side by side, the best of them kept at every step.

Attention weights are not kept; diverse and constrained beams are left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seq2bert.decoding.one_path import first_tokens
from seq2bert.decoding.result import Hypothesis, StepFunction
from seq2bert.decoding.states import select_rows


def length_normalised(log_probability: float, length: int, *, alpha: float) -> float:
    """Return log P / length^α, the score of a hypothesis.

    A log-probability is negative, so dividing by a larger number raises it: α > 0 favours long outputs
    over what α = 0 would choose. It is no penalty of length.

    References
    ----------
    Graves (2012), arXiv:1211.3711, algorithm 1, last line, has α = 1.
    Wu et al. (2016), arXiv:1609.08144, section 7, equation (14), divide by ((5 + length) / 6)^α and add
    a term for coverage; ours is the plain form.
    """
    return log_probability / length**alpha


def beam_decode(
    step: StepFunction,
    state: Any,
    *,
    batch_size: int,
    start_id: int | Int[Tensor, " batch"],
    end_id: int,
    max_length: int,
    beam_size: int,
    alpha: float = 1.0,
    reorder: Callable[[Any, Tensor], Any] = select_rows,
    device: torch.device | None = None,
) -> list[list[Hypothesis]]:
    """Keep the likeliest hypotheses at every step; return the finished ones, best score first.

    A hypothesis that ends leaves the beam, which is then narrower by one; so ``beam_size``
    hypotheses come out at most, and a beam of one is greedy decoding. While hypotheses are of
    equal length they are compared by log P; at the end by `length_normalised`.

    Parameters are those of `greedy_decode`, and:

    Parameters
    ----------
    beam_size : int
    alpha : float
        Exponent of the length, end token included; 0 ranks by log P.
    reorder : callable
        State and row numbers to the state of these rows. Rows move within their sentence only, so a
        model may leave alone what belongs to the source.

    Returns
    -------
    list of list of Hypothesis
        For each sentence at least one and at most ``beam_size``, those that were cut at
        ``max_length`` among them.

    Raises
    ------
    ValueError
        If a size is below 1, or ``start_id`` has another number of tokens.

    References
    ----------
    Sutskever et al. (2014), arXiv:1409.3215, section 3.2.
    """
    if beam_size < 1:
        raise ValueError(f"beam_size must be at least 1; got {beam_size}")
    tokens = first_tokens(batch_size, start_id, max_length, device)
    copies = torch.arange(batch_size, device=tokens.device).repeat_interleave(beam_size)
    beams = _Beams.start(tokens, beam_size, end_id)
    with torch.no_grad():
        state, tokens = select_rows(state, copies), tokens[copies]
        for _ in range(max_length):
            logits, _, state = step(tokens, state)
            tokens, rows = beams.extend(torch.log_softmax(logits.float(), dim=-1))
            if not beams.any_left():
                break
            state = reorder(state, rows)
    return [_ranked(found, alpha) for found in beams.all_hypotheses()]


def _ranked(found: list[tuple[list[int], float, bool]], alpha: float) -> list[Hypothesis]:
    scored = [
        Hypothesis(ids, value, length_normalised(value, len(ids) + finished, alpha=alpha), finished)
        for ids, value, finished in found
    ]
    return sorted(scored, key=lambda hypothesis: hypothesis.score, reverse=True)


@dataclass
class _Beams:
    """The hypotheses of a batch: those in the beam as tensors, those that have ended as lists."""

    log_probability: Float[Tensor, "batch beam"]  # minus infinity where the beam has a free place
    tokens: Int[Tensor, "batch beam time"]
    ended: list[list[tuple[list[int], float, bool]]]
    end_id: int

    @classmethod
    def start(cls, tokens: Int[Tensor, " batch"], beam_size: int, end_id: int) -> "_Beams":
        """Begin with one hypothesis a sentence, and free places."""
        value = torch.full((len(tokens), beam_size), -torch.inf, device=tokens.device)
        value[:, 0] = 0.0
        return cls(value, tokens.new_zeros(len(tokens), beam_size, 0), [[] for _ in tokens], end_id)

    def extend(self, log_probabilities: Float[Tensor, "row vocab"]) -> tuple[Int[Tensor, " row"], Int[Tensor, " row"]]:
        """Add a token to each hypothesis, keep the best; return tokens, and the rows that they continue."""
        batch, beam = self.log_probability.shape
        vocab = log_probabilities.shape[-1]
        values = self.log_probability[..., None] + log_probabilities.view(batch, beam, vocab)
        best, places = values.flatten(1).topk(beam, dim=-1)  # (batch, beam), in falling order
        narrower = torch.tensor([len(found) for found in self.ended], device=best.device)
        best = best.masked_fill(torch.arange(beam, device=best.device) >= beam - narrower[:, None], -torch.inf)
        origin, token = places // vocab, places % vocab
        history = self.tokens.gather(1, origin[..., None].expand(-1, -1, self.tokens.shape[-1]))
        self.tokens = torch.cat([history, token[..., None]], dim=-1)
        self.log_probability = self._take_out_the_ended(best, token)
        first_row = torch.arange(0, batch * beam, beam, device=best.device)
        return token.flatten(), (first_row[:, None] + origin).flatten()

    def _take_out_the_ended(self, value: Tensor, token: Tensor) -> Float[Tensor, "batch beam"]:
        ended = (token == self.end_id) & value.isfinite()
        for sentence, place in ended.nonzero().tolist():
            ids = self.tokens[sentence, place, :-1].tolist()
            self.ended[sentence].append((ids, value[sentence, place].item(), True))
        return value.masked_fill(ended, -torch.inf)

    def any_left(self) -> bool:
        """Say whether a hypothesis is still in the beam."""
        return bool(self.log_probability.isfinite().any())

    def all_hypotheses(self) -> list[list[tuple[list[int], float, bool]]]:
        """Return ids, log-probability and whether it ended, of those that did and those that did not."""
        found = [list(hypotheses) for hypotheses in self.ended]
        for sentence, place in self.log_probability.isfinite().nonzero().tolist():
            ids, value = self.tokens[sentence, place].tolist(), self.log_probability[sentence, place].item()
            found[sentence].append((ids, value, False))
        return found
