"""Answers to E13: wrong ones, other right ones, and for the written task a model answer with its rubric."""


# %% e13-masking | wrong | tokens, not words
# Why people do it: the lecture's first version chooses tokens.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible = np.flatnonzero(~np.isin(ids, list(special)))
    chosen = np.zeros(len(ids), dtype=bool)
    chosen[generator.permutation(eligible)[: max(1, round(rate * len(eligible)))]] = True
    die, ordinary = generator.random(len(ids)), [token for token in range(n_tokens) if token not in special]
    drawn = generator.choice(ordinary, size=len(ids))
    hidden = np.where(chosen & (die < 0.8), mask_id, ids)
    return np.where(chosen & (die >= 0.8) & (die < 0.9), drawn, hidden), chosen


# %% e13-masking | wrong | one die for a word
# Why people do it: the words are chosen together, so it seems natural that they share a fate, too.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chosen, hidden = np.zeros(len(ids), dtype=bool), ids.copy()
    ordinary = [token for token in range(n_tokens) if token not in special]
    for number in generator.permutation(np.unique(word[eligible])):
        if chosen.sum() >= max(1, round(rate * int(eligible.sum()))):
            break
        places, die = word == number, generator.random()
        chosen |= places
        if die < 0.8:
            hidden[places] = mask_id
        elif die < 0.9:
            hidden[places] = generator.choice(ordinary, size=int(places.sum()))
    return hidden, chosen


# %% e13-masking | wrong | a second die for the tenth
# Why people do it: "else with 10%" is written as a new draw, which then is 10% of the remaining 20%.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chosen, hidden = np.zeros(len(ids), dtype=bool), ids.copy()
    ordinary = [token for token in range(n_tokens) if token not in special]
    for number in generator.permutation(np.unique(word[eligible])):
        if chosen.sum() >= max(1, round(rate * int(eligible.sum()))):
            break
        chosen |= word == number
    for place in np.flatnonzero(chosen):
        if generator.random() < 0.8:
            hidden[place] = mask_id
        elif generator.random() < 0.1:
            hidden[place] = generator.choice(ordinary)
    return hidden, chosen


# %% e13-masking | wrong | random tokens from the whole list
# Why people do it: integers(n_tokens) is shorter, and the paper's own code does it; the task asks for others.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chosen = np.zeros(len(ids), dtype=bool)
    for number in generator.permutation(np.unique(word[eligible])):
        if chosen.sum() >= max(1, round(rate * int(eligible.sum()))):
            break
        chosen |= word == number
    die, drawn = generator.random(len(ids)), generator.integers(n_tokens, size=len(ids))
    hidden = np.where(chosen & (die < 0.8), mask_id, ids)
    return np.where(chosen & (die >= 0.8) & (die < 0.9), drawn, hidden), chosen


# %% e13-masking | wrong | asked only where something changed
# Why people do it: what stays as it is seems not to be hidden.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chosen = np.zeros(len(ids), dtype=bool)
    for number in generator.permutation(np.unique(word[eligible])):
        if chosen.sum() >= max(1, round(rate * int(eligible.sum()))):
            break
        chosen |= word == number
    die, ordinary = generator.random(len(ids)), [token for token in range(n_tokens) if token not in special]
    drawn = generator.choice(ordinary, size=len(ids))
    hidden = np.where(chosen & (die < 0.8), mask_id, ids)
    hidden = np.where(chosen & (die >= 0.8) & (die < 0.9), drawn, hidden)
    return hidden, hidden != ids


# %% e13-masking | wrong | a share of all tokens
# Why people do it: special tokens are counted in the number, as the paper's code does.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chosen = np.zeros(len(ids), dtype=bool)
    for number in generator.permutation(np.unique(word[eligible])):
        if chosen.sum() >= max(1, round(rate * len(ids))):
            break
        chosen |= word == number
    die, ordinary = generator.random(len(ids)), [token for token in range(n_tokens) if token not in special]
    drawn = generator.choice(ordinary, size=len(ids))
    hidden = np.where(chosen & (die < 0.8), mask_id, ids)
    return np.where(chosen & (die >= 0.8) & (die < 0.9), drawn, hidden), chosen


# %% e13-masking | wrong | each word throws a die to be chosen
# Why people do it: a word is chosen with probability `rate`, so that the number is right only in the mean.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chances = generator.random(int(word.max()) + 1)
    chosen = eligible & (chances[word] < rate)
    if eligible.any() and not chosen.any():
        chosen = eligible & (word == generator.choice(word[eligible]))
    die, ordinary = generator.random(len(ids)), [token for token in range(n_tokens) if token not in special]
    drawn = generator.choice(ordinary, size=len(ids))
    hidden = np.where(chosen & (die < 0.8), mask_id, ids)
    return np.where(chosen & (die >= 0.8) & (die < 0.9), drawn, hidden), chosen


# %% e13-masking | wrong | from left to right
# Why people do it: a loop over the words takes them as they come.
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    eligible, word = ~np.isin(ids, list(special)), np.cumsum(starts)
    chosen = np.zeros(len(ids), dtype=bool)
    for number in np.unique(word[eligible]):
        if chosen.sum() >= max(1, round(rate * int(eligible.sum()))):
            break
        chosen |= word == number
    die, ordinary = generator.random(len(ids)), [token for token in range(n_tokens) if token not in special]
    drawn = generator.choice(ordinary, size=len(ids))
    hidden = np.where(chosen & (die < 0.8), mask_id, ids)
    return np.where(chosen & (die >= 0.8) & (die < 0.9), drawn, hidden), chosen


# %% e13-masking | right | a token at a time
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    words = []
    for place, token in enumerate(ids.tolist()):
        if token in special:
            continue
        if starts[place]:
            words.append([])
        words[-1].append(place)
    target, taken = max(1, round(rate * sum(map(len, words)))), []
    generator.shuffle(order := list(range(len(words))))
    while order and len(taken) < target:
        taken += words[order.pop()]
    hidden = ids.copy()
    for place in taken:
        what = generator.choice(3, p=[0.8, 0.1, 0.1])
        if what == 0:
            hidden[place] = mask_id
        while what == 1:
            hidden[place] = generator.integers(n_tokens)
            what = int(int(hidden[place]) in special)
    return hidden, np.isin(np.arange(len(ids)), taken)


# %% e13-masking | right | in torch, by cumulative lengths
def hide_words(ids, starts, special, n_tokens, mask_id, rate, generator):
    row = torch.tensor(ids)
    eligible = ~torch.isin(row, torch.tensor(sorted(special)))
    word = torch.tensor(starts).cumsum(0) - 1
    lengths = torch.zeros(int(word.max()) + 1, dtype=torch.long).index_add_(0, word, eligible.long())
    order = torch.tensor(generator.random(len(lengths))).argsort()
    before = lengths[order].cumsum(0) - lengths[order]
    wanted = max(1, round(rate * int(eligible.sum())))
    take = torch.zeros(len(lengths), dtype=torch.bool)
    take[order[before < wanted]] = True
    chosen = eligible & take[word]
    ordinary = torch.tensor(sorted(set(range(n_tokens)) - special))
    drawn = ordinary[torch.tensor(generator.integers(len(ordinary), size=len(row)))]
    tenth = torch.tensor(generator.integers(10, size=len(row)))
    hidden = row.masked_fill(chosen & (tenth < 8), mask_id)
    return torch.where(chosen & (tenth == 8), drawn, hidden).numpy(), chosen.numpy()


# %% e13-input | wrong | not repaired
# Why people do it: it runs, and shapes are right.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    return faulty_input(ids, segments, tokens, kinds, places, scale, shift)


# %% e13-input | wrong | only the positions
# Why people do it: the error that shows in the text is found, the normalisation looks like the formula.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    summed = tokens[ids] + kinds[segments] + places[: ids.shape[1]]
    middle = summed.mean(dim=-1, keepdim=True)
    return (summed - middle) / (summed.var(dim=-1, keepdim=True) + 1e-5).sqrt() * scale + shift


# %% e13-input | wrong | the variance divided by d - 1
# Why people do it: torch's var divides by one less than the number, unless it is told.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    summed = tokens[ids] + kinds[segments] + places[: ids.shape[1]]
    middle = summed.mean(dim=-1, keepdim=True)
    return (summed - middle) / (summed.var(dim=-1, keepdim=True) + 1e-12).sqrt() * scale + shift


# %% e13-input | wrong | torch's epsilon
# Why people do it: layer_norm is called with its defaults.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    summed = tokens[ids] + kinds[segments] + places[: ids.shape[1]]
    return torch.nn.functional.layer_norm(summed, summed.shape[-1:], scale, shift)


# %% e13-input | wrong | epsilon outside the root
# Why people do it: it keeps from dividing by zero there as well.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    summed = tokens[ids] + kinds[segments] + places[: ids.shape[1]]
    middle = summed.mean(dim=-1, keepdim=True)
    spread = summed.var(dim=-1, correction=0, keepdim=True).sqrt()
    return (summed - middle) / (spread + 1e-12) * scale + shift


# %% e13-input | wrong | multiplied by the root of d
# Why people do it: the Transformer of lecture 10 does it with its embeddings.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    summed = tokens[ids] * tokens.shape[1] ** 0.5 + kinds[segments] + places[: ids.shape[1]]
    return torch.nn.functional.layer_norm(summed, summed.shape[-1:], scale, shift, eps=1e-12)


# %% e13-input | wrong | positions still begin anew
# Why people do it: the normalisation is repaired, and "position within the sentence" sounds right.
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    lengths = (segments == 0).sum(dim=1, keepdim=True)
    summed = tokens[ids] + kinds[segments] + places[torch.arange(ids.shape[1]) - segments * lengths]
    return torch.nn.functional.layer_norm(summed, summed.shape[-1:], scale, shift, eps=1e-12)


# %% e13-input | right | torch's layer_norm
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    summed = torch.nn.functional.embedding(ids, tokens) + torch.nn.functional.embedding(segments, kinds)
    summed = summed + places[: ids.shape[1]].unsqueeze(0)
    return torch.nn.functional.layer_norm(summed, (tokens.shape[1],), weight=scale, bias=shift, eps=1e-12)


# %% e13-input | right | one token at a time, 64 bits
def input_layer(ids, segments, tokens, kinds, places, scale, shift):
    rows = []
    for one, kind in zip(ids, segments, strict=True):
        for at in range(len(one)):
            vector = (tokens[one[at]] + kinds[kind[at]] + places[at]).double()
            vector = vector - vector.sum() / len(vector)
            spread = ((vector**2).sum() / len(vector) + 1e-12) ** 0.5
            rows.append((vector / spread).to(scale.dtype) * scale + shift)
    return torch.stack(rows).view(*ids.shape, -1)


# %% e13-count | wrong | the lecture's formula
# Why people do it: it is there; F, P and S are not looked at.
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    total = (vocab + 516) * width + layers * (12 * width**2 + 13 * width) + pooler * (width**2 + width)
    return total + masked_tokens * (width**2 + 3 * width + vocab) + next_sentence * (2 * width + 2)


# %% e13-count | wrong | the output matrix counted again
# Why people do it: the logits need a matrix; that it is shared is forgotten.
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    layer = 4 * width**2 + 2 * width * inner + 9 * width + inner
    total = (vocab + positions + segments + 2) * width + layers * layer + pooler * (width**2 + width)
    return total + masked_tokens * (width**2 + 3 * width + vocab * width + vocab) + next_sentence * (2 * width + 2)


# %% e13-count | wrong | one bias for both feed-forward maps
# Why people do it: 4H of the inner bias and H of the outer one are taken for one kind, of H.
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    layer = 4 * width**2 + 2 * width * inner + 8 * width + 2 * inner
    total = (vocab + positions + segments + 2) * width + layers * layer + pooler * (width**2 + width)
    return total + masked_tokens * (width**2 + 3 * width + vocab) + next_sentence * (2 * width + 2)


# %% e13-count | wrong | no normalisation in the head
# Why people do it: the head is taken for a linear map and a bias.
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    layer = 4 * width**2 + 2 * width * inner + 9 * width + inner
    total = (vocab + positions + segments + 2) * width + layers * layer + pooler * (width**2 + width)
    return total + masked_tokens * (width**2 + width + vocab) + next_sentence * (2 * width + 2)


# %% e13-count | wrong | inner width 4H
# Why people do it: all published sizes of BERT have it.
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    total = (vocab + positions + segments + 2) * width + layers * (12 * width**2 + 13 * width)
    total += pooler * (width**2 + width)
    return total + masked_tokens * (width**2 + 3 * width + vocab) + next_sentence * (2 * width + 2)


# %% e13-count | wrong | no biases in the attention
# Why people do it: the attention's formulas in the paper have matrices and no biases.
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    layer = 4 * width**2 + 2 * width * inner + 5 * width + inner
    total = (vocab + positions + segments + 2) * width + layers * layer + pooler * (width**2 + width)
    return total + masked_tokens * (width**2 + 3 * width + vocab) + next_sentence * (2 * width + 2)


# %% e13-count | right | collected by powers
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    squares = 4 * layers + pooler + masked_tokens
    vectors = vocab + positions + segments + 2 + layers * (2 * inner + 9) + pooler + 3 * masked_tokens
    return (
        squares * width**2
        + (vectors + 2 * next_sentence) * width
        + layers * inner
        + vocab * masked_tokens
        + (2 * next_sentence)
    )


# %% e13-count | right | built by torch, without numbers
def count_parameters(vocab, width, layers, inner, positions, segments, *, pooler, masked_tokens, next_sentence):
    with torch.device("meta"):
        norm, dense = torch.nn.LayerNorm(width), torch.nn.Linear(width, width)
        parts = [torch.nn.Embedding(rows, width) for rows in (vocab, positions, segments)] + [norm]
        one = [dense] * 4 + [torch.nn.Linear(width, inner), torch.nn.Linear(inner, width), norm, norm]
        parts += one * layers
        parts += [dense] * pooler + [dense, norm, torch.nn.Linear(1, vocab, bias=False)] * masked_tokens
        parts += [torch.nn.Linear(width, 2)] * next_sentence
    return sum(one.numel() for part in parts for one in part.parameters())


# %% e13-pairs | wrong | strangers
# Why people do it: it is next-sentence prediction again, and the topic gives it away.
def order_pairs(documents, generator):
    found = [pair for document in documents for pair in pairwise(document) if pair[0] != pair[1]]
    everything = [sentence for document in documents for sentence in document]
    labels = generator.permutation(np.arange(len(found)) % 2).tolist()
    return [
        (first, str(generator.choice(everything)) if label else second, label)
        for (first, second), label in zip(found, labels, strict=True)
    ]


# %% e13-pairs | wrong | both orders of each pair
# Why people do it: balance comes for free; but each text is there twice, once with either label.
def order_pairs(documents, generator):
    found = [pair for document in documents for pair in pairwise(document) if pair[0] != pair[1]]
    return [one for first, second in dict.fromkeys(found) for one in ((first, second, 0), (second, first, 1))]


# %% e13-pairs | wrong | a coin for each pair
# Why people do it: half in the mean is taken for half.
def order_pairs(documents, generator):
    pairs, seen = [], set()
    for document in documents:
        for first, second in pairwise(document):
            if first != second and frozenset([first, second]) not in seen:
                seen.add(frozenset([first, second]))
                label = int(generator.random() < 0.5)
                pairs.append((second, first, 1) if label else (first, second, 0))
    return pairs


# %% e13-pairs | wrong | every other one
# Why people do it: balanced, and no generator is needed; the place in the list is the label.
def order_pairs(documents, generator):
    pairs, seen = [], set()
    for document in documents:
        for first, second in pairwise(document):
            if first != second and frozenset([first, second]) not in seen:
                seen.add(frozenset([first, second]))
                pairs.append((second, first, 1) if len(pairs) % 2 else (first, second, 0))
    return pairs


# %% e13-pairs | wrong | every other one, from a random start
# Why people do it: now each place is exchanged half of the time; but one label tells all others.
def order_pairs(documents, generator):
    pairs, seen, start = [], set(), int(generator.integers(2))
    for document in documents:
        for first, second in pairwise(document):
            if first != second and frozenset([first, second]) not in seen:
                seen.add(frozenset([first, second]))
                pairs.append((second, first, 1) if (len(pairs) + start) % 2 else (first, second, 0))
    return pairs


# %% e13-pairs | wrong | pairs that come again
# Why people do it: a list of neighbours is taken as it is; a sentence that is repeated makes a pair twice.
def order_pairs(documents, generator):
    found = [pair for document in documents for pair in pairwise(document) if pair[0] != pair[1]]
    labels = generator.permutation(np.arange(len(found)) % 2).tolist()
    together = zip(found, labels, strict=True)
    return [(second, first, 1) if label else (first, second, 0) for (first, second), label in together]


# %% e13-pairs | wrong | equal sentences make pairs
# Why people do it: the law about sentences without an order is passed over.
def order_pairs(documents, generator):
    found = {}
    for document in documents:
        for first, second in pairwise(document):
            found.setdefault(frozenset([first, second]), (first, second))
    labels = generator.permutation(np.arange(len(found)) % 2).tolist()
    together = zip(found.values(), labels, strict=True)
    return [(second, first, 1) if label else (first, second, 0) for (first, second), label in together]


# %% e13-pairs | wrong | only the same order is remembered
# Why people do it: the set holds pairs, and (b, a) is another pair than (a, b).
def order_pairs(documents, generator):
    found = dict.fromkeys(pair for document in documents for pair in pairwise(document) if pair[0] != pair[1])
    labels = generator.permutation(np.arange(len(found)) % 2).tolist()
    together = zip(found, labels, strict=True)
    return [(second, first, 1) if label else (first, second, 0) for (first, second), label in together]


# %% e13-pairs | wrong | across documents
# Why people do it: all sentences are put in one list first.
def order_pairs(documents, generator):
    found = {}
    for first, second in pairwise([sentence for document in documents for sentence in document]):
        if first != second:
            found.setdefault(frozenset([first, second]), (first, second))
    labels = generator.permutation(np.arange(len(found)) % 2).tolist()
    together = zip(found.values(), labels, strict=True)
    return [(second, first, 1) if label else (first, second, 0) for (first, second), label in together]


# %% e13-pairs | wrong | labels the other way round
# Why people do it: 1 is read as "right".
def order_pairs(documents, generator):
    found = {}
    for document in documents:
        for first, second in pairwise(document):
            if first != second:
                found.setdefault(frozenset([first, second]), (first, second))
    labels = generator.permutation(np.arange(len(found)) % 2).tolist()
    together = zip(found.values(), labels, strict=True)
    return [(first, second, 1) if label else (second, first, 0) for (first, second), label in together]


# %% e13-pairs | right | half of the places are drawn
def order_pairs(documents, generator):
    pairs, seen = [], set()
    for document in documents:
        for place in range(1, len(document)):
            key = tuple(sorted(document[place - 1 : place + 1]))
            if key[0] == key[1] or key in seen:
                continue
            seen.add(key)
            pairs.append((document[place - 1], document[place], 0))
    n = (len(pairs) + int(generator.integers(2))) // 2
    for place in generator.choice(len(pairs), size=n, replace=False) if pairs else []:
        first, second, _ = pairs[place]
        pairs[place] = (second, first, 1)
    return pairs


# %% e13-pairs | right | by ranks of random numbers
def order_pairs(documents, generator):
    found = {}
    for document in documents:
        for place, first in enumerate(document[:-1]):
            second = document[place + 1]
            if first != second and (first, second) not in found and (second, first) not in found:
                found[first, second] = generator.random()
    middle = sorted(found.values())[len(found) // 2] if found else 0
    return [(*pair[::-1], 1) if number < middle else (*pair, 0) for pair, number in found.items()]


# %% e13-scores | wrong | the mean of means
# Why people do it: each row has a loss, and the losses are averaged; rows have different numbers of hidden tokens.
def masked_scores(logits, originals, chosen, k):
    n = chosen.sum(dim=1)
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), originals, reduction="none") * chosen
    hits = (logits.topk(k).indices == originals[..., None]).any(dim=2) & chosen
    rows = n > 0
    if not rows.any():
        return 0.0, 0.0
    return (losses.sum(1)[rows] / n[rows]).mean().item(), (hits.sum(1)[rows] / n[rows]).mean().item()


# %% e13-scores | wrong | divided by all tokens
# Why people do it: tokens that are not chosen are set to zero, and mean divides by all of them.
def masked_scores(logits, originals, chosen, k):
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), originals, reduction="none") * chosen
    hits = (logits.topk(k).indices == originals[..., None]).any(dim=2) & chosen
    return losses.mean().item(), hits.double().mean().item()


# %% e13-scores | wrong | every token counts
# Why people do it: the mask is forgotten.
def masked_scores(logits, originals, chosen, k):
    if not chosen.any():
        return 0.0, 0.0
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), originals)
    hits = (logits.topk(k).indices == originals[..., None]).any(dim=2)
    return losses.item(), hits.double().mean().item()


# %% e13-scores | wrong | logits of other tokens set to zero
# Why people do it: multiplied by the mask, they seem to be gone; but each adds the loss of a uniform guess.
def masked_scores(logits, originals, chosen, k):
    if not chosen.any():
        return 0.0, 0.0
    kept = logits * chosen[..., None]
    losses = torch.nn.functional.cross_entropy(kept.flatten(0, 1), originals.flatten())
    hits = (logits[chosen].topk(k).indices == originals[chosen][:, None]).any(dim=1)
    return losses.item(), hits.double().mean().item()


# %% e13-scores | wrong | softmax, then the logarithm
# Why people do it: it is what the loop does; a share of exp(-1000) is zero in the computer.
def masked_scores(logits, originals, chosen, k):
    if not chosen.any():
        return 0.0, 0.0
    shares = logits[chosen].softmax(dim=1).gather(1, originals[chosen][:, None])
    hits = (logits[chosen].topk(k).indices == originals[chosen][:, None]).any(dim=1)
    return -shares.log().mean().item(), hits.double().mean().item()


# %% e13-scores | wrong | nothing chosen gives NaN
# Why people do it: the mean of nothing is not a number, and no error says so.
def masked_scores(logits, originals, chosen, k):
    losses = torch.nn.functional.cross_entropy(logits[chosen], originals[chosen])
    hits = (logits[chosen].topk(k).indices == originals[chosen][:, None]).any(dim=1)
    return losses.item(), hits.double().mean().item()


# %% e13-scores | wrong | only the likeliest
# Why people do it: argmax is at hand, and k is passed over.
def masked_scores(logits, originals, chosen, k):
    if not chosen.any():
        return 0.0, 0.0
    losses = torch.nn.functional.cross_entropy(logits[chosen], originals[chosen])
    return losses.item(), (logits[chosen].argmax(dim=1) == originals[chosen]).double().mean().item()


# %% e13-scores | right | cross_entropy and topk
def masked_scores(logits, originals, chosen, k):
    n = int(chosen.sum())
    if n == 0:
        return 0.0, 0.0
    targets = originals.masked_fill(~chosen, -100)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).double(), targets.flatten(), ignore_index=-100)
    hits = (logits.topk(k, dim=-1).indices == originals.unsqueeze(-1)).any(dim=-1)
    return float(loss), float((hits & chosen).sum() / n)


# %% e13-scores | right | NumPy
def masked_scores(logits, originals, chosen, k):
    keep = chosen.numpy()
    scores, answers = logits.double().numpy()[keep], originals.numpy()[keep]
    if len(answers) == 0:
        return 0.0, 0.0
    scores = scores - scores.max(axis=1, keepdims=True)
    own = np.take_along_axis(scores, answers[:, None], axis=1)
    loss = np.log(np.exp(scores).sum(axis=1)) - own[:, 0]
    rank = (scores > own).sum(axis=1)
    return float(loss.mean()), float((rank < k).mean())


# %% e13-kinds | model answer
# 1. I expected the original to be easiest where it stands, since it may be copied; then `[MASK]`; a random token last,
#    because it misleads. The fourth bar I expected to be low but not zero.
# 2. Measured: a little under one half at `[MASK]` and at random tokens, nearly all at originals; the random token
#    itself is named at about one place in sixteen. The model weighs what stands there against what the surroundings
#    allow. A token that fits is most likely the original, so it is kept. A random token hardly ever fits; the model
#    notices, and then it has the same question as at `[MASK]`, with the same surroundings and nearly the same success.
#    So it does not simply copy: the low fourth bar shows that.
# 3. It was never asked at a real word, so nothing was demanded of its output there. No particular share can be
#    expected: it may copy or name something else, at random tokens as well as at originals, and it has never learned
#    to distrust a word. Its vectors at ordinary words only had to help their neighbours; they need not say what fits
#    at their own place. Fine-tuning can mend much of that, which fits the paper's table: little difference after
#    fine-tuning, more when the vectors are taken as they are.

# %% e13-kinds | rubric
# - 1 point: a prediction with a reason, and the four measured shares in words or numbers. A wrong prediction costs
#   nothing; one that was plainly written after measuring does.
# - 1 point: an explanation that fits all four bars: the model compares the token with its surroundings, keeps what
#   fits, and treats what does not fit like `[MASK]`. "It copies" alone explains only the third bar and gets nothing;
#   half a point if the fourth bar is not used.
# - 1 point: no demand was made at real words, so the output there is arbitrary (any definite guess with this reason
#   counts), and the vectors need not say what fits at their own place.
