"""The three places where a Transformer can learn about order, and the scheme that uses none of them."""

from jaxtyping import Float, Int
from torch import Tensor, nn

Prepared = tuple[Tensor, ...]


class Positions(nn.Module):
    """No positions; the base of all schemes.

    A scheme overrides what it needs of three hooks: what is added to the embeddings
    (`add_to_embeddings`), what is done to query and key (`rotate`), and what is added to the
    scores (`score_bias`). `prepare` computes once per pass what all layers share.

    Positions are given as integers, so that a scheme works with any offset: a decoder with a
    cache reads one token at position 17, and the sentences of a batch may stand at different
    places. In cross-attention query and key come from different sentences: only the first hook
    has an effect there.

    Attributes
    ----------
    biased : bool
        Whether `score_bias` adds anything. If not, it returns None.

    References
    ----------
    Haviv et al. (2022), arXiv:2203.16634: a causal language model can do without positions, and they can
    be read off its states; the authors conjecture that the number of visible keys tells them. An encoder
    without positions sees a set of words.
    """

    biased = False

    def add_to_embeddings(
        self, embedded: Float[Tensor, "batch time d_model"], positions: Int[Tensor, "#batch time"]
    ) -> Float[Tensor, "batch time d_model"]:
        """Return the embeddings, with their positions added by the absolute schemes."""
        return embedded

    def prepare(
        self, query_positions: Int[Tensor, "#batch query"], key_positions: Int[Tensor, "#batch key"]
    ) -> Prepared:
        """Compute what depends on the positions alone; it is handed to `rotate` and `score_bias`."""
        return ()

    def rotate(
        self, x: Float[Tensor, "batch head query d_head"], prepared: Prepared
    ) -> Float[Tensor, "batch head query d_head"]:
        """Return queries, or the keys of the same tokens, turned by their positions."""
        return x

    def score_bias(
        self, query: Float[Tensor, "batch head query d_head"], prepared: Prepared, *, layer: int
    ) -> Float[Tensor, "#batch head query key"] | None:
        """Return what is added to the scores after their division by √d_head, None for nothing."""
        return None
