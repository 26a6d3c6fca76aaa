"""The decoder alone: a causal language model."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seq2bert.transformer.config import TransformerConfig
from seq2bert.transformer.decoder import Decoder, DecoderState
from seq2bert.transformer.embeddings import Embeddings, output_layer
from seq2bert.transformer.encoder import check_batch


class LanguageModelOutput(NamedTuple):
    """Logits of the token after each token, and the state after the last."""

    logits: Float[Tensor, "batch time vocab"]
    state: DecoderState


class LanguageModelMaps(NamedTuple):
    """Logits, and the weights of all layers and heads."""

    logits: Float[Tensor, "batch time vocab"]
    weights: Float[Tensor, "batch layer head time time"]


class TransformerLanguageModel(nn.Module):
    """p(token | the tokens before it): the decoder without an encoder.

    Parameters
    ----------
    config : TransformerConfig
        ``n_encoder_layers`` is not used; ``tie`` "target" and "all" mean the same here.
    n_tokens : int
        Size of the vocabulary.
    pad_id : int

    Raises
    ------
    ValueError
        If there is no layer.

    References
    ----------
    Liu et al. (2018), arXiv:1801.10198, section 4.2.3; Radford et al. (2018), section 3.1.
    """

    def __init__(self, config: TransformerConfig, *, n_tokens: int, pad_id: int) -> None:
        super().__init__()
        if config.n_decoder_layers < 1:
            raise ValueError(f"n_decoder_layers must be at least 1; got {config.n_decoder_layers}")
        self.config = config
        embeddings = Embeddings(n_tokens, pad_id=pad_id, config=config)
        self.decoder = Decoder(embeddings, config, cross=False)
        self.output = output_layer(n_tokens, config, None if config.tie == "none" else embeddings)

    def forward(self, tokens: Int[Tensor, "batch time"]) -> LanguageModelOutput:
        """Read a batch that is padded on the right, if at all: no real token sees what comes after it."""
        states, state = self.decoder(tokens, self.decoder.start_alone(None))
        return LanguageModelOutput(self.output(states), state)

    def forward_with_weights(self, tokens: Int[Tensor, "batch time"]) -> LanguageModelMaps:
        """Return the same logits, and all attention weights."""
        states, weights, _ = self.decoder.forward_with_weights(tokens, self.decoder.start_alone(None))
        return LanguageModelMaps(self.output(states), weights.own)

    def read(
        self, prompt: Int[Tensor, "batch time"], lengths: Int[Tensor, " batch"]
    ) -> tuple[Int[Tensor, " batch"], DecoderState]:
        """Read all of each prompt but its last token: the beginning of decoding.

        Parameters
        ----------
        prompt : integer Tensor
            Padded on the right. Inside, it is shifted so that all prompts end together.
        lengths : integer Tensor, shape (batch,)
            Number of real tokens of each prompt, at least 1.

        Returns
        -------
        last : integer Tensor, shape (batch,)
            The last token of each prompt: the first that `step` reads.
        state : DecoderState

        Raises
        ------
        ValueError
            If a prompt has no token, or ``lengths`` does not fit ``prompt``.
        """
        check_batch(prompt, lengths, "prompt")
        if int(lengths.min()) < 1 or int(lengths.max()) > prompt.shape[1]:
            raise ValueError(
                f"lengths must lie between 1 and {prompt.shape[1]}; got {int(lengths.min())} to {int(lengths.max())}"
            )
        longest = int(lengths.max())
        gap = longest - lengths
        from_right = (torch.arange(longest, device=prompt.device) - gap[:, None]).clamp(min=0)
        shifted = prompt.gather(1, from_right)  # padding comes first; what it holds does not matter
        state = self.decoder.start_alone(gap if bool(gap.any()) else None)
        if longest > 1:
            _, state = self.decoder(shifted[:, :-1], state)
        return shifted[:, -1], state

    def step(
        self, tokens: Int[Tensor, " batch"], state: DecoderState
    ) -> tuple[Float[Tensor, "batch vocab"], Float[Tensor, "batch nothing"], DecoderState]:
        """Read one token per sentence: the step function of `seq2bert.decoding`; weights of size 0."""
        states, state = self.decoder(tokens[:, None], state)
        logits = self.output(states[:, 0])
        return logits, logits[:, :0], state
