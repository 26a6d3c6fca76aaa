"""Answers to E09: wrong ones, other right ones, and for the written task a model answer with its rubric."""


# %% e09-attention | wrong | heads by view
# Why people do it: view gives the right shape at once, and nothing complains.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    batch, time, d_model = x.shape
    query, key, value = ((x @ W.T).reshape(batch, n_heads, time, -1) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(time, time, dtype=torch.bool).tril() & real[:, None, None, :]
    weights = scores.masked_fill(~allowed, torch.finfo(x.dtype).min).softmax(dim=-1) * allowed
    return (weights @ value).reshape(batch, time, d_model) @ W_O.T, weights


# %% e09-attention | wrong | the root of d_model
# Why people do it: with one head the two roots are the same.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / x.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, None, :]
    weights = scores.masked_fill(~allowed, torch.finfo(x.dtype).min).softmax(dim=-1) * allowed
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | wrong | padding is seen
# Why people do it: with padding behind the sentence the causal mask is enough.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    weights = scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | wrong | a query without keys looks everywhere
# Why people do it: the lowest number instead of minus infinity avoids NaN, and the row becomes uniform.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, None, :]
    weights = scores.masked_fill(~allowed, -1e9).softmax(dim=-1)
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | wrong | minus infinity added, NaN swept away
# Why people do it: the weights are right, and one does not see that the gradient is NaN.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, None, :]
    barred = torch.zeros_like(allowed, dtype=x.dtype).masked_fill(~allowed, -torch.inf)
    weights = (scores + barred).softmax(dim=-1).nan_to_num()
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | wrong | the mask after the softmax
# Why people do it: forbidden weights are zero, so the map looks right.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, None, :]
    weights = scores.softmax(dim=-1) * allowed
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | wrong | matrices not transposed
# Why people do it: XW is how many papers write it, and square matrices fit either way.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, None, :]
    weights = scores.masked_fill(~allowed, torch.finfo(x.dtype).min).softmax(dim=-1) * allowed
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O, weights


# %% e09-attention | wrong | padding masks the queries
# Why people do it: the mask of the tokens is put on the wrong one of the two axes of time.
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, :, None]
    weights = scores.masked_fill(~allowed, torch.finfo(x.dtype).min).softmax(dim=-1) * allowed
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | right | einsum
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    time = x.shape[1]
    W_Q, W_K, W_V = (W.unflatten(0, (n_heads, -1)) for W in (W_Q, W_K, W_V))
    q, k, v = (torch.einsum("btd,hed->bhte", x, W) for W in (W_Q, W_K, W_V))
    scores = torch.einsum("bhqe,bhke->bhqk", q, k) / math.sqrt(q.shape[-1])
    forbidden = (torch.arange(time)[:, None] < torch.arange(time)) | ~real[:, None, None]
    weights = scores.masked_fill(forbidden, torch.finfo(x.dtype).min).softmax(dim=-1)
    weights = torch.where(forbidden, torch.zeros_like(weights), weights)
    contexts = torch.einsum("bhqk,bhke->bqhe", weights, v)
    return torch.einsum("bqhe,dhe->bqd", contexts, W_O.unflatten(1, (n_heads, -1))), weights


# %% e09-attention | right | minus infinity filled in, NaN swept away
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    query, key, value = ((x @ W.T).unflatten(-1, (n_heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, None, :]
    weights = scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1).nan_to_num()
    return (weights @ value).transpose(1, 2).flatten(2) @ W_O.T, weights


# %% e09-attention | right | a loop over heads, with exponentials
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None, :]
    output, weights = 0, []
    for rows_q, rows_k, rows_v, columns in zip(
        *(W.chunk(n_heads) for W in (W_Q, W_K, W_V)), W_O.chunk(n_heads, dim=1), strict=True
    ):
        scores = (x @ rows_q.T) @ (x @ rows_k.T).mT / math.sqrt(len(rows_q))
        lowest = scores.masked_fill(~allowed, -1e30).amax(dim=-1, keepdim=True).detach()
        shares = (scores - lowest).masked_fill(~allowed, -1e30).exp()
        total = shares.sum(dim=-1, keepdim=True)
        weights.append(shares / torch.where(total > 0, total, torch.ones_like(total)))
        output = output + weights[-1] @ (x @ rows_v.T) @ columns.T
    return output, torch.stack(weights, dim=1)


# %% e09-attention | right | the package's layer of attention, in 64 bits
def causal_attention(x, W_Q, W_K, W_V, W_O, n_heads, real):
    from seq2bert.attention import scaled_dot_product_attention

    kind = x.dtype
    x, W_Q, W_K, W_V, W_O = (one.double() for one in (x, W_Q, W_K, W_V, W_O))
    heads = []
    for rows in torch.arange(x.shape[-1]).split(x.shape[-1] // n_heads):
        allowed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril() & real[:, None]
        heads.append(scaled_dot_product_attention(x @ W_Q[rows].T, x @ W_K[rows].T, x @ W_V[rows].T, allowed))
    contexts, weights = zip(*heads, strict=True)
    return (torch.cat(contexts, dim=-1) @ W_O.T).to(kind), torch.stack(weights, dim=1).to(kind)


# %% e09-rotary | wrong | halves
# Why people do it: it is the package's version, and that of many libraries.
def rotate(x, positions):
    exponents = torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1]
    angles = positions[:, None, :, None] / 10_000**exponents
    first, second = x.chunk(2, dim=-1)
    cosine, sine = angles.cos(), angles.sin()
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


# %% e09-rotary | wrong | the other way round
# Why people do it: a sign is misplaced; all laws of length and distance hold.
def rotate(x, positions):
    exponents = torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1]
    angles = positions[:, None, :, None] / 10_000**exponents
    even, odd, cosine, sine = x[..., 0::2], x[..., 1::2], angles.cos(), angles.sin()
    return torch.stack([even * cosine + odd * sine, odd * cosine - even * sine], dim=-1).flatten(-2)


# %% e09-rotary | wrong | frequencies half as fast to fall
# Why people do it: m / d_head is read for 2m / d_head.
def rotate(x, positions):
    exponents = torch.arange(x.shape[-1] // 2, dtype=x.dtype) / x.shape[-1]
    angles = positions[:, None, :, None] / 10_000**exponents
    even, odd, cosine, sine = x[..., 0::2], x[..., 1::2], angles.cos(), angles.sin()
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)


# %% e09-rotary | wrong | every pair at the same speed
# Why people do it: the example has a single pair, whose frequency is 1.
def rotate(x, positions):
    angles = positions[:, None, :, None].to(x.dtype)
    even, odd, cosine, sine = x[..., 0::2], x[..., 1::2], angles.cos(), angles.sin()
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)


# %% e09-rotary | wrong | the positions of the first row
# Why people do it: in most batches all rows have the same positions.
def rotate(x, positions):
    exponents = torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1]
    angles = positions[0, :, None] / 10_000**exponents
    even, odd, cosine, sine = x[..., 0::2], x[..., 1::2], angles.cos(), angles.sin()
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)


# %% e09-rotary | wrong | components sorted
# Why people do it: even and odd ones are put one behind the other instead of back in their places.
def rotate(x, positions):
    exponents = torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1]
    angles = positions[:, None, :, None] / 10_000**exponents
    even, odd, cosine, sine = x[..., 0::2], x[..., 1::2], angles.cos(), angles.sin()
    return torch.cat([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1)


# %% e09-rotary | wrong | always from 0
# Why people do it: positions are counted instead of read.
def rotate(x, positions):
    exponents = torch.arange(0, x.shape[-1], 2, dtype=x.dtype) / x.shape[-1]
    angles = torch.arange(x.shape[2])[:, None] / 10_000**exponents
    even, odd, cosine, sine = x[..., 0::2], x[..., 1::2], angles.cos(), angles.sin()
    return torch.stack([even * cosine - odd * sine, odd * cosine + even * sine], dim=-1).flatten(-2)


# %% e09-rotary | right | complex numbers
def rotate(x, positions):
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    m = torch.arange(pairs.shape[-1], dtype=torch.float64)
    angles = positions[:, None, :, None] * torch.exp(-math.log(10_000) * m / pairs.shape[-1])
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2).to(x.dtype)


# %% e09-rotary | right | a matrix for each pair
def rotate(x, positions):
    turned = []
    for m in range(x.shape[-1] // 2):
        angle = positions.to(x.dtype) * 10_000 ** (-2 * m / x.shape[-1])
        rows = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=-1).unflatten(-1, (2, 2))
        turned.append(torch.einsum("btij,bhtj->bhti", rows, x[..., 2 * m : 2 * m + 2]))
    return torch.cat(turned, dim=-1)


# %% e09-rotary | right | the partner of each component
def rotate(x, positions):
    exponents = torch.arange(0, x.shape[-1], 2) / x.shape[-1]
    angles = (positions[:, None, :, None] * 10_000.0**-exponents).repeat_interleave(2, dim=-1).to(x.dtype)
    partner = torch.stack([-x[..., 1::2], x[..., ::2]], dim=-1).flatten(-2)
    return x * angles.cos() + partner * angles.sin()


# %% e09-leak | wrong | as it was
# Why people do it: nothing stands above the diagonal.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    return faulty_block(x, W_Q, W_K, W_V, W_O, W_1, W_2)


# %% e09-leak | wrong | only the denominator
# Why people do it: one leak is found, and one stops looking.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    h = faulty_norm(x)
    query, key, value = h @ W_Q.T, h @ W_K.T, h @ W_V.T
    scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = scores.masked_fill(~earlier, -torch.inf).softmax(dim=-1)
    y = x + weights @ value @ W_O.T
    return y + (faulty_norm(y) @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | wrong | only the normalisation
# Why people do it: the mask is there, the map is a triangle.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    h = F.layer_norm(x, x.shape[-1:])
    query, key, value = h @ W_Q.T, h @ W_K.T, h @ W_V.T
    weights = (query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])).softmax(dim=-1) * earlier
    y = x + weights @ value @ W_O.T
    return y + (F.layer_norm(y, y.shape[-1:]) @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | wrong | no normalisation at all
# Why people do it: what leaks is taken out.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    query, key, value = x @ W_Q.T, x @ W_K.T, x @ W_V.T
    scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = scores.masked_fill(~earlier, -torch.inf).softmax(dim=-1)
    y = x + weights @ value @ W_O.T
    return y + (y @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | wrong | normalised over the batch
# Why people do it: one axis is as good as another, and time is not among these.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    def norm(z):
        return (z - z.mean(dim=0)) / (z.var(dim=0, correction=0) + 1e-5).sqrt()

    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    h = norm(x)
    query, key, value = h @ W_Q.T, h @ W_K.T, h @ W_V.T
    scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = scores.masked_fill(~earlier, -torch.inf).softmax(dim=-1)
    y = x + weights @ value @ W_O.T
    return y + (norm(y) @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | wrong | divided by n - 1
# Why people do it: torch's var divides by one less than the number, unless it is told.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    def norm(z):
        return (z - z.mean(dim=-1, keepdim=True)) / (z.var(dim=-1, keepdim=True) + 1e-5).sqrt()

    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    h = norm(x)
    query, key, value = h @ W_Q.T, h @ W_K.T, h @ W_V.T
    scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = scores.masked_fill(~earlier, -torch.inf).softmax(dim=-1)
    y = x + weights @ value @ W_O.T
    return y + (norm(y) @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | wrong | only the first normalisation
# Why people do it: the second one stands behind the attention, and seems to be out of reach.
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    h = F.layer_norm(x, x.shape[-1:])
    query, key, value = h @ W_Q.T, h @ W_K.T, h @ W_V.T
    scores = query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = scores.masked_fill(~earlier, -torch.inf).softmax(dim=-1)
    y = x + weights @ value @ W_O.T
    return y + (faulty_norm(y) @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | right | weights divided by their own sum
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    def norm(z):
        mean = z.mean(dim=-1, keepdim=True)
        variance = (z - mean).square().mean(dim=-1, keepdim=True)
        return (z - mean) / (variance + 1e-5).sqrt()

    earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    h = norm(x)
    query, key, value = h @ W_Q.T, h @ W_K.T, h @ W_V.T
    shares = (query @ key.transpose(1, 2) / math.sqrt(query.shape[-1])).exp() * earlier
    weights = shares / shares.sum(dim=-1, keepdim=True)
    y = x + weights @ value @ W_O.T
    return y + (norm(y) @ W_1.T).relu() @ W_2.T, weights


# %% e09-leak | right | one query at a time, which has no later keys
def causal_block(x, W_Q, W_K, W_V, W_O, W_1, W_2):
    h, time = F.layer_norm(x.double(), x.shape[-1:]), x.shape[1]
    W_Q, W_K, W_V, W_O, W_1, W_2 = (W.double() for W in (W_Q, W_K, W_V, W_O, W_1, W_2))
    rows = []
    for i in range(time):
        past = h[:, : i + 1]
        scores = (past @ W_K.T @ (h[:, i] @ W_Q.T)[..., None]).squeeze(-1) / x.shape[-1] ** 0.5
        rows.append(F.pad(scores.softmax(dim=-1), (0, time - 1 - i)))
    weights = torch.stack(rows, dim=1)
    y = x + weights @ (h @ W_V.T) @ W_O.T
    output = y + F.linear(F.relu(F.linear(F.layer_norm(y, y.shape[-1:]), W_1)), W_2)
    return output.to(x.dtype), weights.to(x.dtype)


# %% e09-window | wrong | every query has a full window
# Why people do it: the lecture's table says r n d.
def window_cost(n, d_model, window):
    return 4 * n * d_model**2 + 2 * n * min(n, window) * d_model, math.ceil((n - 1) / (window - 1))


# %% e09-window | wrong | n / w layers
# Why people do it: the lecture's table says n / r, which is an order of growth.
def window_cost(n, d_model, window):
    pairs = sum(min(i + 1, window) for i in range(n))
    return 4 * n * d_model**2 + 2 * pairs * d_model, math.ceil(n / window)


# %% e09-window | wrong | layers rounded down
# Why people do it: // is whole division.
def window_cost(n, d_model, window):
    pairs = sum(min(i + 1, window) for i in range(n))
    return 4 * n * d_model**2 + 2 * pairs * d_model, max(1, (n - 1) // (window - 1))


# %% e09-window | wrong | one product of pairs
# Why people do it: the scores are counted, the weighted values forgotten.
def window_cost(n, d_model, window):
    pairs = sum(min(i + 1, window) for i in range(n))
    return 4 * n * d_model**2 + pairs * d_model, math.ceil((n - 1) / (window - 1))


# %% e09-window | wrong | three projections
# Why people do it: the output matrix stands behind the attention.
def window_cost(n, d_model, window):
    pairs = sum(min(i + 1, window) for i in range(n))
    return 3 * n * d_model**2 + 2 * pairs * d_model, math.ceil((n - 1) / (window - 1))


# %% e09-window | wrong | the triangle starts one too late
# Why people do it: the first w queries have 0 to w - 1 keys before them, and oneself is forgotten there.
def window_cost(n, d_model, window):
    full = min(n, window)
    pairs = full * (full - 1) // 2 + (n - full) * window
    return 4 * n * d_model**2 + 2 * pairs * d_model, math.ceil((n - 1) / (window - 1))


# %% e09-window | wrong | no narrow window
# Why people do it: n - w is taken for a number that cannot be negative.
def window_cost(n, d_model, window):
    pairs = window * (window + 1) // 2 + (n - window) * window
    return 4 * n * d_model**2 + 2 * pairs * d_model, math.ceil((n - 1) / (window - 1))


# %% e09-window | right | the triangle less the corner
def window_cost(n, d_model, window):
    corner = max(0, n - window)
    pairs = (n * (n + 1) - corner * (corner + 1)) // 2
    return 2 * d_model * (2 * n * d_model + pairs), -(-(n - 1) // (window - 1))


# %% e09-window | right | summed, and walked
def window_cost(n, d_model, window):
    pairs, place, layers = sum(min(i + 1, window) for i in range(n)), n - 1, 0
    while place > 0:
        place, layers = place - (window - 1), layers + 1
    return n * 4 * d_model * d_model + pairs * 2 * d_model, layers


# %% e09-relative | wrong | query minus key
# Why people do it: one distance is as good as the other, until the table is read.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    distances = (start + torch.arange(query.shape[2]))[:, None] - torch.arange(key.shape[2])
    rows = table[distances.clamp(-largest, largest) + largest]
    return (query @ key.mT + torch.einsum("bhqd,qkd->bhqk", query, rows)) / query.shape[-1] ** 0.5


# %% e09-relative | wrong | start forgotten
# Why people do it: without a cache it is 0.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    distances = torch.arange(key.shape[2]) - torch.arange(query.shape[2])[:, None]
    rows = table[distances.clamp(-largest, largest) + largest]
    return (query @ key.mT + torch.einsum("bhqd,qkd->bhqk", query, rows)) / query.shape[-1] ** 0.5


# %% e09-relative | wrong | only the content is divided
# Why people do it: the distances are added to finished scores.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    distances = torch.arange(key.shape[2]) - (start + torch.arange(query.shape[2]))[:, None]
    rows = table[distances.clamp(-largest, largest) + largest]
    return query @ key.mT / query.shape[-1] ** 0.5 + torch.einsum("bhqd,qkd->bhqk", query, rows)


# %% e09-relative | wrong | the keys ask
# Why people do it: it is the key that stands at a distance, so its vector is multiplied.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    distances = torch.arange(key.shape[2]) - (start + torch.arange(query.shape[2]))[:, None]
    rows = table[distances.clamp(-largest, largest) + largest]
    return (query @ key.mT + torch.einsum("bhkd,qkd->bhqk", key, rows)) / query.shape[-1] ** 0.5


# %% e09-relative | wrong | start at the wrong side
# Why people do it: one knows that something is shifted, and shifts the keys.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    distances = start + torch.arange(key.shape[2]) - torch.arange(query.shape[2])[:, None]
    rows = table[distances.clamp(-largest, largest) + largest]
    return (query @ key.mT + torch.einsum("bhqd,qkd->bhqk", query, rows)) / query.shape[-1] ** 0.5


# %% e09-relative | wrong | clipped on one side
# Why people do it: a causal model has no keys ahead, and the other limit is forgotten with them.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    distances = torch.arange(key.shape[2]) - (start + torch.arange(query.shape[2]))[:, None]
    rows = table[distances.clamp(-largest, 0) + largest]
    return (query @ key.mT + torch.einsum("bhqd,qkd->bhqk", query, rows)) / query.shape[-1] ** 0.5


# %% e09-relative | wrong | the last queries, always
# Why people do it: the queries of a cache are the last tokens, so one counts from the end instead of from start.
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    places = torch.arange(key.shape[2] - query.shape[2], key.shape[2])
    distances = torch.arange(key.shape[2]) - places[:, None]
    rows = table[distances.clamp(-largest, largest) + largest]
    return (query @ key.mT + torch.einsum("bhqd,qkd->bhqk", query, rows)) / query.shape[-1] ** 0.5


# %% e09-relative | right | multiply with the whole table, then look up
def relative_scores(query, key, table, start):
    new, old, largest = query.shape[2], key.shape[2], (len(table) - 1) // 2
    rows = torch.arange(old) - torch.arange(start, start + new)[:, None] + largest
    rows = rows.clamp(0, 2 * largest).expand(*query.shape[:2], new, old)
    return (query @ key.transpose(2, 3) + (query @ table.T).gather(-1, rows)) / math.sqrt(query.shape[-1])


# %% e09-relative | right | keys moved by their distance, in 64 bits
def relative_scores(query, key, table, start):
    largest = len(table) // 2
    places = torch.arange(start, start + query.shape[2])
    rows = torch.stack([(torch.arange(key.shape[2]) - place).clamp(-largest, largest) for place in places]) + largest
    moved = key.double()[:, :, None] + table.double()[rows]
    scores = torch.einsum("bhqd,bhqkd->bhqk", query.double(), moved) / math.sqrt(query.shape[-1])
    return scores.to(query.dtype)


# %% e09-order | model answer
# 1. About 1/12, so 0.08. By (9.6) shuffling the letters shuffles the outputs and does nothing else: what is said of a
#    letter depends on the letter and on the set around it, never on its place. The letters are random, so every place
#    is equally likely for it, and whatever the model says is right once in twelve.
# 2. The first query sees one key, itself. Its context is its own value; all others get a mixture, and the model can
#    tell the two apart. After that the number of keys shows in the context: each letter's share is about 1/k. The step
#    from 1/2 to 1/3 is large, from 1/9 to 1/10 it is small, smaller than what the random letters themselves do to the
#    average. So neighbouring late places are confused.
# 3. Nothing stands beyond the last place. Whatever looks as late as possible is best named the last, and there is no
#    later place with which it could be confused. With fourteen letters the places 12 and 13 would be called the last
#    one too: the end of the curve is the end of the training range and not a place that the model can really tell.
#    Place 11 would still be named right about as often, since it does not see the two letters behind it.
# 4. Outputs 0 and 1 do not change, they see neither. Outputs 2 and 3 change: another letter asks and is added by the
#    residual sum. Outputs from 4 on do not change: their own letter is the same, and the keys that they see are the
#    same set, over which the average is taken. With two blocks this is no longer so: after the first block the vectors
#    of places 2 and 3 are other vectors, not the old ones exchanged, because the earlier of the two letters does not
#    see the other. So all outputs from 2 on may change. That is how order gets in.

# %% e09-order | rubric
# - 1 point: one in twelve (0.08 or the printed mean), and the reason: equal sets, equal answers, so what is said cannot
#   depend on the place. Half a point for "it guesses" without (9.6).
# - 1 point: the first place has a single key; after that the number of keys, or the share 1/k of each letter, is what
#   can be seen, and its steps become smaller. Half a point for one of the two.
# - 1 point: the end of the training range (nothing later to confuse it with), and that at fourteen letters the new
#   places would be named wrong, most of them as the last one. Half a point for one of the two.
# - 1 point: outputs 2 and 3 change and no others, with the set as the reason (half a point); with two blocks all from
#   2 on may change, because the vectors of the first block have seen different sets (half a point).
