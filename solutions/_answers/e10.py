"""Answers to E10: wrong ones, other right ones, and for the written tasks model answers with their rubrics."""


# %% e10-layer | wrong | always pre-norm
# Why people do it: most models since have it, and the flag is forgotten.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x)
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = x + self.dropout(y)
        return x


# %% e10-layer | wrong | the encoder's output is normalised, too
# Why people do it: in self-attention queries, keys and values all are.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, norm(h), norm(h), real[:, None])[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = x + self.dropout(y)
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | wrong | the sum starts from what was normalised
# Why people do it: the variable that was normalised is at hand.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            x = y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = x + self.dropout(y)
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | wrong | dropout once, at the end
# Why people do it: one call seems to be enough.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = x + y
            x = x if self.pre else norm(x)
        return self.dropout(x)


# %% e10-layer | wrong | dropout on the sum
# Why people do it: the parentheses are closed one too late.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = self.dropout(x + y)
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | wrong | dropout within the feed-forward network
# Why people do it: there are implementations that drop there; the paper drops the output.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.dropout(self.inner(y).relu()))
            x = x + (y if number == 2 else self.dropout(y))
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | wrong | cross-attention first
# Why people do it: the source is what is translated, so it seems to come first.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 1:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 0:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = x + self.dropout(y)
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | wrong | no activation
# Why people do it: two linear maps are written, and what stands between them is forgotten.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, real[:, None])[0]
            else:
                y = self.outer(self.inner(y))
            x = x + self.dropout(y)
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | wrong | the source's padding is seen
# Why people do it: the encoder has hidden it already, so one thinks; its vectors are there all the same.
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        earlier = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
        for number, norm in enumerate(self.norms):
            y = norm(x) if self.pre else x
            if number == 0:
                y = self.attention(y, y, y, earlier)[0]
            elif number == 1:
                y = self.cross_attention(y, h, h, None)[0]
            else:
                y = self.outer(self.inner(y).relu())
            x = x + self.dropout(y)
            x = x if self.pre else norm(x)
        return x


# %% e10-layer | right | the sub-layers one by one
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        mask = torch.arange(x.shape[1])[:, None] >= torch.arange(x.shape[1])
        before, after = (nn.Identity(), self.norms[0]) if not self.pre else (self.norms[0], nn.Identity())
        y = before(x)
        x = after(x + self.dropout(self.attention(y, y, y, mask)[0]))
        before, after = (nn.Identity(), self.norms[1]) if not self.pre else (self.norms[1], nn.Identity())
        x = after(x + self.dropout(self.cross_attention(before(x), h, h, real.unsqueeze(1))[0]))
        before, after = (nn.Identity(), self.norms[2]) if not self.pre else (self.norms[2], nn.Identity())
        return after(x + self.dropout(self.outer(F.relu(self.inner(before(x))))))


# %% e10-layer | right | two branches, masks of four axes
class DecoderBlock(nn.Module):
    def __init__(self, d_model, n_heads, d_ff, dropout, pre):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.inner, self.outer = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.pre = pre

    def forward(self, x, h, real):
        causal = torch.ones(x.shape[1], x.shape[1]).tril()[None, None].bool()
        padding = real[:, None, None, :].expand(-1, 1, x.shape[1], -1)

        def own(y):
            return self.dropout(self.attention(y, y, y, causal)[0])

        def cross(y):
            return self.dropout(self.cross_attention(y, h, h, padding)[0])

        def network(y):
            return self.dropout(self.outer(self.inner(y).clamp(min=0)))

        first, second, third = self.norms
        if self.pre:
            x = x + own(first(x))
            x = x + cross(second(x))
            return x + network(third(x))
        return third((z := second((y := first(x + own(x))) + cross(y))) + network(z))


# %% e10-cache | wrong | the triangle begins at the left
# Why people do it: tril is right for the first call, and for nothing after it.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat([self.key[rows], key], dim=2)
            value = torch.cat([self.value[rows], value], dim=2)
        self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril()
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | no mask
# Why people do it: with one new token at a time there is nothing to hide.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat([self.key[rows], key], dim=2)
            value = torch.cat([self.value[rows], value], dim=2)
        self.key, self.value = key, value
        weights = (query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | a mask for the first call only
# Why people do it: a prompt comes first, and single tokens after it.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat([self.key[rows], key], dim=2)
            value = torch.cat([self.value[rows], value], dim=2)
        self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new if new == old else old)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | rows are ignored
# Why people do it: without a beam search row i continues row i.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat(
                [
                    self.key[: len(rows)]
                    if len(self.key) >= len(rows)
                    else self.key[torch.arange(len(rows)) % len(self.key)],
                    key,
                ],
                dim=2,
            )
            value = torch.cat(
                [
                    self.value[: len(rows)]
                    if len(self.value) >= len(rows)
                    else self.value[torch.arange(len(rows)) % len(self.value)],
                    value,
                ],
                dim=2,
            )
        self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | only the keys are reordered
# Why people do it: keys decide where one looks, and values are forgotten.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat([self.key[rows], key], dim=2)
            value = torch.cat([self.value[torch.arange(len(rows)) % len(self.value)], value], dim=2)
        self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | rows pick the new tokens as well
# Why people do it: everything is put together first, and sorted then.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat([self.key[rows], key[rows % len(key)]], dim=2)
            value = torch.cat([self.value[rows], value[rows % len(value)]], dim=2)
        self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | the order is not kept
# Why people do it: rows are used for this call, and the cache keeps its old order.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        past = [] if self.key is None else self.past
        self.past = [*past, (key, value)]
        if self.key is not None:
            key = torch.cat([self.key[rows], key], dim=2)
            value = torch.cat([self.value[rows], value], dim=2)
        self.key, self.value = (
            torch.cat(
                [
                    one[: len(rows)] if len(one) >= len(rows) else one[torch.arange(len(rows)) % len(one)]
                    for one in part
                ],
                dim=2,
            )
            for part in zip(*self.past, strict=True)
        )
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | only the last call is remembered
# Why people do it: the cache is overwritten by what has just been read.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            fresh = key, value
            key = torch.cat([self.key[rows], key], dim=2)
            value = torch.cat([self.value[rows], value], dim=2)
            self.key, self.value = fresh
        else:
            self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | wrong | new tokens in front
# Why people do it: the order of keys does not matter to an average, so any end will do; to the mask it does.
class GrowingCache:
    def __init__(self):
        self.key = self.value = None

    def attend(self, query, key, value, rows):
        if self.key is not None:
            key = torch.cat([key, self.key[rows]], dim=2)
            value = torch.cat([value, self.value[rows]], dim=2)
        self.key, self.value = key, value
        new, old = query.shape[2], key.shape[2]
        seen = torch.ones(new, old, dtype=torch.bool).tril(old - new)
        weights = (query @ key.mT / query.shape[-1] ** 0.5).masked_fill(~seen, -torch.inf).softmax(dim=-1)
        return weights @ value


# %% e10-cache | right | a list of calls
class GrowingCache:
    def __init__(self):
        self.past = []

    def attend(self, query, key, value, rows):
        self.past = [(one[rows], other[rows]) for one, other in self.past] + [(key, value)]
        keys, values = (torch.cat(part, dim=2) for part in zip(*self.past, strict=True))
        at = torch.arange(keys.shape[2])
        seen = at <= at[-query.shape[2] :, None]
        return F.scaled_dot_product_attention(query, keys, values, attn_mask=seen)


# %% e10-cache | right | one new token after another, in 64 bits
class GrowingCache:
    def __init__(self):
        self.key, self.value = [], []

    def attend(self, query, key, value, rows):
        self.key, self.value = ([one[rows] for one in part] for part in (self.key, self.value))
        contexts = []
        for q, k, v in zip(*(part.double().unbind(dim=2) for part in (query, key, value)), strict=True):
            self.key.append(k)
            self.value.append(v)
            scores = torch.stack([(q * one).sum(dim=-1) for one in self.key]) / q.shape[-1] ** 0.5
            contexts.append((scores.softmax(dim=0)[..., None] * torch.stack(self.value)).sum(dim=0))
        return torch.stack(contexts, dim=2).to(query.dtype)


# %% e10-repair | wrong | as it was
# Why people do it: the loss is wonderful.
class RepairedTransformer(FaultyTransformer):
    pass


# %% e10-repair | wrong | only the causal mask
# Why people do it: the output is right after this repair, so one stops looking.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = y + self.cross(y, h, h)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | mask and padding
# Why people do it: both checks of the lecture pass.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = y + self.cross(y, h, h, real)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | mask and sum
# Why people do it: with sources of one length the padding does not show.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | padding and sum
# Why people do it: the transposed triangle looks like the right one.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).triu()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h, real)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | a strict triangle
# Why people do it: a token is not to see what it has to write, and oneself is taken for that.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril(-1)
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h, real)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | a second sum that starts elsewhere
# Why people do it: the residual sum of cross-attention is repaired, and that of self-attention is made like it.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = y + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h, real)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | the last normalisation is left out
# Why people do it: equation (10.1) has none at the end.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h, real)[0]
        x = x + self.network_of_target(third(x))
        return x @ self.embedding.weight.T


# %% e10-repair | wrong | the encoder's output without its normalisation
# Why people do it: cross-attention is said to read h.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = h + self.network_of_source(second(h))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h, real)[0]
        x = x + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | wrong | the last sum starts elsewhere
# Why people do it: the lines above are made alike, and this one is made like the faulty one.
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        earlier = torch.ones(target_inputs.shape[1], target_inputs.shape[1], dtype=torch.bool).tril()
        first, second, last = self.norms_of_source
        h = self.embed(source)
        y = first(h)
        h = h + self.own_of_source(y, y, y, real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        x = self.embed(target_inputs)
        y = first(x)
        x = x + self.own_of_target(y, y, y, earlier)[0]
        y = second(x)
        x = x + self.cross(y, h, h, real)[0]
        x = third(x) + self.network_of_target(third(x))
        return last(x) @ self.embedding.weight.T


# %% e10-repair | right | two functions
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        seen = source.ne(0)[:, None, None]
        return self.decode(target_inputs, self.encode(source, seen), seen)

    def encode(self, source, seen):
        norms, h = self.norms_of_source, self.embed(source)
        y = norms[0](h)
        h = self.own_of_source(y, y, y, seen)[0].add(h)
        return norms[2](self.network_of_source(norms[1](h)).add(h))

    def decode(self, tokens, h, seen):
        norms, x, n = self.norms_of_target, self.embed(tokens), tokens.shape[1]
        y = norms[0](x)
        mask = ~torch.ones(n, n, dtype=torch.bool).triu(1)
        x = self.own_of_target(y, y, y, mask)[0].add(x)
        x = self.cross(norms[1](x), h, h, seen)[0].add(x)
        return F.linear(norms[3](self.network_of_target(norms[2](x)).add(x)), self.embedding.weight)


# %% e10-repair | right | one token of the target after another
class RepairedTransformer(FaultyTransformer):
    def forward(self, source, target_inputs):
        real = (source != 0)[:, None]
        first, second, last = self.norms_of_source
        h = self.embed(source)
        h = h + self.own_of_source(first(h), first(h), first(h), real)[0]
        h = last(h + self.network_of_source(second(h)))
        first, second, third, last = self.norms_of_target
        logits, x = [], self.embed(target_inputs)
        for at in range(x.shape[1]):
            now, past = x[:, at : at + 1], first(x[:, : at + 1])
            now = now + self.own_of_target(past[:, -1:], past, past)[0]
            now = now + self.cross(second(now), h, h, real)[0]
            now = now + self.network_of_target(third(now))
            logits.append(last(now) @ self.embedding.weight.T)
        return torch.cat(logits, dim=1)


# %% e10-smoothing | wrong | torch's own
# Why people do it: cross_entropy has label smoothing; it spreads over all V tokens.
def smoothed_loss(logits, targets, pad_id, epsilon):
    flat, right = logits.flatten(0, 1), targets.flatten()
    return F.cross_entropy(flat, right, ignore_index=pad_id, label_smoothing=epsilon)


# %% e10-smoothing | wrong | spread over the wrong tokens only
# Why people do it: the right token has its share already.
def smoothed_loss(logits, targets, pad_id, epsilon):
    log_p = logits.log_softmax(dim=-1)
    right = log_p.gather(-1, targets[:, :, None])[:, :, 0]
    possible = (torch.arange(logits.shape[-1]) != pad_id) & (torch.arange(logits.shape[-1]) != targets[:, :, None])
    spread = log_p.masked_fill(~possible, 0.0).sum(dim=-1) / possible.sum(dim=-1)
    losses = -(1 - epsilon) * right - epsilon * spread
    return losses[targets != pad_id].mean()


# %% e10-smoothing | wrong | padding is counted in the mean
# Why people do it: the losses there are set to zero, and mean divides by all places.
def smoothed_loss(logits, targets, pad_id, epsilon):
    log_p = logits.log_softmax(dim=-1)
    right = log_p.gather(-1, targets[:, :, None])[:, :, 0]
    spread = log_p[:, :, torch.arange(logits.shape[-1]) != pad_id].mean(dim=-1)
    losses = -(1 - epsilon) * right - epsilon * spread
    return losses.masked_fill(targets == pad_id, 0.0).mean()


# %% e10-smoothing | wrong | padding is taken for token 0
# Why people do it: it is 0 in most models.
def smoothed_loss(logits, targets, pad_id, epsilon):
    log_p = logits.log_softmax(dim=-1)
    right = log_p.gather(-1, targets[:, :, None])[:, :, 0]
    losses = -(1 - epsilon) * right - epsilon * log_p[:, :, 1:].mean(dim=-1)
    return losses[targets != pad_id].mean()


# %% e10-smoothing | wrong | a mean for each sentence
# Why people do it: every sentence is to count as much as any other.
def smoothed_loss(logits, targets, pad_id, epsilon):
    log_p, real = logits.log_softmax(dim=-1), targets != pad_id
    right = log_p.gather(-1, targets[:, :, None])[:, :, 0]
    spread = log_p[:, :, torch.arange(logits.shape[-1]) != pad_id].mean(dim=-1)
    losses = (-(1 - epsilon) * right - epsilon * spread).masked_fill(~real, 0.0)
    return (losses.sum(dim=1) / real.sum(dim=1)).mean()


# %% e10-smoothing | wrong | the share divided by V
# Why people do it: the equation of the lecture has V; the padding's share is dropped.
def smoothed_loss(logits, targets, pad_id, epsilon):
    log_p, vocab = logits.log_softmax(dim=-1), logits.shape[-1]
    right = log_p.gather(-1, targets[:, :, None])[:, :, 0]
    spread = log_p[:, :, torch.arange(vocab) != pad_id].sum(dim=-1) / vocab
    losses = -(1 - epsilon) * right - epsilon * spread
    return losses[targets != pad_id].mean()


# %% e10-smoothing | wrong | padding barred before the softmax
# Why people do it: what has no share seems to need no probability either.
def smoothed_loss(logits, targets, pad_id, epsilon):
    barred = logits.masked_fill(torch.arange(logits.shape[-1]) == pad_id, torch.finfo(logits.dtype).min)
    log_p = barred.log_softmax(dim=-1)
    right = log_p.gather(-1, targets[:, :, None])[:, :, 0]
    spread = log_p[:, :, torch.arange(logits.shape[-1]) != pad_id].mean(dim=-1)
    losses = -(1 - epsilon) * right - epsilon * spread
    return losses[targets != pad_id].mean()


# %% e10-smoothing | wrong | as in the loop
# Why people do it: zero times minus infinity is NaN.
def smoothed_loss(logits, targets, pad_id, epsilon):
    vocab = logits.shape[-1]
    q = torch.full_like(logits, epsilon / (vocab - 1))
    q[:, :, pad_id] = 0.0
    q = q + (1 - epsilon) * F.one_hot(targets, vocab)
    losses = -(q * logits.log_softmax(dim=-1)).sum(dim=-1)
    return losses[targets != pad_id].mean()


# %% e10-smoothing | right | a table of shares, without the barred column
def smoothed_loss(logits, targets, pad_id, epsilon):
    real, vocab = targets != pad_id, logits.shape[-1]
    kept = [k for k in range(vocab) if k != pad_id]
    q = (1 - epsilon) * F.one_hot(targets[real], vocab)[:, kept] + epsilon / (vocab - 1)
    return -(q * logits[real].log_softmax(dim=-1)[:, kept]).sum() / real.sum()


# %% e10-smoothing | right | cross-entropy with probabilities, in 64 bits
def smoothed_loss(logits, targets, pad_id, epsilon):
    rows, right = logits.double()[targets != pad_id], targets[targets != pad_id]
    log_z = rows.logsumexp(dim=-1)
    picked = rows[torch.arange(len(rows)), right]
    others = torch.cat([rows[:, :pad_id], rows[:, pad_id + 1 :]], dim=1)
    return (log_z - (1 - epsilon) * picked - epsilon * others.mean(dim=1)).mean().to(logits.dtype)


# %% e10-order | model answer
# 1. I expected both stacks with positions to be best; without positions in the encoder hardly any row right, since the
#    source is a set then; without positions in the decoder something in between, because it must know which number
#    comes next.
# 2. Measured: with positions in both stacks and in the encoder only, all rows or nearly all are right; without them in
#    the encoder about one in sixteen, whatever the decoder has. The decoder has a causal mask. Its first token sees
#    one key, the second two, so the number of keys, or the share of the start token in the average, tells how far it
#    is. With eight steps at most this can be learned. Besides, it reads what it wrote last and can look for the number
#    before it in the source, whose vectors carry the order.
# 3. The encoder without positions gives equal numbers equal vectors: what it says depends on which numbers there are,
#    and on how often each of them occurs. So the decoder can write the right numbers, in an order that it has to
#    guess. Three different numbers have 3! = 6 orders, four have 24: chances of 1/6 and 1/24. Over the five lengths
#    the mean is (1/6 + 1/24 + 1/120 + 1/720 + 1/5040)/5, about 0.044. Repeated numbers have fewer orders, which brings
#    it to about 0.06. That is what was measured: the model does all that can be done with a set, and no more. One that
#    knew nothing of the source would have to guess the numbers as well.

# %% e10-order | rubric
# - 1 point: a prediction for the four cases with a reason for each stack. A wrong prediction costs nothing; one that
#   was plainly written after measuring does.
# - 1 point: the four measured numbers, and that the decoder gets the order from its causal mask (the number of keys,
#   or the share of each in the average) or from what it has just written, looked up in a source that has positions.
#   Half a point for the numbers alone.
# - 1 point: the source is known as a set with multiplicities (half a point); 1/6 and 1/24, a mean of about 0.04, and
#   that repeated numbers or chance bring it to the 0.06 that is measured (half a point).

# %% e10-ablations | model answer
# 1. On true targets, under teacher forcing: every position reads the true target shifted by one, and without the mask
#    also the next true token, the one that it has to write. That is so on unseen days as well, so copying works there,
#    too. The loss warns only if the evaluation is done as the model will be used. Checks: decode greedily and count
#    what is right; or edit a later target token and see whether an earlier output moves.
# 2. The interval of *untied* holds 0, and the model as it is reads nearly every date: there is hardly room to be
#    better. The lower loss was not compared by an interval here, and there are more parameters. So: not
#    distinguishable, on this task. *1 head*: that an interval holds 0 does not mean that there is no difference. Three
#    seeds give a wide interval, Student's factor for two degrees of freedom is 4.3; the mean difference is larger than
#    that of two heads, whose interval excludes 0, and all of its seeds lie below those of the model as it is. I would
#    run more seeds of the three, on a harder task or with fewer steps, where the model as it is does not stand at the
#    ceiling, each with its own learning rate.
# 3. They fail for different reasons. Without positions the model lacks information about the source, and does with the
#    rest what can be done. Without the mask it lacks nothing; it is trained on another task than the one that it is
#    used for, copying instead of writing, and knows nothing when there is nothing to copy. The exact match cannot be
#    lower than 0, so 1.00 is all that there is to lose, and does not say how bad the model is. And the numbers do not
#    add up, together they are more than all. An ablation says what happens without a part while all others are there,
#    not which share of the success belongs to it.

# %% e10-ablations | rubric
# - 1 point: the loss is measured with the true target as input, so copying works on unseen days, too (half a point); a
#   check that fits: greedy decoding, or an edit of a later token (half a point).
# - 1 point: untied cannot be told from the model as it is, which stands at the ceiling; for one head "the interval
#   holds 0" is not "no difference", with a reason (three seeds, wide interval, all seeds below, two heads differ), and
#   a sensible next experiment. Half a point if one of the two sentences is judged wrongly or no experiment is named.
# - 1 point: two different kinds of failure, lack of information against training for another task. Half a point for
#   only saying that ablations do not add up, or that exact match has a floor.
