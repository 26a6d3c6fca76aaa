"""Answers to E02: wrong ones, other right ones, and for the written task a model answer with its rubric."""


# %% e02-multiplicative | wrong | no largest score
# Why people do it: the formula has none, and the lecture's example, with negative scores, does not overflow.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores)
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-multiplicative | wrong | the largest absolute score
# Why people do it: it keeps large scores from overflowing, and takes negative ones down to nothing.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores - np.abs(scores).max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-multiplicative | wrong | softmax over one row's first axis
# Why people do it: axis 0 is the default of the hand.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores - scores.max(axis=0))
    return encoder_hidden_states @ (exponentials / exponentials.sum(axis=0)).T


# %% e02-multiplicative | wrong | argmax in place of the softmax
# Why people do it: in the lecture's example the two agree.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = (scores == scores.max()).astype(float)
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-multiplicative | wrong | scaled by the root of the features
# Why people do it: the Transformer divides by it.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states / np.sqrt(len(encoder_hidden_states))
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-multiplicative | wrong | weights that sum to the number of states
# Why people do it: a mean where a sum belongs.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.mean()


# %% e02-multiplicative | wrong | the order of the states reversed
# Why people do it: the weights are taken from the other end.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials[:, ::-1].T / exponentials.sum()


# %% e02-multiplicative | wrong | the mean is subtracted
# Why people do it: any number may be subtracted, and centring is a habit.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores - scores.mean())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-multiplicative | wrong | scores are clipped
# Why people do it: "so that exp cannot overflow"; scores above the bound become equal.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = (decoder_hidden_state.T @ W_mult @ encoder_hidden_states).clip(-500, 500)
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-multiplicative | wrong | normalised without exponentials
# Why people do it: divided by their sum, the scores sum to one as well.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    return encoder_hidden_states @ (scores / scores.sum()).T


# %% e02-multiplicative | wrong | a row
# Why people do it: weights times transposed states is the natural product, and the last transpose is forgotten.
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = decoder_hidden_state.T @ W_mult @ encoder_hidden_states
    exponentials = np.exp(scores - scores.max())
    return exponentials @ encoder_hidden_states.T / exponentials.sum()


# %% e02-multiplicative | right | einsum
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    scores = np.einsum("ao,ab,bi->i", decoder_hidden_state, W_mult, encoder_hidden_states)
    weights = np.exp(scores - np.logaddexp.reduce(scores))
    return np.einsum("bi,i->b", encoder_hidden_states, weights)[:, None]


# %% e02-multiplicative | right | a loop over the states
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    left = (decoder_hidden_state.T @ W_mult)[0]
    scores = [float(left @ state) for state in encoder_hidden_states.T]
    exponentials = [np.exp(score - max(scores)) for score in scores]
    total = sum(e * state for e, state in zip(exponentials, encoder_hidden_states.T, strict=True))
    return np.array(total)[:, None] / sum(exponentials)


# %% e02-multiplicative | right | as in ContextAware
def multiplicative_attention(decoder_hidden_state, encoder_hidden_states, W_mult):
    def softmax(vector):
        exp_vector = np.exp(vector - vector.max(axis=1, keepdims=True))
        return exp_vector / np.sum(exp_vector, axis=1, keepdims=True)

    attention_scores = np.dot(decoder_hidden_state.T, np.dot(W_mult, encoder_hidden_states))
    return softmax(attention_scores).dot(encoder_hidden_states.T).T


# %% e02-additive | wrong | a tanh of each part
# Why people do it: tanh of a sum and sum of tanh look alike on paper.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = np.tanh(W_add_enc @ encoder_hidden_states) + np.tanh(W_add_dec @ decoder_hidden_state)
    scores = v_add.T @ hidden
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | no largest score
# Why people do it: tanh bounds the hidden units, so the scores seem to be small.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = np.tanh(W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state)
    scores = v_add.T @ hidden
    exponentials = np.exp(scores)
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | the largest absolute score
# Why people do it: it keeps large scores from overflowing, and takes negative ones down to nothing.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = np.tanh(W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state)
    scores = v_add.T @ hidden
    exponentials = np.exp(scores - np.abs(scores).max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | no tanh
# Why people do it: the example of the text could be read without it.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state
    scores = v_add.T @ hidden
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | a sigmoid
# Why people do it: the other bounded function.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = 1 / (1 + np.exp(-np.clip(W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state, -50, 50)))
    scores = v_add.T @ hidden
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | the softmax over the hidden units, too
# Why people do it: weights are made before they are summed with v.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = np.tanh(W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state)
    scores = v_add.T @ (hidden / np.abs(hidden).sum(axis=0, keepdims=True))
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | the decoder state is forgotten after the sum
# Why people do it: the decoder's part moves all scores alike, somebody says.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = np.tanh(W_add_enc @ encoder_hidden_states)
    scores = v_add.T @ hidden
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | scaled by the root of the hidden units
# Why people do it: the Transformer divides by it.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    hidden = np.tanh(W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state)
    scores = v_add.T @ hidden / np.sqrt(len(hidden))
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | the tanh around the score
# Why people do it: the bracket is closed one factor too late.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    scores = np.tanh(v_add.T @ (W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state))
    exponentials = np.exp(scores - scores.max())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | wrong | the mean is subtracted
# Why people do it: any number may be subtracted, and centring is a habit.
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    scores = v_add.T @ np.tanh(W_add_enc @ encoder_hidden_states + W_add_dec @ decoder_hidden_state)
    exponentials = np.exp(scores - scores.mean())
    return encoder_hidden_states @ exponentials.T / exponentials.sum()


# %% e02-additive | right | both weights side by side
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    n_states = encoder_hidden_states.shape[1]
    both = np.concatenate([encoder_hidden_states, np.repeat(decoder_hidden_state, n_states, axis=1)])
    scores = np.einsum("ko,ki->i", v_add, np.tanh(np.hstack([W_add_enc, W_add_dec]) @ both))
    weights = np.exp(scores - np.logaddexp.reduce(scores))
    return (encoder_hidden_states * weights).sum(axis=1, keepdims=True)


# %% e02-additive | right | a loop over the states
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    fixed = (W_add_dec @ decoder_hidden_state)[:, 0]
    scores = np.array([v_add[:, 0] @ np.tanh(W_add_enc @ state + fixed) for state in encoder_hidden_states.T])
    exponentials = np.exp(scores - scores.max())
    return (encoder_hidden_states @ (exponentials / exponentials.sum()))[:, None]


# %% e02-additive | right | states as rows
def additive_attention(decoder_hidden_state, encoder_hidden_states, v_add, W_add_enc, W_add_dec):
    rows = encoder_hidden_states.T
    scores = np.tanh(rows @ W_add_enc.T + decoder_hidden_state.T @ W_add_dec.T) @ v_add[:, 0]
    odds = np.exp(scores - np.max(scores))
    return np.average(rows, axis=0, weights=odds).reshape(-1, 1)


# %% e02-gradients | wrong | the state's second job is forgotten
# Why people do it: a state is a key and a value, and one of the two is easily left out.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | no division by the temperature
# Why people do it: with a temperature of 1 it cannot be seen.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2)
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | the sign of the temperature
# Why people do it: more temperature means smaller exponents: the minus is lost on the way.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": (delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | the temperature's own gradient by the scores
# Why people do it: e in place of e / tau: one division too few.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum(),
    }


# %% e02-gradients | wrong | no slope of the tanh
# Why people do it: where all tanh are 0, as in the example, the slope is 1.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | the slope of the sigmoid
# Why people do it: z (1 - z) is the slope of the other function.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | no context is subtracted
# Why people do it: the softmax is taken for a function of one score.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ H)
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | the mean of the states is subtracted
# Why people do it: with two equal weights it is the context.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x - x.max())
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H.mean(axis=1, keepdims=True)))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | no largest score
# Why people do it: the derivation has none.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    exponentials = np.exp(x)
    alpha = exponentials / exponentials.sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    return {
        "s": W_dec.T @ total,
        "H": W_enc.T @ epsilon + g @ alpha,
        "v": z @ delta.T / tau,
        "W_enc": epsilon @ H.T,
        "W_dec": total @ s.T,
        "b": total,
        "tau": -(delta * x).sum() / tau,
    }


# %% e02-gradients | wrong | a state is a value only
# Why people do it: the context is a sum of states times weights, and the weights are taken for constants.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    alpha = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    states = {"s": W_dec.T @ total, "H": g @ alpha}
    weights = {"v": z @ delta.T / tau, "W_enc": epsilon @ H.T, "W_dec": total @ s.T, "b": total}
    return states | weights | {"tau": -(delta * x).sum() / tau}


# %% e02-gradients | wrong | the softmax one score at a time
# Why people do it: alpha (1 - alpha) is the derivative of a sigmoid; the other weights of the softmax are forgotten.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    alpha = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    delta = alpha * (1 - alpha) * (g.T @ H)
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.sum(axis=1, keepdims=True)
    states = {"s": W_dec.T @ total, "H": W_enc.T @ epsilon + g @ alpha}
    weights = {"v": z @ delta.T / tau, "W_enc": epsilon @ H.T, "W_dec": total @ s.T, "b": total}
    return states | weights | {"tau": -(delta * x).sum() / tau}


# %% e02-gradients | wrong | a mean over the states
# Why people do it: one decoder state, many columns: the mean gives the right shape, too.
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    x = v.T @ z / tau
    alpha = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    delta = alpha * (g.T @ (H - H @ alpha.T))
    epsilon = v @ delta * (1 - z**2) / tau
    total = epsilon.mean(axis=1, keepdims=True)
    states = {"s": W_dec.T @ total, "H": W_enc.T @ epsilon + g @ alpha}
    weights = {"v": z @ delta.T / tau, "W_enc": epsilon @ H.T, "W_dec": total @ s.T, "b": total}
    return states | weights | {"tau": -(delta * x).sum() / tau}


# %% e02-gradients | right | key by key
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    inside = W_enc @ H + W_dec @ s + b
    z = np.tanh(inside)
    x = (v[:, 0] @ z) / tau
    alpha = np.exp(x - np.logaddexp.reduce(x))
    context = H @ alpha
    found = {name: np.zeros_like(each, dtype=float) for name, each in zip("sHvb", (s, H, v, b), strict=True)}
    found |= {"W_enc": np.zeros_like(W_enc, dtype=float), "W_dec": np.zeros_like(W_dec, dtype=float), "tau": 0.0}
    for i in range(H.shape[1]):
        delta = alpha[i] * float(g[:, 0] @ (H[:, i] - context))
        epsilon = (delta / tau * v[:, 0] / np.cosh(np.clip(inside[:, i], -300, 300)) ** 2)[:, None]
        found["H"][:, i] = (W_enc.T @ epsilon)[:, 0] + alpha[i] * g[:, 0]
        found["v"] += delta / tau * z[:, i : i + 1]
        found["W_enc"] += epsilon @ H[:, i : i + 1].T
        found["W_dec"] += epsilon @ s.T
        found["b"] += epsilon
        found["s"] += W_dec.T @ epsilon
        found["tau"] -= delta * x[i] / tau
    return found


# %% e02-gradients | right | the jacobian of the softmax
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    z = np.tanh(W_enc @ H + W_dec @ s + b)
    scores = (v.T @ z)[0]
    odds = np.exp((scores - scores.max()) / tau)
    alpha = odds / odds.sum()
    jacobian = np.diag(alpha) - np.outer(alpha, alpha)
    of_scores = jacobian @ (H.T @ g)[:, 0] / tau
    of_inside = np.outer(v[:, 0], of_scores) * (1 - z * z)
    of_b = of_inside.sum(axis=1)[:, None]
    return {
        "s": W_dec.T @ of_b,
        "H": W_enc.T @ of_inside + np.outer(g[:, 0], alpha),
        "v": (z @ of_scores)[:, None],
        "W_enc": np.einsum("ki,bi->kb", of_inside, H),
        "W_dec": np.outer(of_b, s),
        "b": of_b,
        "tau": float(-of_scores @ scores / tau),
    }


# %% e02-gradients | right | torch differentiates
def gradients_by_hand(s, H, v, W_enc, W_dec, b, tau, *, g):
    import torch

    names = ["s", "H", "v", "W_enc", "W_dec", "b", "tau"]
    leaves = [torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in (s, H, v, W_enc, W_dec, b, tau)]
    s, H, v, W_enc, W_dec, b, tau = leaves
    alpha = torch.softmax(v.T @ torch.tanh(W_enc @ H + W_dec @ s + b) / tau, dim=1)
    loss = (torch.tensor(g) * (H @ alpha.T)).sum()
    found = torch.autograd.grad(loss, leaves)
    return {name: gradient.numpy() for name, gradient in zip(names, found, strict=True)}


# %% e02-batch | wrong | cut anew
# Why people do it: the reshape was not seen.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.reshape(len(key), key.shape[2], key.shape[1])
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | softmax over the queries
# Why people do it: the last line was not seen.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=1, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | the mean is still subtracted
# Why people do it: over the right axis now, and it looks safe.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.mean(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | the largest over the queries
# Why people do it: the axis of the third line was not mended.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | one largest score for all
# Why people do it: nothing overflows, and a query whose scores are all small gets nothing.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max())
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | nothing is subtracted
# Why people do it: the third line looks like an ornament.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores)
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | one largest score a sentence
# Why people do it: two axes at once.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=(1, 2), keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | scaled
# Why people do it: the Transformer divides by the root of the components.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2) / np.sqrt(key.shape[2])
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | clipped
# Why people do it: "so that exp cannot overflow"; scores above the bound become equal.
def attend_batch(query, key, value, W):
    exponentials = np.exp(np.clip(query @ W @ key.swapaxes(1, 2), -600, 600))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | over the sentences
# Why people do it: the axis is moved, to the wrong side.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=0, keepdims=True))
    weights = exponentials / exponentials.sum(axis=0, keepdims=True)
    return weights @ value, weights


# %% e02-batch | wrong | over queries and keys together
# Why people do it: "the weights sum to one", all of a sentence.
def attend_batch(query, key, value, W):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=(1, 2), keepdims=True))
    weights = exponentials / exponentials.sum(axis=(1, 2), keepdims=True)
    return weights @ value, weights


# %% e02-batch | right | einsum
def attend_batch(query, key, value, W):
    scores = np.einsum("nqa,ab,nib->nqi", query, W, key)
    weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
    return np.einsum("nqi,niv->nqv", weights, value), weights


# %% e02-batch | right | a loop over sentences and queries
def attend_batch(query, key, value, W):
    weights = np.zeros((len(query), query.shape[1], key.shape[1]))
    for n, sentence in enumerate(query):
        for q, one in enumerate(sentence):
            scores = key[n] @ (one @ W)
            odds = np.exp(scores - scores.max())
            weights[n, q] = odds / odds.sum()
    return np.stack([each @ values for each, values in zip(weights, value, strict=True)]), weights


# %% e02-batch | right | torch
def attend_batch(query, key, value, W):
    import torch

    query, key, value, W = (torch.tensor(one) for one in (query, key, value, W))
    weights = torch.softmax(query @ W @ key.transpose(1, 2), dim=-1)
    return weights @ value, weights


# %% e02-backward | wrong | only the key's first job
# Why people do it: a key is a value, too.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | nothing is subtracted from the scores
# Why people do it: the loop does not do it either.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores)
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | one largest score for all
# Why people do it: nothing overflows, and a query whose scores are all small gets nothing.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max())
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | the gradient of W is a mean over the sentences
# Why people do it: losses are averaged, so the gradient seems to be.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key) / len(query)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | no context is subtracted
# Why people do it: the softmax is taken for a function of one score.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2))
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | the mean of the keys is subtracted
# Why people do it: with equal weights it is the context.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    pull = g @ key.mean(axis=1)[:, :, None]
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | only the first query of each sentence
# Why people do it: with one query, as in the visible check, nothing is missing.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=2, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("ni,na,nib->ab", delta[:, 0], query[:, 0], key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | the softmax of the backward pass over the queries
# Why people do it: with one query each weight is 1.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    exponentials = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights = exponentials / exponentials.sum(axis=1, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    query_gradient = delta @ key @ W.T
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    W_gradient = np.einsum("nqi,nqa,nib->ab", delta, query, key)
    return query_gradient, key_gradient, W_gradient


# %% e02-backward | wrong | the keys are cut anew
# Why people do it: reshape gives the shape that the product needs.
def batch_backward(query, key, W, g):
    keys_last = key.reshape(key.shape[0], key.shape[2], key.shape[1])
    scores = query @ W @ keys_last
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    delta = weights * (g @ keys_last - (g * (weights @ key)).sum(axis=2, keepdims=True))
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    return delta @ key @ W.T, key_gradient, np.einsum("nqi,nqa,nib->ab", delta, query, key)


# %% e02-backward | wrong | one context for all queries
# Why people do it: the sum of g . c loses the axis of the queries.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    pull = (g * (weights @ key)).sum(axis=2, keepdims=True).mean(axis=1, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - pull)
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    return delta @ key @ W.T, key_gradient, np.einsum("nqi,nqa,nib->ab", delta, query, key)


# %% e02-backward | wrong | all sentences with all keys
# Why people do it: einsum gives every axis a letter, and two letters for the sentences multiply all with all.
def batch_backward(query, key, W, g):
    scores = query @ W @ key.swapaxes(1, 2)
    weights = np.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    delta = weights * (g @ key.swapaxes(1, 2) - (g * (weights @ key)).sum(axis=2, keepdims=True))
    key_gradient = delta.swapaxes(1, 2) @ query @ W + weights.swapaxes(1, 2) @ g
    return delta @ key @ W.T, key_gradient, np.einsum("nqi,nqa,mib->ab", delta, query, key)


# %% e02-backward | right | a loop over the sentences
def batch_backward(query, key, W, g):
    of_query, of_key, of_W = np.zeros_like(query), np.zeros_like(key), np.zeros_like(W)
    for n in range(len(query)):
        scores = query[n] @ W @ key[n].T
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
        arrived = g[n] @ key[n].T
        delta = weights * (arrived - (weights * arrived).sum(axis=1, keepdims=True))
        of_query[n] = delta @ (key[n] @ W.T)
        of_key[n] = delta.T @ (query[n] @ W) + weights.T @ g[n]
        of_W += query[n].T @ delta @ key[n]
    return of_query, of_key, of_W


# %% e02-backward | right | einsum all through
def batch_backward(query, key, W, g):
    scores = np.einsum("nqa,ab,nib->nqi", query, W, key)
    weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
    of_weights = np.einsum("nqb,nib->nqi", g, key)
    delta = weights * (of_weights - np.einsum("nqi,nqi->nq", weights, of_weights)[..., None])
    of_query = np.einsum("nqi,ab,nib->nqa", delta, W, key)
    of_key = np.einsum("nqi,nqa,ab->nib", delta, query, W) + np.einsum("nqi,nqb->nib", weights, g)
    return of_query, of_key, np.einsum("nqi,nqa,nib->ab", delta, query, key)


# %% e02-backward | right | torch differentiates
def batch_backward(query, key, W, g):
    import torch

    leaves = [torch.tensor(one, requires_grad=True) for one in (query, key, W)]
    scores = leaves[0] @ leaves[2] @ leaves[1].transpose(1, 2)
    context = torch.softmax(scores, dim=2) @ leaves[1]
    return [found.numpy() for found in torch.autograd.grad(context, leaves, torch.tensor(g))]


# %% e02-figure | model answer
# 1. The last score leads the second by −12.55 + 57.67 = 45.1. The softmax turns a lead into a ratio e^45, about
#    4·10^19, so all other weights together are 0 to within rounding.
# 2. 0.45. The score s·W·h has a state on both sides, so it is multiplied by 0.1 twice, by 1/100. A lead of 0.45 is
#    a ratio of 1.6 between the two best weights, and the curve is at about 0.55 there: soft.
# 3. Dividing the scores by √5 = 2.24 does the same as a scale smaller by the root of it, 5^(1/4) ≈ 1.5. At scale 1
#    it leaves a lead of 20 and a ratio of 6·10^8. √d makes up for the growth with the number of components, and
#    here the components themselves are large.
# 4. Each tanh stays between −1 and 1, so a score cannot exceed ‖v‖₁ = 5.31 whatever the states are, and two differ
#    by at most 10.6. Only v could make them larger.
# 5. At scale 1 the softmax of the multiplicative score is saturated: every δ_i = α_i g·(h_i − c) is 0, so W gets no
#    gradient, and the additive weights get one. But the figure shows weights of one example and no training. At
#    scale 0.1 the multiplicative one is soft as well; which learns better has to be measured.


# %% e02-figure | rubric
# - 1 point: the lead of 45 between the last score and the second, and that the softmax makes it a ratio e^45. Half
#    a point for "the scores are large".
# - 1 point: a hundredth of the lead, 0.45, since the score has a state on both sides; a ratio of 1.6, and the
#    curve's value near 0.55 at scale 0.1. Half a point for a tenth.
# - 1 point: the factor 5^(1/4), about 1.5, and a lead of 20 that is left; and for the additive score the bound of
#    the 1-norm of v, 5.31, with v as what would have to grow. Half a point for one of the two.
# - 1 point: saturation takes the gradient away from W at scale 1, and that one example without training shows
#    nothing about learning. Half a point for one of the two.
