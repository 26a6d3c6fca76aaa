"""Answers to E04: wrong ones, other right ones, and for the written task a model answer with its rubric."""


# %% e04-rows | wrong | exponentials forgotten
# Why people do it: the scores are divided by their sum, and that sums to one as well.
def rows_by_hand():
    scores = [math.log(2), math.log(3), math.log(6)]
    after = [score / sum(scores) for score in scores]
    before = [0.0, 0.5, 0.5]
    context = [after[0] + after[2], after[1] + after[2]]
    local = [after[0] * math.exp(-1 / 2), after[1], after[2] * math.exp(-1 / 2)]
    return after, before, context, local, [weight / 2 for weight in after] * 2


# %% e04-rows | wrong | the orders exchanged
# Why people do it: one remembers the two names and not which state asks in which.
def rows_by_hand():
    after, before = [1 / 7, 3 / 7, 3 / 7], [2 / 11, 3 / 11, 6 / 11]
    local = [after[0] * math.exp(-1 / 2), after[1], after[2] * math.exp(-1 / 2)]
    return after, before, [4 / 7, 6 / 7], local, [1 / 14, 3 / 14, 3 / 14] * 2


# %% e04-rows | wrong | local divided by its sum again
# Why people do it: a row of weights ought to sum to one.
def rows_by_hand():
    after, before = [2 / 11, 3 / 11, 6 / 11], [1 / 7, 3 / 7, 3 / 7]
    local = [2 * math.exp(-1 / 2), 3.0, 6 * math.exp(-1 / 2)]
    local = [weight / sum(local) for weight in local]
    return after, before, [8 / 11, 9 / 11], local, [1 / 11, 3 / 22, 3 / 11] * 2


# %% e04-rows | wrong | sigma is D
# Why people do it: D is the number that is given.
def rows_by_hand():
    after, before = [2 / 11, 3 / 11, 6 / 11], [1 / 7, 3 / 7, 3 / 7]
    local = [2 / 11 * math.exp(-1 / 8), 3 / 11, 6 / 11 * math.exp(-1 / 8)]
    return after, before, [8 / 11, 9 / 11], local, [1 / 11, 3 / 22, 3 / 11] * 2


# %% e04-rows | wrong | the 2 below the square forgotten
# Why people do it: the exponent is written from memory.
def rows_by_hand():
    after, before = [2 / 11, 3 / 11, 6 / 11], [1 / 7, 3 / 7, 3 / 7]
    local = [2 / 11 * math.exp(-1), 3 / 11, 6 / 11 * math.exp(-1)]
    return after, before, [8 / 11, 9 / 11], local, [1 / 11, 3 / 22, 3 / 11] * 2


# %% e04-rows | wrong | the context of the other weights
# Why people do it: the weights that were worked out last are still on the paper.
def rows_by_hand():
    after, before = [2 / 11, 3 / 11, 6 / 11], [1 / 7, 3 / 7, 3 / 7]
    local = [2 / 11 * math.exp(-1 / 2), 3 / 11, 6 / 11 * math.exp(-1 / 2)]
    return after, before, [4 / 7, 6 / 7], local, [1 / 11, 3 / 22, 3 / 11] * 2


# %% e04-rows | wrong | the second copy gets nothing
# Why people do it: the model has found what it looks for in the first copy. Equal scores get equal weights.
def rows_by_hand():
    after, before = [2 / 11, 3 / 11, 6 / 11], [1 / 7, 3 / 7, 3 / 7]
    local = [2 / 11 * math.exp(-1 / 2), 3 / 11, 6 / 11 * math.exp(-1 / 2)]
    return after, before, [8 / 11, 9 / 11], local, [*after, 0.0, 0.0, 0.0]


# %% e04-rows | wrong | each copy sums to one
# Why people do it: the same scores seem to give the same weights, however many there are.
def rows_by_hand():
    after, before = [2 / 11, 3 / 11, 6 / 11], [1 / 7, 3 / 7, 3 / 7]
    local = [2 / 11 * math.exp(-1 / 2), 3 / 11, 6 / 11 * math.exp(-1 / 2)]
    return after, before, [8 / 11, 9 / 11], local, after * 2


# %% e04-rows | right | three decimals
def rows_by_hand():
    return (
        [0.182, 0.273, 0.545],
        [0.143, 0.429, 0.429],
        [0.727, 0.818],
        [0.110, 0.273, 0.331],
        [0.091, 0.136, 0.273, 0.091, 0.136, 0.273],
    )


# %% e04-rows | right | computed from equations (4.1), (4.5) and (4.10)
def rows_by_hand():
    annotations = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    after = (annotations @ torch.tensor([2.0, 3.0]).log()).softmax(dim=0)
    before = (annotations @ torch.tensor([1.0, 3.0]).log()).softmax(dim=0)
    local = after * torch.exp(-((torch.arange(3) - 1.0) ** 2) / 2)
    twice = (torch.cat([annotations, annotations]) @ torch.tensor([2.0, 3.0]).log()).softmax(dim=0)
    return tuple(part.tolist() for part in (after, before, after @ annotations, local, twice))


# %% e04-bahdanau | wrong | no mask
# Why people do it: a sentence alone has no padding.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    weights = (torch.tanh(query[:, None] + keys) @ w["v"]).softmax(dim=1)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.tanh(torch.cat([y, c, state], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | the mask after the softmax
# Why people do it: padding gets 0, as it should. What is left sums to less than one.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    weights = (torch.tanh(query[:, None] + keys) @ w["v"]).softmax(dim=1) * valid
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.tanh(torch.cat([y, c, state], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | written from the state before the step
# Why people do it: the step has two states, and s is the shorter name.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    e = torch.tanh(query[:, None] + keys) @ w["v"]
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.tanh(torch.cat([y, c, s], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | no tanh before the output
# Why people do it: logits are linear, one thinks, all the way.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    e = torch.tanh(query[:, None] + keys) @ w["v"]
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.cat([y, c, state], dim=1) @ w["W_c"].T
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | context before embedding
# Why people do it: the two are put together in the other order, and all shapes fit.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    e = torch.tanh(query[:, None] + keys) @ w["v"]
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([c, y], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.tanh(torch.cat([c, y, state], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | the cell without its bias
# Why people do it: it stands at the end of the line, and a bias of zero hides that it is missing.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    e = torch.tanh(query[:, None] + keys) @ w["v"]
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T)
    r = torch.tanh(torch.cat([y, c, state], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | the plain average
# Why people do it: the weights are returned and forgotten, and the mean of the annotations has the right shape.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    e = torch.tanh(query[:, None] + keys) @ w["v"]
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = annotations.mean(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.tanh(torch.cat([y, c, state], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | wrong | a softmax over the batch
# Why people do it: dim=0 is the first thing one tries.
def bahdanau_step(y, s, annotations, valid, w):
    query, keys = s @ w["W_q"].T, annotations @ w["W_k"].T
    e = torch.tanh(query[:, None] + keys) @ w["v"]
    weights = e.masked_fill(~valid, -1e9).softmax(dim=0)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    state = torch.tanh(torch.cat([y, c], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    r = torch.tanh(torch.cat([y, c, state], dim=1) @ w["W_c"].T)
    return r @ w["W_o"].T + w["b_o"], state, weights


# %% e04-bahdanau | right | einsum and linear layers without bias
def bahdanau_step(y, s, annotations, valid, w):
    linear = nn.functional.linear
    hidden = (linear(s, w["W_q"]).unsqueeze(1) + linear(annotations, w["W_k"])).tanh()
    scores = torch.einsum("d,bid->bi", w["v"], hidden)
    weights = torch.where(valid, scores, torch.full_like(scores, -torch.inf)).softmax(dim=-1)
    c = torch.einsum("bi,bid->bd", weights, annotations)
    state = (linear(torch.cat([y, c], dim=-1), w["W_x"], w["b"]) + linear(s, w["U"])).tanh()
    r = linear(torch.cat([y, c, state], dim=-1), w["W_c"]).tanh()
    return linear(r, w["W_o"], w["b_o"]), state, weights


# %% e04-bahdanau | right | one sentence after the other
def bahdanau_step(y, s, annotations, valid, w):
    logits, states, rows = [], [], []
    for y_b, s_b, h, real in zip(y, s, annotations, valid, strict=True):
        scores = torch.stack([w["v"] @ torch.tanh(w["W_q"] @ s_b + w["W_k"] @ one) for one in h[real]])
        row = torch.zeros(len(h), dtype=h.dtype)
        row[real] = scores.softmax(dim=0)
        c = row @ h
        states.append(torch.tanh(w["W_x"] @ torch.cat([y_b, c]) + w["U"] @ s_b + w["b"]))
        logits.append(w["W_o"] @ torch.tanh(w["W_c"] @ torch.cat([y_b, c, states[-1]])) + w["b_o"])
        rows.append(row)
    return torch.stack(logits), torch.stack(states), torch.stack(rows)


# %% e04-bahdanau | right | matrices in parts, exponentials by hand, in 64 bits
def bahdanau_step(y, s, annotations, valid, w):
    kind, w = y.dtype, {name: matrix.double() for name, matrix in w.items()}
    y, s, annotations = y.double(), s.double(), annotations.double()
    x_y, x_c = w["W_x"].split([y.shape[1], annotations.shape[2]], dim=1)
    c_y, c_c, c_s = w["W_c"].split([y.shape[1], annotations.shape[2], s.shape[1]], dim=1)
    odds = ((s @ w["W_q"].T)[:, None, :] + annotations @ w["W_k"].T).tanh().matmul(w["v"]).exp() * valid
    weights = odds / odds.sum(dim=1, keepdim=True)
    c = (weights[:, None, :] @ annotations)[:, 0]
    state = (y @ x_y.T + c @ x_c.T + s @ w["U"].T + w["b"]).tanh()
    logits = (y @ c_y.T + c @ c_c.T + state @ c_s.T).tanh() @ w["W_o"].T + w["b_o"]
    return logits.to(kind), state.to(kind), weights.to(kind)


# %% e04-luong | wrong | the state before the step asks
# Why people do it: it is the order of the task before.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    e = torch.einsum("bd,dk,bsk->bs", s, w["W"], annotations)
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | no mask
# Why people do it: a sentence alone has no padding.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    weights = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | the mask after the softmax
# Why people do it: padding gets 0, as it should. What is left sums to less than one.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    weights = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations).softmax(dim=1) * valid
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | nothing is fed
# Why people do it: the first step has zeros there, and Luong's decoder without input feeding has nothing.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(y @ w["W_x"][:, : y.shape[1]].T + s @ w["U"].T + w["b"])
    e = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations)
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | fed before the embedding
# Why people do it: the two are put together in the other order, and all shapes fit.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([fed, y], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    e = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations)
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | state before context
# Why people do it: the state is there first, so it is put first.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    e = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations)
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([state, c], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | scores divided by a root
# Why people do it: a product of query and key is divided by the root of its width in the Transformer.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    e = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations) / state.shape[1] ** 0.5
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | the score's matrix turned
# Why people do it: every other matrix of the task is used transposed, and a square one fits either way.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    e = (annotations @ (state @ w["W"].T)[:, :, None])[:, :, 0]
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.tanh(torch.cat([c, state], dim=1) @ w["W_c"].T)
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | wrong | no tanh in the attentional vector
# Why people do it: the line is taken for one more layer of the output.
def luong_step(y, fed, s, annotations, valid, w):
    state = torch.tanh(torch.cat([y, fed], dim=1) @ w["W_x"].T + s @ w["U"].T + w["b"])
    e = torch.einsum("bd,dk,bsk->bs", state, w["W"], annotations)
    weights = e.masked_fill(~valid, -torch.inf).softmax(dim=1)
    c = torch.einsum("bs,bsk->bk", weights, annotations)
    attentional = torch.cat([c, state], dim=1) @ w["W_c"].T
    return attentional @ w["W_o"].T + w["b_o"], attentional, state, weights


# %% e04-luong | right | linear layers and products of a batch
def luong_step(y, fed, s, annotations, valid, w):
    linear = nn.functional.linear
    state = torch.tanh(linear(torch.cat([y, fed], dim=1), w["W_x"], w["b"]) + linear(s, w["U"]))
    scores = torch.bmm(annotations @ w["W"].T, state.unsqueeze(2)).squeeze(2)
    weights = torch.softmax(scores.masked_fill(~valid, torch.finfo(scores.dtype).min), dim=1)
    c = torch.bmm(weights.unsqueeze(1), annotations).squeeze(1)
    attentional = torch.tanh(linear(torch.cat([c, state], dim=1), w["W_c"]))
    return linear(attentional, w["W_o"], w["b_o"]), attentional, state, weights


# %% e04-luong | right | one sentence after the other
def luong_step(y, fed, s, annotations, valid, w):
    steps = []
    for b, real in enumerate(valid):
        state = torch.tanh(w["W_x"] @ torch.cat([y[b], fed[b]]) + w["U"] @ s[b] + w["b"])
        weights = torch.zeros(len(real), dtype=state.dtype)
        weights[real] = (annotations[b, real] @ (state @ w["W"])).softmax(dim=0)
        attentional = torch.tanh(w["W_c"] @ torch.cat([weights @ annotations[b], state]))
        steps.append((w["W_o"] @ attentional + w["b_o"], attentional, state, weights))
    return tuple(torch.stack(parts) for parts in zip(*steps, strict=True))


# %% e04-luong | right | matrices in parts, odds instead of a softmax, in 64 bits
def luong_step(y, fed, s, annotations, valid, w):
    kind, w = y.dtype, {name: matrix.double() for name, matrix in w.items()}
    y, fed, s, annotations = (one.double() for one in (y, fed, s, annotations))
    x_y, x_fed = w["W_x"][:, : y.shape[1]], w["W_x"][:, y.shape[1] :]
    c_c, c_s = w["W_c"].split([annotations.shape[2], s.shape[1]], dim=1)
    state = (y @ x_y.T + fed @ x_fed.T + s @ w["U"].T + w["b"]).tanh()
    odds = ((state @ w["W"])[:, None, :] * annotations).sum(dim=2).exp() * valid
    weights = odds / odds.sum(dim=1, keepdim=True)
    c = (weights[:, :, None] * annotations).sum(dim=1)
    attentional = (c @ c_c.T + state @ c_s.T).tanh()
    logits = attentional @ w["W_o"].T + w["b_o"]
    return tuple(one.to(kind) for one in (logits, attentional, state, weights))


# %% e04-score | wrong | a root that is squared again
# Why people do it: the norm is a function, its square is written behind it. The gradient is NaN where it is 0.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight.T)[:, :, None, :] - key[:, None, :, :]
    distance = (difference**2).sum(dim=3).sqrt()
    return -beta * distance**2


# %% e04-score | wrong | the distance, not squared
# Why people do it: "by distance", says the text; the square stands in the equation.
def near_scores(query, key, weight, *, beta):
    return -beta * torch.cdist(query @ weight.T, key)


# %% e04-score | wrong | beta forgotten
# Why people do it: in the example it is 1.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight.T)[:, :, None, :] - key[:, None, :, :]
    return -(difference**2).sum(dim=3)


# %% e04-score | wrong | beta inside the square
# Why people do it: the difference is scaled first. With 1 nobody sees it.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight.T)[:, :, None, :] - key[:, None, :, :]
    return -((beta * difference) ** 2).sum(dim=3)


# %% e04-score | wrong | built from numbers
# Why people do it: a list of lists becomes a tensor again, and the gradient ends there.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight.T)[:, :, None, :] - key[:, None, :, :]
    return torch.tensor((-beta * (difference**2).sum(dim=3)).tolist(), dtype=query.dtype)


# %% e04-score | wrong | the queries get no gradient
# Why people do it: the projection is detached to work with its numbers.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight.T).detach()[:, :, None, :] - key[:, None, :, :]
    return -beta * (difference**2).sum(dim=3)


# %% e04-score | wrong | the mean of the squares
# Why people do it: mean squared error is the habit.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight.T)[:, :, None, :] - key[:, None, :, :]
    return -beta * (difference**2).mean(dim=3)


# %% e04-score | wrong | one product instead of two
# Why people do it: the 2 of the binomial is lost.
def near_scores(query, key, weight, *, beta):
    projected = query @ weight.T
    squares = (projected**2).sum(dim=2)[:, :, None] + (key**2).sum(dim=2)[:, None, :]
    return -beta * (squares - projected @ key.transpose(1, 2))


# %% e04-score | wrong | what the softmax would not notice
# Why people do it: the square of the query is the same for all keys and leaves the weights as they are. It is no score
# of a distance any more.
def near_scores(query, key, weight, *, beta):
    return beta * (2 * query @ weight.T @ key.transpose(1, 2) - (key**2).sum(dim=2)[:, None, :])


# %% e04-score | wrong | the matrix on the wrong side
# Why people do it: rows of vectors times the matrix, and the identity fits either way.
def near_scores(query, key, weight, *, beta):
    difference = (query @ weight)[:, :, None, :] - key[:, None, :, :]
    return -beta * (difference**2).sum(dim=3)


# %% e04-score | right | the binomial
def near_scores(query, key, weight, *, beta):
    projected = query @ weight.T
    crossed = projected @ key.transpose(1, 2)
    return beta * (2 * crossed - (projected**2).sum(dim=2).unsqueeze(2) - (key**2).sum(dim=2).unsqueeze(1))


# %% e04-score | right | einsum, in 64 bits
def near_scores(query, key, weight, *, beta):
    projected = torch.einsum("kq,btq->btk", weight.double(), query.double())
    difference = projected.unsqueeze(2) - key.double().unsqueeze(1)
    return (-beta * torch.einsum("btsk,btsk->bts", difference, difference)).to(query.dtype)


# %% e04-score | right | component by component
def near_scores(query, key, weight, *, beta):
    total = 0
    for row, component in zip(weight, key.unbind(dim=2), strict=True):
        total = total + ((query @ row)[:, :, None] - component[:, None, :]).square()
    return -beta * total


# %% e04-window | wrong | as it was
# Why people do it: alone and through a wide window nothing looks wrong.
def local_weights(scores, u, lengths, *, D):
    return faulty_window(scores, u, lengths, D=D)


# %% e04-window | wrong | only the centre
# Why people do it: one mistake is found, and one stops looking.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - ((lengths - 1)[:, None] * u.sigmoid())[:, :, None]
    weights = scores.masked_fill(positions >= lengths[:, None, None], -torch.inf).softmax(dim=2)
    weights = weights * (distance.abs() <= D)
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | wrong | only the softmax
# Why people do it: the example has one sentence, and its length is the width of the batch.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - ((scores.shape[2] - 1) * u.sigmoid())[:, :, None]
    inside = (distance.abs() <= D) & (positions < lengths[:, None, None])
    weights = scores.masked_fill(~inside, -torch.inf).softmax(dim=2).nan_to_num()
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | wrong | padding inside the window
# Why people do it: the window's mask takes the place of the mask of the padding.
def local_weights(scores, u, lengths, *, D):
    distance = torch.arange(scores.shape[2]) - ((lengths - 1)[:, None] * u.sigmoid())[:, :, None]
    weights = scores.masked_fill(distance.abs() > D, -torch.inf).softmax(dim=2)
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | wrong | padding removed behind the softmax
# Why people do it: the window is mended and the padding is treated as the window was.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - ((lengths - 1)[:, None] * u.sigmoid())[:, :, None]
    weights = scores.masked_fill(distance.abs() > D, -torch.inf).softmax(dim=2)
    weights = weights * (positions < lengths[:, None, None])
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | wrong | a whole position as the centre
# Why people do it: a centre is taken for a position, so it is rounded.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - ((lengths - 1)[:, None] * u.sigmoid()).round()[:, :, None]
    inside = (distance.abs() <= D) & (positions < lengths[:, None, None])
    weights = scores.masked_fill(~inside, -torch.inf).softmax(dim=2)
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | wrong | divided by the sum again
# Why people do it: a row of weights ought to sum to one.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - ((lengths - 1)[:, None] * u.sigmoid())[:, :, None]
    inside = (distance.abs() <= D) & (positions < lengths[:, None, None])
    weights = scores.masked_fill(~inside, -torch.inf).softmax(dim=2)
    weights = weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))
    return weights / weights.sum(dim=2, keepdim=True)


# %% e04-window | wrong | the edge is outside
# Why people do it: < and <= differ only where a position lies exactly on the edge.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - ((lengths - 1)[:, None] * u.sigmoid())[:, :, None]
    inside = (distance.abs() < D) & (positions < lengths[:, None, None])
    weights = scores.masked_fill(~inside, -torch.inf).softmax(dim=2)
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | wrong | S for S - 1
# Why people do it: the paper has S, as it counts from 1.
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    distance = positions - (lengths[:, None] * u.sigmoid())[:, :, None]
    inside = (distance.abs() <= D) & (positions < lengths[:, None, None])
    weights = scores.masked_fill(~inside, -torch.inf).softmax(dim=2)
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-window | right | one sentence after the other
def local_weights(scores, u, lengths, *, D):
    result = torch.zeros_like(scores)
    for b, length in enumerate(lengths.tolist()):
        distance = torch.arange(length) - (length - 1) * torch.sigmoid(u[b, :, None])
        inside = scores[b, :, :length].masked_fill(distance.abs() > D, -torch.inf).softmax(dim=1)
        result[b, :, :length] = inside * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))
    return result


# %% e04-window | right | exponentials, in 64 bits
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[-1])
    centre = (lengths[:, None] - 1) / (1 + torch.exp(-u.double()))
    distance = (positions[None, None, :] - centre[:, :, None]).abs()
    odds = scores.double().exp() * (distance <= D) * (positions < lengths[:, None])[:, None, :]
    gauss = torch.exp(-0.5 * (distance / (0.5 * D)) ** 2)
    return (gauss * odds / odds.sum(dim=-1, keepdim=True)).to(scores.dtype)


# %% e04-window | right | the faulty one, mended
def local_weights(scores, u, lengths, *, D):
    positions = torch.arange(scores.shape[2])
    centre = (lengths[:, None] - 1) * torch.sigmoid(u)
    distance = positions - centre[:, :, None]
    outside = (positions >= lengths[:, None, None]) | (distance.abs() > D)
    weights = scores.masked_fill(outside, torch.finfo(scores.dtype).min).softmax(dim=2)
    return weights * torch.exp(-(distance**2) / (2 * (D / 2) ** 2))


# %% e04-maps | model answer
# 1. The rows of year, month and day look at the year, the month and the day of the source: an alignment that nobody
#    gave to the model. The first hyphen looks at the 7 of the year, and the end at a space: both always come at the
#    same step, so the state knows them without the source. (The 0 of the month looks most at the space before the
#    month. An encoder that reads in both directions has carried the month there.)
# 2. 0.28 nats against 2.05, about 1.8 apart, and both write the right date. A blurred row can still carry what is
#    needed, because annotations are states that have read their surroundings. A clear map is no proof of a good
#    reader, a blurred one no proof of a bad one.
# 3. Predicted: A ends in 7, B in 1983, C no change, D 73. Measured: 1987-10-27, 1983-10-23, no change, and
#    1987-10-03.
# 4. The state knows what kind of character comes next, the context says which one. A and B ask for the last digit
#    of a number, and the context has one, so it is copied. C needs nothing, the state is enough. In D the state
#    expects the first digit of a day, which is 0 to 3; the context of a 7 does not fit, so the reader takes one
#    that is possible.

# %% e04-maps | rubric
# - 1 point: the three blocks are the fields of the date, an alignment that was learned and not given (half a point);
#   two rows that look elsewhere (a hyphen, the end, the 0 of the month), with a reason: always the same character at
#   this step, or an annotation that has read its surroundings (half a point).
# - 1 point: both entropies or their difference, and that both outputs are the same and right (half a point); that a
#   clear or a blurred map is no proof of a good or a bad reader (half a point).
# - 1 point: four predictions and the four measured outputs, A 1987-10-27, B 1983-10-23, C unchanged, D 1987-10-03.
#   Wrong predictions cost nothing. Half a point where predictions, or one or two of the outputs, are missing.
# - 1 point: the state says what kind of character comes next, the context says which (half a point); with that C, which
#   needs no context, and D, where a 7 fits no first digit of a day, are explained (half a point).
