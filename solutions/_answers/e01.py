"""Answers to E01: wrong ones, other right ones, and for the written task a model answer with its rubric."""

import numpy as np
import torch


# %% e01-shift | wrong | no shift
# Why people do it: the decoder "gets the target", so it gets it on both sides, end token included.
def shift(targets, *, start_id, end_id, pad_id):
    longest = 1 + max(map(len, targets))
    rows = [[*target, end_id] + [pad_id] * (longest - len(target) - 1) for target in targets]
    return torch.tensor(rows), torch.tensor(rows)


# %% e01-shift | wrong | the end token after the padding
# Why people do it: pad first, then put the special tokens at the two ends of the rectangle.
def shift(targets, *, start_id, end_id, pad_id):
    longest = max(map(len, targets))
    padded = [target + [pad_id] * (longest - len(target)) for target in targets]
    read = torch.tensor([[start_id, *row] for row in padded])
    write = torch.tensor([[*row, end_id] for row in padded])
    return read, write


# %% e01-shift | wrong | the ids are typed in
# Why people do it: 0, 1 and 2 are what they have always been.
def shift(targets, *, start_id, end_id, pad_id):
    longest = 1 + max(map(len, targets))
    read, write = torch.zeros(2, len(targets), longest, dtype=torch.long)
    for row, target in enumerate(targets):
        read[row, : len(target) + 1] = torch.tensor([1, *target])
        write[row, : len(target) + 1] = torch.tensor([*target, 2])
    return read, write


# %% e01-shift | wrong | the longest sentence first
# Why people do it: packed sequences used to need it, and the order of a batch "does not matter".
def shift(targets, *, start_id, end_id, pad_id):
    targets = sorted(targets, key=len, reverse=True)
    longest = 1 + len(targets[0])
    read = torch.full((len(targets), longest), pad_id)
    write = torch.full((len(targets), longest), pad_id)
    for row, target in enumerate(targets):
        read[row, : len(target) + 1] = torch.tensor([start_id, *target])
        write[row, : len(target) + 1] = torch.tensor([*target, end_id])
    return read, write


# %% e01-shift | wrong | writes into the lists
# Why people do it: append is the shortest way to add an end token.
def shift(targets, *, start_id, end_id, pad_id):
    read = [torch.tensor([start_id, *target]) for target in targets]
    for target in targets:
        target.append(end_id)
    write = [torch.tensor(target) for target in targets]
    pad = torch.nn.utils.rnn.pad_sequence
    return pad(read, batch_first=True, padding_value=pad_id), pad(write, batch_first=True, padding_value=pad_id)


# %% e01-shift | wrong | one long row, cut twice
# Why people do it: every tutorial has full[:, :-1] and full[:, 1:]; short sentences then read their end token.
def shift(targets, *, start_id, end_id, pad_id):
    longest = 2 + max(map(len, targets))
    full = [[start_id, *target, end_id] + [pad_id] * (longest - len(target) - 2) for target in targets]
    full = torch.tensor(full)
    return full[:, :-1], full[:, 1:]


# %% e01-shift | wrong | rolled
# Why people do it: "shifted by one" sounds like roll, which brings the start token round to the end.
def shift(targets, *, start_id, end_id, pad_id):
    longest = 1 + max(map(len, targets))
    read = torch.tensor([[start_id, *target] + [pad_id] * (longest - len(target) - 1) for target in targets])
    return read, read.roll(-1, dims=1)


# %% e01-shift | wrong | empty targets are left out
# Why people do it: an empty sentence looks like a mistake in the data.
def shift(targets, *, start_id, end_id, pad_id):
    targets = [target for target in targets if target]
    pad = torch.nn.utils.rnn.pad_sequence
    read = [torch.tensor([start_id, *target]) for target in targets]
    write = [torch.tensor([*target, end_id]) for target in targets]
    return pad(read, batch_first=True, padding_value=pad_id), pad(write, batch_first=True, padding_value=pad_id)


# %% e01-shift | right | pad_sequence
def shift(targets, *, start_id, end_id, pad_id):
    def stack(rows):
        rows = [torch.tensor(row) for row in rows]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id)

    return stack([[start_id, *target] for target in targets]), stack([[*target, end_id] for target in targets])


# %% e01-shift | right | lists
def shift(targets, *, start_id, end_id, pad_id):
    longest = max(map(len, targets))
    read = [[start_id] + target + [pad_id] * (longest - len(target)) for target in targets]
    write = [target + [end_id] + [pad_id] * (longest - len(target)) for target in targets]
    return torch.tensor(read), torch.tensor(write)


# %% e01-shift | right | the package's batch
def shift(targets, *, start_id, end_id, pad_id):
    from seq2bert.data.batching import make_batch

    batch = make_batch([([0], target) for target in targets], pad_id=pad_id, start_id=start_id, end_id=end_id)
    return batch.target_inputs, batch.targets


# %% e01-loss | wrong | masked above the line only
# Why people do it: the padding is zero now, so the mean "ignores" it.
def masked_loss(logits, targets, *, pad_id):
    of_target = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    return -(of_target * (targets != pad_id)).mean()


# %% e01-loss | wrong | padding counts
# Why people do it: cross_entropy is right there, and it raises no error.
def masked_loss(logits, targets, *, pad_id):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


# %% e01-loss | wrong | softmax over the time
# Why people do it: cross_entropy wants classes on axis 1, so axis 1 it is.
def masked_loss(logits, targets, *, pad_id):
    of_target = logits.log_softmax(dim=1).gather(-1, targets[..., None])[..., 0]
    real = targets != pad_id
    return -of_target[real].sum() / real.sum()


# %% e01-loss | wrong | a mean of the sentences' means
# Why people do it: first every sentence, then the batch; short sentences then weigh as much as long ones.
def masked_loss(logits, targets, *, pad_id):
    of_target = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    real = (targets != pad_id).to(logits.dtype)
    return -((of_target * real).sum(dim=1) / real.sum(dim=1)).mean()


# %% e01-loss | wrong | exponentials as in the loop
# Why people do it: it is the loop, line by line; it is infinite where the loop is.
def masked_loss(logits, targets, *, pad_id):
    p = logits.exp() / logits.exp().sum(dim=-1, keepdim=True)
    of_target = p.gather(-1, targets[..., None])[..., 0]
    return -of_target[targets != pad_id].log().mean()


# %% e01-loss | wrong | softmax, then log
# Why people do it: torch's softmax is stable; the logarithm of its zeros is not.
def masked_loss(logits, targets, *, pad_id):
    of_target = logits.softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    return -of_target[targets != pad_id].log().mean()


# %% e01-loss | wrong | padding is id 0
# Why people do it: it nearly always is.
def masked_loss(logits, targets, *, pad_id):
    of_target = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    real = targets > 0
    return -of_target[real].sum() / real.sum()


# %% e01-loss | wrong | the padding token is masked out of the vocabulary
# Why people do it: "never predict padding" is taken for "do not count padding".
def masked_loss(logits, targets, *, pad_id):
    logits = logits.clone()
    logits[..., pad_id] = -1e9
    of_target = logits.log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]
    real = targets != pad_id
    return -of_target[real].sum() / real.sum()


# %% e01-loss | right | cross_entropy
def masked_loss(logits, targets, *, pad_id):
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=pad_id)


# %% e01-loss | right | one hot and logsumexp, in 64 bits
def masked_loss(logits, targets, *, pad_id):
    logits = logits.double()
    cost = logits.logsumexp(dim=-1) - (torch.nn.functional.one_hot(targets, logits.shape[-1]) * logits).sum(dim=-1)
    real = (targets != pad_id).double()
    return (cost * real).sum() / real.sum()


# %% e01-loss | right | flat
def masked_loss(logits, targets, *, pad_id):
    rows = targets.reshape(-1) != pad_id
    logits, targets = logits.reshape(-1, logits.shape[-1])[rows], targets.reshape(-1)[rows]
    return -torch.nn.functional.log_softmax(logits, dim=1)[torch.arange(len(targets)), targets].mean()


# %% e01-greedy | wrong | stops when one sentence has ended
# Why people do it: the loop for one sentence has a break there.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs = [[] for _ in range(batch_size)]
    for _ in range(max_length):
        logits, state = step(tokens, state)
        tokens = logits.argmax(dim=-1)
        if (tokens == end_id).any():
            break
        for row, token in enumerate(tokens.tolist()):
            outputs[row].append(token)
    return outputs


# %% e01-greedy | wrong | goes on after the end
# Why people do it: the end token is left out of the output, but nobody remembers that it was there.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs = [[] for _ in range(batch_size)]
    ended = torch.zeros(batch_size, dtype=torch.bool)
    for _ in range(max_length):
        logits, state = step(tokens, state)
        tokens = logits.argmax(dim=-1)
        ended |= tokens == end_id
        for row, token in enumerate(tokens.tolist()):
            if token != end_id:
                outputs[row].append(token)
        if ended.all():
            break
    return outputs


# %% e01-greedy | wrong | keeps the end token
# Why people do it: the token is appended first and looked at afterwards.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs, ended = [[] for _ in range(batch_size)], [False] * batch_size
    for _ in range(max_length):
        logits, state = step(tokens, state)
        tokens = logits.argmax(dim=-1)
        for row, token in enumerate(tokens.tolist()):
            if not ended[row]:
                outputs[row].append(token)
            ended[row] = ended[row] or token == end_id
        if all(ended):
            break
    return outputs


# %% e01-greedy | wrong | always all steps
# Why people do it: cut at the end token afterwards and nothing else matters. It pays for steps that nobody needs.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens, columns = torch.full((batch_size,), start_id), []
    for _ in range(max_length):
        logits, state = step(tokens, state)
        tokens = logits.argmax(dim=-1)
        columns.append(tokens)
    rows = torch.stack(columns, dim=1).tolist()
    return [row[: row.index(end_id)] if end_id in row else row for row in rows]


# %% e01-greedy | wrong | the state stays the first one
# Why people do it: `_` for what is not needed at once.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs, ended = [[] for _ in range(batch_size)], [False] * batch_size
    for _ in range(max_length):
        logits, _ = step(tokens, state)
        tokens = logits.argmax(dim=-1)
        for row, token in enumerate(tokens.tolist()):
            ended[row] = ended[row] or token == end_id
            if not ended[row]:
                outputs[row].append(token)
        if all(ended):
            break
    return outputs


# %% e01-greedy | wrong | reads the start token at every step
# Why people do it: the output is collected, but not fed back.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs, ended = [[] for _ in range(batch_size)], [False] * batch_size
    for _ in range(max_length):
        logits, state = step(tokens, state)
        for row, token in enumerate(logits.argmax(dim=-1).tolist()):
            ended[row] = ended[row] or token == end_id
            if not ended[row]:
                outputs[row].append(token)
        if all(ended):
            break
    return outputs


# %% e01-greedy | wrong | draws instead of choosing
# Why people do it: sampling is the neighbour in the lecture, and for a sure model it gives the same.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs, ended = [[] for _ in range(batch_size)], [False] * batch_size
    for _ in range(max_length):
        logits, state = step(tokens, state)
        tokens = torch.multinomial(logits.softmax(dim=-1), 1)[:, 0]
        for row, token in enumerate(tokens.tolist()):
            ended[row] = ended[row] or token == end_id
            if not ended[row]:
                outputs[row].append(token)
        if all(ended):
            break
    return outputs


# %% e01-greedy | wrong | one step too many
# Why people do it: the end token is thought to need a step of its own, beyond max_length.
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.full((batch_size,), start_id)
    outputs, ended = [[] for _ in range(batch_size)], [False] * batch_size
    for _ in range(max_length + 1):
        logits, state = step(tokens, state)
        tokens = logits.argmax(dim=-1)
        for row, token in enumerate(tokens.tolist()):
            ended[row] = ended[row] or token == end_id
            if not ended[row]:
                outputs[row].append(token)
        if all(ended):
            break
    return outputs


# %% e01-greedy | right | a tensor, cut afterwards
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens = torch.tensor([start_id] * batch_size)
    ended = tokens != tokens
    columns = []
    while len(columns) < max_length and not ended.all():
        logits, state = step(tokens, state)
        _, tokens = logits.max(dim=-1)
        ended = ended | (tokens == end_id)
        columns.append(tokens.tolist())
    rows = [list(row) for row in zip(*columns, strict=True)]
    return [row[: row.index(end_id)] if end_id in row else row for row in rows]


# %% e01-greedy | right | the package's loop
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    from seq2bert.decoding import greedy_decode

    def with_weights(tokens, state):
        logits, state = step(tokens, state)
        return logits, torch.zeros(batch_size, 1), state

    names = {"batch_size": batch_size, "start_id": start_id, "end_id": end_id, "max_length": max_length}
    return [list(map(int, ids)) for ids in greedy_decode(with_weights, state, **names).ids]


# %% e01-greedy | right | ended sentences read padding
def greedy(step, state, *, batch_size, start_id, end_id, max_length):
    tokens, alive = torch.full((batch_size,), start_id), set(range(batch_size))
    outputs = {row: [] for row in range(batch_size)}
    for _ in range(max_length):
        logits, state = step(tokens, state)
        chosen = torch.sort(logits, dim=-1, descending=True).indices[:, 0].tolist()
        alive -= {row for row in alive if chosen[row] == end_id}
        for row in alive:
            outputs[row].append(chosen[row])
        if not alive:
            break
        tokens = torch.tensor([chosen[row] if row in alive else 0 for row in range(batch_size)])
    return list(outputs.values())


# %% e01-edits | wrong | insertions and deletions exchanged
# Why people do it: "insert" into which of the two? With equal prices nobody notices.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    D = np.zeros((len(a) + 1, len(b) + 1))
    D[:, 0] = insert * np.arange(len(a) + 1)
    D[0, :] = delete * np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            changed = D[i - 1, j - 1] + substitute * (a[i - 1] != b[j - 1])
            D[i, j] = min(D[i - 1, j] + insert, D[i, j - 1] + delete, changed)
    return float(D[-1, -1])


# %% e01-edits | wrong | the border costs one each
# Why people do it: equation (1.7) says i and j there.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    D = np.zeros((len(a) + 1, len(b) + 1))
    D[:, 0], D[0, :] = range(len(a) + 1), range(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            changed = D[i - 1, j - 1] + substitute * (a[i - 1] != b[j - 1])
            D[i, j] = min(D[i - 1, j] + delete, D[i, j - 1] + insert, changed)
    return float(D[-1, -1])


# %% e01-edits | wrong | the border is free
# Why people do it: a table of zeros, and only its inside is filled.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    D = np.zeros((len(a) + 1, len(b) + 1))
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            changed = D[i - 1, j - 1] + substitute * (a[i - 1] != b[j - 1])
            D[i, j] = min(D[i - 1, j] + delete, D[i, j - 1] + insert, changed)
    return float(D[-1, -1])


# %% e01-edits | wrong | place by place
# Why people do it: compare, and pay for the difference in length. One missing character shifts all the rest.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    price = substitute * sum(one != other for one, other in zip(a, b, strict=False))
    return price + delete * max(0, len(a) - len(b)) + insert * max(0, len(b) - len(a))


# %% e01-edits | wrong | equal characters are taken at once
# Why people do it: a greedy walk along both strings; where they differ it looks one character ahead.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    i = j = 0
    price = 0.0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            i, j = i + 1, j + 1
        elif a[i + 1 : i + 2] == b[j]:
            price, i = price + delete, i + 1
        elif b[j + 1 : j + 2] == a[i]:
            price, j = price + insert, j + 1
        else:
            price, i, j = price + min(substitute, insert + delete), i + 1, j + 1
    return price + delete * (len(a) - i) + insert * (len(b) - j)


# %% e01-edits | wrong | an exchange is always a substitution
# Why people do it: where the characters differ a substitution "is shorter" than deleting and inserting.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    D = np.zeros((len(a) + 1, len(b) + 1))
    steps = np.zeros((len(a) + 1, len(b) + 1))  # the path is chosen by the number of edits, its price is added up
    D[:, 0], D[0, :] = delete * np.arange(len(a) + 1), insert * np.arange(len(b) + 1)
    steps[:, 0], steps[0, :] = range(len(a) + 1), range(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            differs = a[i - 1] != b[j - 1]
            steps[i, j], D[i, j] = min(
                (steps[i - 1, j - 1] + differs, D[i - 1, j - 1] + substitute * differs),
                (steps[i - 1, j] + 1, D[i - 1, j] + delete),
                (steps[i, j - 1] + 1, D[i, j - 1] + insert),
            )
    return float(D[-1, -1])


# %% e01-edits | wrong | a substitution is a deletion and an insertion
# Why people do it: the longest common subsequence is the algorithm they know.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    D = np.zeros((len(a) + 1, len(b) + 1))
    D[:, 0], D[0, :] = delete * np.arange(len(a) + 1), insert * np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            D[i, j] = min(D[i - 1, j] + delete, D[i, j - 1] + insert)
            if a[i - 1] == b[j - 1]:
                D[i, j] = D[i - 1, j - 1]
    return float(D[-1, -1])


# %% e01-edits | wrong | the smallest change of the whole table
# Why people do it: the corner "must be the minimum"; equal characters take the diagonal, others the cheapest price.
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    D = np.zeros((len(a) + 1, len(b) + 1))
    D[:, 0], D[0, :] = delete * np.arange(len(a) + 1), insert * np.arange(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            before = min(D[i - 1, j], D[i, j - 1], D[i - 1, j - 1])
            same = a[i - 1] == b[j - 1]
            D[i, j] = D[i - 1, j - 1] if same else before + min(insert, delete, substitute)
    return float(D[-1, -1])


# %% e01-edits | right | from the end, with a memory
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    from functools import cache

    @cache
    def rest(i, j):
        if i == len(a):
            return insert * (len(b) - j)
        if j == len(b):
            return delete * (len(a) - i)
        if a[i] == b[j]:
            return rest(i + 1, j + 1)
        return min(rest(i + 1, j) + delete, rest(i, j + 1) + insert, rest(i + 1, j + 1) + substitute)

    return rest(0, 0)


# %% e01-edits | right | two rows, columns first
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    column = [delete * i for i in range(len(a) + 1)]
    for other in b:
        left, column = column, [column[0] + insert]
        for i, mine in enumerate(a):
            diagonal = left[i] + (0 if mine == other else substitute)
            column.append(min(column[i] + delete, left[i + 1] + insert, diagonal))
    return column[-1]


# %% e01-edits | right | the cheapest path, by Dijkstra
def edit_price(a, b, *, insert=1.0, delete=1.0, substitute=1.0):
    import heapq

    queue, done = [(0.0, 0, 0)], set()
    while queue:
        price, i, j = heapq.heappop(queue)
        if (i, j) == (len(a), len(b)):
            break
        if (i, j) in done:
            continue
        done.add((i, j))
        if i < len(a):
            heapq.heappush(queue, (price + delete, i + 1, j))
        if j < len(b):
            heapq.heappush(queue, (price + insert, i, j + 1))
        if i < len(a) and j < len(b):
            heapq.heappush(queue, (price + (0.0 if a[i] == b[j] else substitute), i + 1, j + 1))
    return price


# %% e01-loop | wrong | as it was
# Why people do it: the loss falls, so nothing can be wrong.
def train_table(table, batches, *, pad_id, learning_rate):
    table = table.clone().requires_grad_()
    losses = []
    for read, write in batches:
        of_target = table[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        loss = -(of_target * (write != pad_id)).mean()
        loss.backward()
        with torch.no_grad():
            table -= learning_rate * table.grad
        losses.append(loss.item())
    return table.detach(), losses


# %% e01-loop | wrong | only the mean is repaired
# Why people do it: the first mistake explains the first number, and the search ends there.
def train_table(table, batches, *, pad_id, learning_rate):
    table = table.clone().requires_grad_()
    losses = []
    for read, write in batches:
        of_target = table[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        real = write != pad_id
        loss = -(of_target * real).sum() / real.sum()
        loss.backward()
        with torch.no_grad():
            table -= learning_rate * table.grad
        losses.append(loss.item())
    return table.detach(), losses


# %% e01-loop | wrong | only the gradient is cleared
# Why people do it: zero_grad is the first thing one looks for; then the curve looks well.
def train_table(table, batches, *, pad_id, learning_rate):
    table = table.clone().requires_grad_()
    losses = []
    for read, write in batches:
        of_target = table[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        loss = -(of_target * (write != pad_id)).mean()
        table.grad = None
        loss.backward()
        with torch.no_grad():
            table -= learning_rate * table.grad
        losses.append(loss.item())
    return table.detach(), losses


# %% e01-loop | wrong | cleared in the wrong place
# Why people do it: zero_grad stands between backward and the step, so every step is zero.
def train_table(table, batches, *, pad_id, learning_rate):
    table = table.clone().requires_grad_()
    losses = []
    for read, write in batches:
        of_target = table[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        loss = -of_target[write != pad_id].mean()
        loss.backward()
        table.grad.zero_()
        with torch.no_grad():
            table -= learning_rate * table.grad
        losses.append(loss.item())
    return table.detach(), losses


# %% e01-loop | wrong | the mean is still over places
# Why people do it: the padding of the *input* is masked, which changes nothing in the mean over a row.
def train_table(table, batches, *, pad_id, learning_rate):
    losses = []
    for read, write in batches:
        table = table.detach().clone().requires_grad_()
        of_target = table[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        real = (write != pad_id).float()
        loss = -((of_target * real).sum(dim=1) / real.sum(dim=1)).mean()
        loss.backward()
        table = table - learning_rate * table.grad
        losses.append(loss.item())
    return table.detach(), losses


# %% e01-loop | wrong | every batch starts again
# Why people do it: a fresh leaf has no old gradient. It has no old step either.
def train_table(table, batches, *, pad_id, learning_rate):
    losses = []
    for read, write in batches:
        leaf = table.clone().requires_grad_()
        of_target = leaf[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        loss = -of_target[write != pad_id].mean()
        loss.backward()
        losses.append(loss.item())
    return (leaf - learning_rate * leaf.grad).detach(), losses


# %% e01-loop | wrong | one step at the end
# Why people do it: the losses are added up and the sum goes down at once, as with gradient accumulation.
def train_table(table, batches, *, pad_id, learning_rate):
    leaf, losses = table.clone().requires_grad_(), []
    for read, write in batches:
        of_target = leaf[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        losses.append(-of_target[write != pad_id].mean())
    sum(losses).backward()
    return (leaf - learning_rate * leaf.grad).detach(), [loss.item() for loss in losses]


# %% e01-loop | wrong | the given table is trained
# Why people do it: without a copy in-place steps write into the caller's tensor.
def train_table(table, batches, *, pad_id, learning_rate):
    losses = []
    for read, write in batches:
        leaf = table.clone().requires_grad_()
        of_target = leaf[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        loss = -of_target[write != pad_id].mean()
        loss.backward()
        table -= learning_rate * leaf.grad
        losses.append(loss.item())
    return table, losses


# %% e01-loop | right | an optimiser
def train_table(table, batches, *, pad_id, learning_rate):
    weight = torch.nn.Parameter(table.clone())
    optimizer, losses = torch.optim.SGD([weight], lr=learning_rate), []
    for read, write in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(weight[read].flatten(0, 1), write.flatten(), ignore_index=pad_id)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return weight.detach(), losses


# %% e01-loop | right | the gradient by hand, in 64 bits
def train_table(table, batches, *, pad_id, learning_rate):
    result, losses = table.double(), []
    for read, write in batches:
        places = (write != pad_id).nonzero(as_tuple=True)
        before, after = read[places], write[places]
        p = result[before].softmax(dim=-1)
        losses.append(-p[torch.arange(len(after)), after].log().mean().item())
        down = torch.zeros_like(result).index_add(0, before, p - torch.nn.functional.one_hot(after, len(table)))
        result = result - learning_rate * down / len(after)
    return result, losses


# %% e01-loop | right | two lines mended
def train_table(table, batches, *, pad_id, learning_rate):
    table = table.clone().requires_grad_()
    losses = []
    for read, write in batches:
        of_target = table[read].log_softmax(dim=-1).gather(-1, write[..., None])[..., 0]
        real = write != pad_id
        loss = -(of_target * real).sum() / real.sum()
        table.grad = None
        loss.backward()
        with torch.no_grad():
            table -= learning_rate * table.grad
        losses.append(loss.item())
    return table.detach(), losses


# %% e01-figure | model answer
# 1. One wrong letter spoils the word, and a longer word has more letters that can be wrong: p^n falls with n even if p
#    stays the same. That fall says nothing about the model's memory.
# 2. At 10 letters the dashed curve is still at about 0.96, the solid one near 0.19. So p is not one number: letters of
#    longer words are right less often. The vector has one size however long the word is. What is enough for 5 letters
#    is too little for 10: more letters have to share it, and each of them suffers.
# 3. With attention the small state stays above 0.9 at 8 letters and at about 0.7 at 15, where the large one falls from
#    0.59 to 0. It has an eighth of the components and a small part of the weights, so the cause is not the size of the
#    state, nor the number of weights. It is how the decoder gets at the source.
# 4. Every model was trained for 600 steps. 15 letters are about 71 bits and 256 numbers of 32 bits have room for
#    thousands, so the figure shows what training has put into the vector by then, not what fits. Test: train the same
#    model for ten times as many steps, with a learning rate chosen for that and several seeds, and look at 15 letters.

# %% e01-figure | rubric
# - 1 point: every letter has to be right, so exact match is a product (p^n) and falls without any loss of quality per
#   letter. Half a point for "longer words are harder" with no product.
# - 1 point: reads both values at 10 letters (dashed 0.9 to 1, solid 0.1 to 0.3), says that p itself falls with the
#   length (or that letters fail together), and ties it to one vector of a fixed size. Without numbers: half a point.
# - 1 point: not the size of the state or the number of weights. The name "attention" alone is not a cause excluded.
# - 1 point: a reason (few steps; bits against room; one task; one kind of cell and of training) and an experiment that
#   changes this one thing and keeps the rest, with its learning rate chosen again or more than one seed. Half for one.
