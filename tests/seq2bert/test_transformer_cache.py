"""The cache: reading in pieces gives the numbers of reading at once, and nothing sees the future."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from seq2bert.decoding import beam_decode, greedy_decode, sample_decode, select_rows
from seq2bert.positions import POSITION_NAMES
from seq2bert.transformer import TransformerConfig, TransformerLanguageModel, TransformerSeq2Seq, reorder_past
from seq2bert.transformer.linear import Linear

PAD, START, END, N_TOKENS = 0, 1, 2, 9
TINY = TransformerConfig(
    d_model=8, n_heads=4, d_ff=12, n_encoder_layers=1, n_decoder_layers=2, dropout=0.0, tie="none", max_length=40
)
SOURCE = torch.tensor([[3, 4, 5, 6, 7], [8, 3, 0, 0, 0], [5, 5, 4, 0, 0]])
LENGTHS = torch.tensor([5, 2, 3])


def sharper(model):
    """Give a model weights so large that it is sure of its tokens and hangs on its source; rounding does not decide."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.6)
    return model


def make(seed=0, **options):
    torch.manual_seed(seed)
    return sharper(
        TransformerSeq2Seq(dataclasses.replace(TINY, **options), n_source=N_TOKENS, n_target=N_TOKENS, pad_id=PAD)
    )


def make_language_model(seed=0, **options):
    torch.manual_seed(seed)
    return sharper(TransformerLanguageModel(dataclasses.replace(TINY, **options), n_tokens=N_TOKENS, pad_id=PAD))


def read_in_pieces(decoder, tokens, state, pieces, *, with_weights=False):
    outputs = []
    for piece in tokens.split(pieces, dim=1):
        if with_weights:
            states, _, state = decoder.forward_with_weights(piece, state)
        else:
            states, state = decoder(piece, state)
        outputs.append(states)
    return torch.cat(outputs, dim=1)


@st.composite
def cases(draw):
    """A kind of model, and a sequence read in pieces of any lengths."""
    pieces = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    options = {
        "positions": draw(st.sampled_from(POSITION_NAMES)),
        "norm": draw(st.sampled_from(["pre", "post"])),
        "n_kv_heads": draw(st.sampled_from([1, 2, 4])),
    }
    return options, pieces, draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 1000))


# Property: no future, in any mode, for any scheme, with any cache


@settings(deadline=None, max_examples=60)
@given(case=cases(), edited_from=st.integers(0, 24), cross=st.booleans())
def test_the_future_does_not_leak_with_any_cache(case, edited_from, cross):
    options, pieces, training, with_weights, seed = case
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, N_TOKENS, (3, sum(pieces)), generator=generator)
    edited_from = min(edited_from, sum(pieces) - 1)
    edited = tokens.clone()
    edited[:, edited_from:] = (edited[:, edited_from:] + 1) % N_TOKENS
    if cross:
        model = make(seed, **options).train(training)
        start = model.encode(SOURCE, LENGTHS)
    else:
        model = make_language_model(seed, **options).train(training)
        start = model.decoder.start_alone(torch.tensor([0, 1, 0]))  # the second sentence begins with padding
    before, after = (
        read_in_pieces(model.decoder, ids, start, pieces, with_weights=with_weights) for ids in (tokens, edited)
    )
    assert_close(before[:, :edited_from], after[:, :edited_from], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(before[:, edited_from], after[:, edited_from], atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(case=cases(), cross=st.booleans())
def test_reading_in_pieces_is_reading_at_once(case, cross):
    options, pieces, training, with_weights, seed = case
    tokens = torch.randint(0, N_TOKENS, (3, sum(pieces)), generator=torch.Generator().manual_seed(seed))
    if cross:
        model = make(seed, **options).train(training)
        start = model.encode(SOURCE, LENGTHS)
    else:
        model = make_language_model(seed, **options).train(training)
        start = model.decoder.start_alone(None)
    whole, state = model.decoder(tokens, start)
    pieced = read_in_pieces(model.decoder, tokens, start, pieces, with_weights=with_weights)
    assert_close(pieced, whole, atol=2e-5, rtol=1e-4)
    assert state.n_read == sum(pieces)
    assert start.past == ()  # a state is not changed by reading on from it


@settings(deadline=None, max_examples=40)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=3, max_size=3),
    positions=st.sampled_from(POSITION_NAMES),
    seed=st.integers(0, 1000),
)
def test_prompts_of_different_lengths_are_read_as_each_alone(lengths, positions, seed):
    model = make_language_model(seed, positions=positions, n_kv_heads=2)
    generator = torch.Generator().manual_seed(seed)
    prompt = torch.randint(1, N_TOKENS, (3, max(lengths) + 1), generator=generator)
    going_on = torch.randint(1, N_TOKENS, (3, 3), generator=generator)
    last, state = model.read(prompt, torch.tensor(lengths))
    logits = []
    for tokens in (last, *going_on.unbind(1)):
        step, _, state = model.step(tokens, state)
        logits.append(step)
    for row, length in enumerate(lengths):
        alone = model(torch.cat([prompt[row, :length], going_on[row]])[None]).logits[0, length - 1 :]
        assert_close(torch.stack(logits)[:, row], alone, atol=2e-5, rtol=1e-4)
        assert last[row] == prompt[row, length - 1]


# The same tokens as recomputing


def recomputing(model):
    """The step function without a cache: the state is the source and the prefix, and all is computed anew."""

    def step(tokens, state):
        source, lengths, prefix = state
        prefix = torch.cat([prefix, tokens[:, None]], dim=1)
        logits = model(source, lengths, prefix).logits[:, -1]
        return logits, logits[:, :0], (source, lengths, prefix)

    return step, (SOURCE, LENGTHS, torch.zeros(3, 0, dtype=torch.long))


def recomputing_alone(model):
    """The same for a language model: each prompt grows at its own end."""

    def step(tokens, state):
        prompt, lengths = state
        prompt = torch.cat([prompt, prompt[:, :1]], dim=1).scatter(1, lengths[:, None], tokens[:, None])
        logits = model(prompt).logits[torch.arange(len(prompt)), lengths]
        return logits, logits[:, :0], (prompt, lengths + 1)

    return step, (SOURCE, LENGTHS - 1)


def greedy(step, state, start):
    return greedy_decode(step, state, batch_size=3, start_id=start, end_id=END, max_length=12).ids


def beam(step, state, start):
    found = beam_decode(step, state, batch_size=3, start_id=start, end_id=END, max_length=8, beam_size=4, alpha=0.6)
    return [[hypothesis.ids for hypothesis in hypotheses] for hypotheses in found]


def beam_of_past(step, state, start):
    """Beam search that leaves the source's keys where they are."""
    if not hasattr(state, "past"):
        return beam(step, state, start)
    found = beam_decode(
        step,
        state,
        batch_size=3,
        start_id=start,
        end_id=END,
        max_length=8,
        beam_size=4,
        alpha=0.6,
        reorder=reorder_past,
    )
    return [[hypothesis.ids for hypothesis in hypotheses] for hypotheses in found]


def sample(step, state, start):
    generator = torch.Generator().manual_seed(7)
    options = {"temperature": 0.8, "top_k": 6, "nucleus": 0.95, "generator": generator}
    return sample_decode(step, state, batch_size=3, start_id=start, end_id=END, max_length=12, **options).ids


@pytest.mark.parametrize("decode", [greedy, beam, beam_of_past, sample])
@pytest.mark.parametrize("positions", POSITION_NAMES)
@pytest.mark.parametrize("key_heads", [None, 1])
def test_the_cache_gives_the_tokens_of_recomputing(positions, decode, key_heads):
    outputs = []
    for seed in range(4):
        model = make(seed=seed, positions=positions, n_kv_heads=key_heads).eval()
        cached = decode(model.step, model.encode(SOURCE, LENGTHS), START)
        assert cached == decode(*recomputing(model), START)
        outputs += cached
    assert len({str(sentence) for sentence in outputs}) >= 5  # sentences differ, so that a mix-up would show


@pytest.mark.parametrize("decode", [greedy, beam, beam_of_past, sample])
@pytest.mark.parametrize("positions", POSITION_NAMES)
def test_a_language_model_s_cache_gives_the_tokens_of_recomputing(positions, decode):
    model = make_language_model(seed=4, positions=positions).eval()
    last, state = model.read(SOURCE, LENGTHS)
    assert last.tolist() == [7, 3, 4]
    assert decode(model.step, state, last) == decode(*recomputing_alone(model), last)


# The state


def test_a_step_computes_one_token_whatever_was_read(monkeypatch):
    model = make()
    state, widths = model.encode(SOURCE, LENGTHS), []
    linear = Linear.forward
    monkeypatch.setattr(Linear, "forward", lambda self, x: widths.append(x.shape[:-1].numel()) or linear(self, x))
    per_step = []
    for _ in range(4):
        widths.clear()
        _, _, state = model.step(torch.tensor([3, 4, 5]), state)
        per_step.append(list(widths))
    assert per_step[0] == per_step[3]
    assert set(per_step[0]) == {3}  # three sentences, one token each; the source's keys are not computed again


def test_the_cache_is_smaller_with_shared_keys():
    sizes = []
    for n in (4, 2, 1):
        model = make(n_kv_heads=n)
        _, state = model.decoder(SOURCE, model.encode(SOURCE, LENGTHS))
        assert len(state.past) == len(state.memory) == 2
        sizes.append(state.past[0].key.numel())
    assert sizes == [4 * sizes[2], 2 * sizes[2], sizes[2]]


def test_rows_of_a_state():
    model = make(positions="relative")
    _, state = model.decoder(SOURCE, model.encode(SOURCE, LENGTHS))
    rows = torch.tensor([2, 0, 0])
    chosen = select_rows(state, rows)
    whole, _ = model.decoder(SOURCE[:, :2], state)
    picked, _ = model.decoder(SOURCE[rows, :2], chosen)
    assert_close(picked, whole[rows])
    assert chosen.n_read == 5


def test_rows_of_the_past_leave_the_source():
    model = make()
    _, state = model.decoder(SOURCE, model.encode(SOURCE, LENGTHS))
    rows = torch.tensor([1, 1, 0])
    moved = reorder_past(state, rows)
    assert moved.memory is state.memory
    assert_close(moved.past, select_rows(state.past, rows))


@torch.no_grad()
@pytest.mark.parametrize("positions", POSITION_NAMES)
def test_a_state_may_be_read_on_from_more_than_once(positions):
    # States share their room. Two ways go on from each state in turn, past the room's first size.
    model = make(positions=positions).eval()
    states = {(): model.encode(SOURCE, LENGTHS)}
    for depth in range(40):
        longest = [way for way in states if len(way) == depth][-1:]  # one way grows, others branch off
        for way in longest:
            for token in (3, 4):
                _, _, states[*way, token] = model.step(torch.full((3,), token), states[way])
    for way in [way for way in states if way][::7]:
        seen, _ = model.decoder(torch.tensor([5]).expand(3, 1), states[way])
        whole, _ = model.decoder(torch.tensor([[*way, 5]]).expand(3, -1), states[()])
        assert_close(seen[:, 0], whole[:, -1], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_rows_of_a_state_do_not_write_into_it():
    model = make().eval()
    _, state = model.decoder(SOURCE, model.encode(SOURCE, LENGTHS))
    _, _, state = model.step(SOURCE[:, 0], state)
    expected, _, _ = model.step(SOURCE[:, 1], state)
    for rows in ([0], [0, 1, 2], [2, 1, 0]):
        model.step(torch.full((len(rows),), 7), select_rows(state, torch.tensor(rows)))
    again, _, _ = model.step(SOURCE[:, 1], state)
    assert_close(again, expected)


def test_with_gradients_the_cache_can_be_trained_through():
    model = make().train()
    state, logits = model.encode(SOURCE, LENGTHS), []
    for place in range(5):
        step, _, state = model.step(SOURCE[:, place], state)
        logits.append(step)
    torch.stack(logits, 1).sin().sum().backward()
    stepped = model.output.weight.grad.clone()
    model.zero_grad()
    model(SOURCE, LENGTHS, SOURCE).logits.sin().sum().backward()
    assert_close(stepped, model.output.weight.grad, atol=1e-4, rtol=1e-4)
