"""Which tokens are hidden for pretraining, and behind what: a pure function of a generator."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Masking:
    """The rule of masked-token prediction.

    Attributes
    ----------
    n_tokens : int
        Size of the vocabulary.
    mask_id : int
        Id of [MASK].
    special_ids : tuple of int
        Ids that are never chosen and never put in a token's place: padding, [CLS], [SEP], [MASK] itself;
        [UNK], too, unless it is to be predicted.
    rate : float
        Share of the other tokens that is chosen.
    masked, random : float
        Share of the chosen that becomes [MASK], and that becomes a random token. The rest stays as it is.

    Raises
    ------
    ValueError
        If a share is out of range, an id is not in the vocabulary, or no token is left to draw.

    References
    ----------
    Devlin et al. (2019), arXiv:1810.04805, section 3.1, task 1: 15%, of which 80% and 10%.
    """

    n_tokens: int
    mask_id: int
    special_ids: tuple[int, ...]
    rate: float = 0.15
    masked: float = 0.8
    random: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise ValueError(f"rate must be above 0 and at most 1; got {self.rate}")
        if self.masked < 0 or self.random < 0 or not self.masked + self.random <= 1:
            raise ValueError(
                f"masked and random must be at least 0 and at most 1 together; got {self.masked} and {self.random}"
            )
        outside = [i for i in (self.mask_id, *self.special_ids) if not 0 <= i < self.n_tokens]
        if outside:
            raise ValueError(f"mask_id and special_ids must lie between 0 and {self.n_tokens - 1}; got {outside}")
        if self.mask_id not in self.special_ids:
            raise ValueError(f"special_ids must hold mask_id, {self.mask_id}; got {self.special_ids}")
        if len(set(self.special_ids)) == self.n_tokens:
            raise ValueError(f"special_ids must leave a token to predict; got all {self.n_tokens}")


class Masked(NamedTuple):
    """A batch as the model reads it; what it must predict is ``original[chosen]``."""

    tokens: Int[Tensor, "batch time"]
    chosen: Bool[Tensor, "batch time"]


def mask_tokens(
    tokens: Int[Tensor, "batch time"],
    masking: Masking,
    *,
    generator: torch.Generator,
    word_starts: Bool[Tensor, "batch time"] | None = None,
) -> Masked:
    """Hide some tokens of each row.

    Parameters
    ----------
    tokens : integer Tensor
        Not changed.
    masking : Masking
    generator : torch.Generator
        All that the result depends on, besides the arguments. It may live on another device.
    word_starts : bool Tensor, optional
        True at the first piece of each word: the pieces of a word are then chosen together. Left out, each
        token is a word.

    Returns
    -------
    Masked

    Raises
    ------
    ValueError
        If ``word_starts`` and ``tokens`` differ in shape.

    Notes
    -----
    Of a row with n tokens that may be chosen, ``rate`` n are, rounded, but at least one if there is one.
    Words are taken in random order until that number is reached, so whole words may exceed it by a part of
    the last one; the paper's code leaves that word out and tries the next. What a chosen token becomes is
    drawn for each piece alone, as in the paper's code. That code takes its 15% of all tokens, [CLS] and [SEP]
    counted, with an upper limit for each row, and draws random tokens from the whole list, special tokens and
    the original included.

    References
    ----------
    Devlin et al. (2019), section 3.1, task 1, and section A.1; whole words are a later addition to its code.
    """
    special = torch.isin(tokens, torch.tensor(masking.special_ids, device=tokens.device))
    starts = torch.ones_like(special) if word_starts is None else word_starts
    if starts.shape != tokens.shape:
        raise ValueError(f"word_starts needs the shape of tokens, {tuple(tokens.shape)}; got {tuple(starts.shape)}")
    chosen = choose_words(_words_begin(starts, special), ~special, rate=masking.rate, draws=_draw(tokens, generator))
    kind = _draw(tokens, generator)
    ordinary = torch.ones(masking.n_tokens, dtype=torch.bool, device=tokens.device)
    ordinary[list(masking.special_ids)] = False
    replacements = ordinary.nonzero()[:, 0]  # (n_tokens - specials,)
    drawn = replacements[(_draw(tokens, generator) * len(replacements)).long()]
    hidden = tokens.masked_fill(chosen & (kind < masking.masked), masking.mask_id)
    randomised = chosen & (kind >= masking.masked) & (kind < masking.masked + masking.random)
    return Masked(torch.where(randomised, drawn.to(tokens.dtype), hidden), chosen)


def choose_words(
    starts: Bool[Tensor, "batch time"],
    eligible: Bool[Tensor, "batch time"],
    *,
    rate: float,
    draws: Float[Tensor, "batch time"],
) -> Bool[Tensor, "batch time"]:
    """Choose words in random order until a share of the eligible tokens is reached.

    Parameters
    ----------
    starts : bool Tensor
        True at the first token of each word.
    eligible : bool Tensor
        True where a token may be chosen.
    rate : float
        Share of the eligible tokens.
    draws : Tensor
        Uniform in [0, 1), one for each token; a word has that of its first token, and the least come first.

    Returns
    -------
    bool Tensor
    """
    places = torch.arange(starts.shape[1], device=starts.device).expand(starts.shape)
    first = places.masked_fill(~starts, 0).cummax(dim=1).values  # where the word of each token begins
    order = draws.gather(1, first).masked_fill(~eligible, 2.0)  # what may not be chosen comes last
    rank = order.argsort(dim=1, stable=True).argsort(dim=1)
    ahead = rank.gather(1, first)  # eligible tokens in the words before
    wanted = (rate * eligible.sum(1, keepdim=True)).round().clamp(min=1)
    return eligible & (ahead < wanted)


def _words_begin(starts: Tensor, special: Tensor) -> Tensor:
    """Let a special token be a word of its own, whatever ``starts`` says."""
    after_special = special.roll(1, dims=1)
    after_special[:, :1] = True
    return starts | special | after_special


def _draw(tokens: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(tokens.shape, generator=generator, device=generator.device).to(tokens.device)
