"""Answers to E15: wrong ones, other right ones, and for the written task a model answer with its rubric."""


# %% e15-bytes | wrong | offset within the numbers
# Why people do it: data_offsets count from the end of the header, and the word file in the question is read over.
def numbers_by_hand():
    return 6, [1.5, -2.0, 0.625], [3.0, -0.75], [5.0, 0.375]


# %% e15-bytes | wrong | the length itself takes no place
# Why people do it: the header is added, the eight bytes in front of it are not.
def numbers_by_hand():
    return 288 + 6, [1.5, -2.0, 0.625], [3.0, -0.75], [5.0, 0.375]


# %% e15-bytes | wrong | the length read with the highest byte first
# Why people do it: 20 01 is read as one reads a number.
def numbers_by_hand():
    return 8 + 0x2001 + 6, [1.5, -2.0, 0.625], [3.0, -0.75], [5.0, 0.375]


# %% e15-bytes | wrong | BF16 read as F16
# Why people do it: both have two bytes.
def numbers_by_hand():
    return 302, [1.5, -2.0, 0.625], [3.0, -0.75], [2.3125, 1.6875]


# %% e15-bytes | wrong | the leading one forgotten
# Why people do it: the fraction is taken for the whole number, except where the check shows the first one.
def numbers_by_hand():
    return 302, [1.5, -1.0, 0.125], [1.0, -0.25], [1.0, 0.125]


# %% e15-bytes | wrong | bias off by one
# Why people do it: 2 to the power of (bits - 1) is 16 and 128, not 15 and 127.
def numbers_by_hand():
    return 302, [1.5, -1.0, 0.3125], [1.5, -0.375], [2.5, 0.1875]


# %% e15-bytes | wrong | shape of the header
# Why people do it: scale is a matrix with one row.
def numbers_by_hand():
    return 302, [1.5, -2.0, 0.625], [[3.0, -0.75]], [5.0, 0.375]


# %% e15-bytes | right | from the bits
def numbers_by_hand():
    def value(bits, exponent_bits, fraction_bits):
        exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1)
        fraction = bits & ((1 << fraction_bits) - 1)
        sign = -1 if bits >> (exponent_bits + fraction_bits) else 1
        return sign * 2.0 ** (exponent - (1 << (exponent_bits - 1)) + 1) * (1 + fraction / (1 << fraction_bits))

    kept = [value(bits, 5, 10) for bits in (0x3E00, 0xC000, 0x3900)]
    scale = [value(bits, 8, 23) for bits in (0x40400000, 0xBF400000)]
    shift = [value(bits, 8, 7) for bits in (0x40A0, 0x3EC0)]
    return 8 + 0x120 + 6, kept, scale, shift


# %% e15-bytes | right | NumPy reads them
def numbers_by_hand():
    numbers = bytes.fromhex("003e00c00039 00004040000040bf a040c03e")
    shift = np.array([number << 16 for number in struct.unpack("<2H", numbers[14:])], dtype="<u4").view("<f4")
    return 302, list(struct.unpack("<3e", numbers[:6])), list(struct.unpack("<2f", numbers[6:14])), shift.tolist()


# %% e15-read | wrong | header in order of names
# Why people do it: in files of the usual writers the header lists the tensors as they lie, so that no offset is needed.
def read_safetensors(raw):
    types = {"F64": ("<f8", 8), "F32": ("<f4", 4), "F16": ("<f2", 2), "BF16": ("<u2", 2), "I64": ("<i8", 8)}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    found, at = {}, 8 + length
    for name, entry in header.items():
        kind, size = types[entry["dtype"]]
        count = int(np.prod(entry["shape"], dtype=int))
        values = np.frombuffer(raw[at : at + size * count], kind)
        at += size * count
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        found[name] = values.reshape(entry["shape"]).astype(np.float64)
    if at != len(raw):
        raise ValueError("data_offsets with a gap or a rest")
    return found


# %% e15-read | wrong | BF16 taken for F16
# Why people do it: both have two bytes, and NumPy knows only one of them.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<f2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    numbers = raw[8 + length :]
    header.pop("__metadata__", None)
    found, last = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != last:
            raise ValueError("data_offsets with a gap")
        last = end
        values = np.frombuffer(numbers[begin:end], types[entry["dtype"]]).astype(np.float64)
        found[name] = values.reshape(entry["shape"])
    if last != len(numbers):
        raise ValueError("data_offsets with a rest")
    return found


# %% e15-read | wrong | BF16 as whole numbers
# Why people do it: the unsigned numbers are read, and the sixteen missing bits are forgotten.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    numbers = raw[8 + length :]
    header.pop("__metadata__", None)
    found, last = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != last:
            raise ValueError("data_offsets with a gap")
        last = end
        values = np.frombuffer(numbers[begin:end], types[entry["dtype"]]).astype(np.float64)
        found[name] = values.reshape(entry["shape"])
    if last != len(numbers):
        raise ValueError("data_offsets with a rest")
    return found


# %% e15-read | wrong | everything by way of 32 bits
# Why people do it: BF16 is widened to 32 bits, and so is the rest.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    numbers = raw[8 + length :]
    header.pop("__metadata__", None)
    found, last = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != last:
            raise ValueError("data_offsets with a gap")
        last = end
        values = np.frombuffer(numbers[begin:end], types[entry["dtype"]])
        values = (values.astype("<u4") << 16).view("<f4") if entry["dtype"] == "BF16" else values.astype(np.float32)
        found[name] = values.reshape(entry["shape"]).astype(np.float64)
    if last != len(numbers):
        raise ValueError("data_offsets with a rest")
    return found


# %% e15-read | wrong | offsets from the first byte of the file
# Why people do it: a file is read from its beginning.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    found, last = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != last:
            raise ValueError("data_offsets with a gap")
        last = end
        values = np.frombuffer(raw[begin:end], types[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        found[name] = values.reshape(entry["shape"]).astype(np.float64)
    if last != len(raw) - 8 - length:
        raise ValueError("data_offsets with a rest")
    return found


# %% e15-read | wrong | columns first
# Why people do it: other formats, MATLAB's for one, lay a matrix down column by column.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    numbers = raw[8 + length :]
    header.pop("__metadata__", None)
    found, last = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        if begin != last:
            raise ValueError("data_offsets with a gap")
        last = end
        values = np.frombuffer(numbers[begin:end], types[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        found[name] = values.astype(np.float64).reshape(entry["shape"], order="F")
    if last != len(numbers):
        raise ValueError("data_offsets with a rest")
    return found


# %% e15-read | wrong | a file with holes is read
# Why people do it: every tensor has its offsets, so the rest of the file seems not to matter.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    numbers = raw[8 + length :]
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(numbers[begin:end], types[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        found[name] = values.reshape(entry["shape"]).astype(np.float64)
    return found


# %% e15-read | wrong | only the sum of the lengths is checked
# Why people do it: if all lengths add up to the file, nothing seems to be left over.
def read_safetensors(raw):
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    numbers = raw[8 + length :]
    header.pop("__metadata__", None)
    found, last = {}, 0
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        last = max(last, end)
        values = np.frombuffer(numbers[begin:end], types[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        found[name] = values.reshape(entry["shape"]).astype(np.float64)
    if last != len(numbers):
        raise ValueError("data_offsets with a rest")
    return found


# %% e15-read | right | torch knows BF16
def read_safetensors(raw):
    types = {
        "F64": torch.float64,
        "F32": torch.float32,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
        "I64": torch.int64,
    }
    length = int.from_bytes(raw[:8], "little")
    header = {name: entry for name, entry in json.loads(raw[8:][:length]).items() if name != "__metadata__"}
    numbers = bytearray(raw[8 + length :])
    spans = sorted(tuple(entry["data_offsets"]) for entry in header.values())
    ends = [0, *(end for _, end in spans)]
    if [begin for begin, _ in spans] != ends[:-1] or ends[-1] != len(numbers):
        raise ValueError("data_offsets with a hole, an overlap or a rest")
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(numbers[begin:end], dtype=types[entry["dtype"]])
        found[name] = values.reshape(entry["shape"]).double().numpy()
    return found


# %% e15-read | right | one number at a time
def read_safetensors(raw):
    letters = {"F64": "d", "F32": "f", "F16": "e", "I64": "q"}
    length = struct.unpack_from("<Q", raw)[0]
    header = json.loads(raw[8 : 8 + length].decode())
    owner = [None] * (len(raw) - 8 - length)
    found = {}
    for name in header:
        if name == "__metadata__":
            continue
        begin, end = header[name]["data_offsets"]
        for byte in range(begin, end):
            if byte >= len(owner) or owner[byte] is not None:
                raise ValueError(f"data_offsets of {name} overlap or go too far")
            owner[byte] = name
        part = raw[8 + length + begin : 8 + length + end]
        if header[name]["dtype"] == "BF16":
            pairs = zip(part[::2], part[1::2], strict=True)
            numbers = [struct.unpack("<f", bytes([0, 0, low, high]))[0] for low, high in pairs]
        else:
            numbers = [one for (one,) in struct.iter_unpack("<" + letters[header[name]["dtype"]], part)]
        found[name] = np.array(numbers, dtype=np.float64).reshape(header[name]["shape"])
    if None in owner:
        raise ValueError("data_offsets with a gap")
    return found


# %% e15-dialect | wrong | reshaped, not transposed
# Why people do it: the shapes fit, and nothing complains.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for name, values in variables.items():
        *owner, last = name.split("/")
        if last in ("adam_m", "adam_v", "global_step"):
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        published = ".".join([*owner, kind]).replace("layer_", "layer.")
        found[published] = values.reshape(values.shape[::-1]) if last == "kernel" else values
    return found


# %% e15-dialect | wrong | square kernels left as they are
# Why people do it: a converter that transposes what does not fit works until a matrix is square.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for name, values in variables.items():
        *owner, last = name.split("/")
        if last in ("adam_m", "adam_v", "global_step"):
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        published = ".".join([*owner, kind]).replace("layer_", "layer.")
        fits = last != "kernel" or values.shape[0] == values.shape[1]
        found[published] = values if fits else values.T
    return found


# %% e15-dialect | wrong | everything square is transposed
# Why people do it: a matrix that is square must be a kernel, or so it seems; a table can be square, too.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for name, values in variables.items():
        *owner, last = name.split("/")
        if last in ("adam_m", "adam_v", "global_step"):
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        published = ".".join([*owner, kind]).replace("layer_", "layer.")
        square = values.ndim == 2 and values.shape[0] == values.shape[1]
        found[published] = values.T if square or last == "kernel" else values
    return found


# %% e15-dialect | wrong | the optimiser's numbers in the weights' place
# Why people do it: the ending is cut off to find the weight's name, and the last one written stays.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for full, values in variables.items():
        name = full.removesuffix("/adam_m").removesuffix("/adam_v")
        *owner, last = name.split("/")
        if last == "global_step":
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        published = ".".join([*owner, kind]).replace("layer_", "layer.")
        found[published] = values.T if last == "kernel" else values
    return found


# %% e15-dialect | wrong | gamma and beta exchanged
# Why people do it: in other texts beta is the scale; both have one number for each feature.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "bias", "beta": "weight", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for name, values in variables.items():
        *owner, last = name.split("/")
        if last in ("adam_m", "adam_v", "global_step"):
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        published = ".".join([*owner, kind]).replace("layer_", "layer.")
        found[published] = values.T if last == "kernel" else values
    return found


# %% e15-dialect | wrong | layers of one digit
# Why people do it: the layers of the example have one digit, and BERT-Base has twelve layers.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for name, values in variables.items():
        *owner, last = name.split("/")
        if last in ("adam_m", "adam_v", "global_step"):
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        published = re.sub(r"layer_(\d)\.", r"layer.\1.", ".".join([*owner, kind]))
        found[published] = values.T if last == "kernel" else values
    return found


# %% e15-dialect | wrong | unknown variables go through
# Why people do it: replacing texts in names works for every name, known or not.
def translated(variables):
    found = {}
    for name, values in variables.items():
        if name.endswith(("adam_m", "adam_v", "global_step")):
            continue
        published = name.replace("/", ".").replace("layer_", "layer.").replace("output_bias", "bias")
        published = published.replace("output_weights", "weight").replace("kernel", "weight")
        published = published.replace("gamma", "weight").replace("beta", "bias")
        published += ".weight" * published.endswith("_embeddings")
        found[published] = values.T if name.endswith("kernel") else values
    return found


# %% e15-dialect | wrong | every matrix transposed
# Why people do it: the lecture says that every matrix is transposed, and a table of embeddings has two axes, too.
def translated(variables):
    kinds = {"kernel": "weight", "gamma": "weight", "beta": "bias", "bias": "bias"}
    kinds |= {"output_weights": "weight", "output_bias": "bias"}
    found = {}
    for name, values in variables.items():
        *owner, last = name.split("/")
        if last in ("adam_m", "adam_v", "global_step"):
            continue
        if not last.endswith("_embeddings") and last not in kinds:
            raise ValueError(name)
        kind = f"{last}.weight" if last.endswith("_embeddings") else kinds[last]
        found[".".join([*owner, kind]).replace("layer_", "layer.")] = values.T
    return found


# %% e15-dialect | right | rules in order
def translated(variables):
    rules = [
        (r"/kernel$", ".weight"),
        (r"/gamma$", ".weight"),
        (r"/beta$", ".bias"),
        (r"/output_weights$", ".weight"),
        (r"/(output_)?bias$", ".bias"),
        (r"_embeddings$", "_embeddings.weight"),
    ]
    found = {}
    for name, values in variables.items():
        if re.search(r"(^|/)(adam_m|adam_v|global_step)$", name):
            continue
        for pattern, ending in rules:
            published, n = re.subn(pattern, ending, name)
            if n:
                break
        else:
            raise ValueError(f"what is {name}?")
        published = "/".join(published.split("."))  # points first become slashes, then all are points
        published = re.sub(r"layer_", "layer/", published).replace("/", ".")
        found[published] = np.ascontiguousarray(values.transpose()) if name.endswith("/kernel") else values.copy()
    return found


# %% e15-dialect | right | by the last part, with match
def translated(variables):
    found = {}
    for name in variables:
        owner, last = name.rpartition("/")[::2]
        values = variables[name]
        match last:
            case "adam_m" | "adam_v" | "global_step":
                continue
            case "kernel":
                last, values = "weight", np.einsum("io->oi", values)
            case "gamma" | "output_weights":
                last = "weight"
            case "beta" | "output_bias" | "bias":
                last = "bias"
            case _ if last.endswith("_embeddings"):
                last = last + ".weight"
            case _:
                raise ValueError("no translation for " + name)
        parts = [part.replace("layer_", "layer.") if part.startswith("layer_") else part for part in owner.split("/")]
        found[".".join(parts) + "." + last] = values
    return found


# %% e15-repair | wrong | not repaired
# Why people do it: names and shapes are right, and the strict loader says nothing.
def repaired_weights(tensors):
    return faulty_weights(tensors)


# %% e15-repair | wrong | as the file has them
# Why people do it: without sorted the parts come as they are stored, which is the order of the alphabet again.
def repaired_weights(tensors):
    names = RENAMED | {
        "attention.output.LayerNorm": "attention_residual.norm",
        "output.LayerNorm": "feed_forward_residual.norm",
    }
    found = {}
    for name in tensors:
        ours = name.removeprefix("bert.")
        for theirs, renamed in names.items():
            ours = ours.replace(theirs, renamed)
        for part in (".query.", ".key.", ".value."):
            ours = ours.replace(part, ".")
        found[ours] = torch.cat([found[ours], tensors[name]]) if ours in found else tensors[name]
    return found


# %% e15-repair | wrong | only the projections
# Why people do it: one error is found, and the search ends, though two were announced.
def repaired_weights(tensors):
    found = {}
    order = {"query": 0, "key": 1, "value": 2}
    for name in sorted(tensors, key=lambda name: order.get(name.split(".")[-2], 3)):
        ours = name.removeprefix("bert.")
        for theirs, renamed in RENAMED.items():
            ours = ours.replace(theirs, renamed)
        for part in (".query.", ".key.", ".value."):
            ours = ours.replace(part, ".")
        found[ours] = torch.cat([found[ours], tensors[name]]) if ours in found else tensors[name]
    return found


# %% e15-repair | wrong | only the normalisations
# Why people do it: the table is read, the loop is trusted.
def repaired_weights(tensors):
    names = RENAMED | {
        "attention.output.LayerNorm": "attention_residual.norm",
        "output.LayerNorm": "feed_forward_residual.norm",
    }
    found = {}
    for name in sorted(tensors):
        ours = name.removeprefix("bert.")
        for theirs, renamed in names.items():
            ours = ours.replace(theirs, renamed)
        for part in (".query.", ".key.", ".value."):
            ours = ours.replace(part, ".")
        found[ours] = torch.cat([found[ours], tensors[name]]) if ours in found else tensors[name]
    return found


# %% e15-repair | wrong | the alphabet backwards
# Why people do it: key stood before query, so the order is turned round; now value stands before both.
def repaired_weights(tensors):
    names = RENAMED | {
        "attention.output.LayerNorm": "attention_residual.norm",
        "output.LayerNorm": "feed_forward_residual.norm",
    }
    found = {}
    for name in sorted(tensors, reverse=True):
        ours = name.removeprefix("bert.")
        for theirs, renamed in names.items():
            ours = ours.replace(theirs, renamed)
        for part in (".query.", ".key.", ".value."):
            ours = ours.replace(part, ".")
        found[ours] = torch.cat([found[ours], tensors[name]]) if ours in found else tensors[name]
    return found


# %% e15-repair | wrong | weights repaired, biases forgotten
# Why people do it: the matrices are exchanged afterwards, and the biases were sorted, too.
def repaired_weights(tensors):
    names = RENAMED | {
        "attention.output.LayerNorm": "attention_residual.norm",
        "output.LayerNorm": "feed_forward_residual.norm",
    }
    found = {}
    for name in sorted(tensors):
        ours = name.removeprefix("bert.")
        for theirs, renamed in names.items():
            ours = ours.replace(theirs, renamed)
        for part in (".query.", ".key.", ".value."):
            ours = ours.replace(part, ".")
        found[ours] = torch.cat([found[ours], tensors[name]]) if ours in found else tensors[name]
    for ours in found:
        if ours.endswith("query_key_value.weight"):
            key, query, value = found[ours].chunk(3)
            found[ours] = torch.cat([query, key, value])
    return found


# %% e15-repair | wrong | row by row
# Why people do it: some libraries interleave the three projections, and a stack along the other axis fits as well.
def repaired_weights(tensors):
    names = RENAMED | {
        "attention.output.LayerNorm": "attention_residual.norm",
        "output.LayerNorm": "feed_forward_residual.norm",
    }
    found = {}
    for name, one in tensors.items():
        ours = name.removeprefix("bert.")
        for theirs, renamed in names.items():
            ours = ours.replace(theirs, renamed)
        if ".attention.self." not in name:
            found[ours] = one
        elif ".query." in name:
            three = [tensors[name.replace("query", part)] for part in ("query", "key", "value")]
            found[ours.replace(".query.", ".")] = torch.stack(three, dim=1).flatten(0, 1)
    return found


# %% e15-repair | right | repaired afterwards
def repaired_weights(tensors):
    found = faulty_weights(tensors)
    for name in list(found):
        if "query_key_value" in name:
            key, query, value = found[name].chunk(3)
            found[name] = torch.cat([query, key, value])
        if "attention_residual.norm" in name:
            other = name.replace("attention_residual", "feed_forward_residual")
            found[name], found[other] = found[other], found[name]
    return found


# %% e15-repair | right | asked from our side
def repaired_weights(tensors):
    names = {renamed: theirs for theirs, renamed in RENAMED.items()}
    names["attention_residual.norm"] = "attention.output.LayerNorm"
    names["feed_forward_residual.norm"] = "output.LayerNorm"
    found = {}
    for published, one in tensors.items():
        if ".key." in published or ".value." in published:
            continue
        owner, kind = published.removeprefix("bert.").rsplit(".", 1)
        if owner.endswith("attention.self.query"):
            layer = owner.split(".")[2]
            rest = [tensors[published.replace(".query.", f".{part}.")] for part in ("key", "value")]
            found[f"encoder.layers.{layer}.attention.query_key_value.{kind}"] = torch.concatenate([one, *rest], dim=0)
            continue
        begin = ""
        if owner.startswith("encoder.layer."):
            layer, owner = owner.split(".", 3)[2:]
            begin = f"encoder.layers.{layer}."
        whole = f"{owner}.{kind}" if owner == "cls.predictions" else owner
        ours = [mine for mine, theirs in names.items() if theirs == whole]
        found[ours[0] if owner == "cls.predictions" else f"{begin}{ours[0]}.{kind}"] = one
    return found


# %% e15-cosines | wrong | padding counts
# Why people do it: mean(dim=1) is short, and the result has the right shape.
def centred_cosines(first, first_real, second, second_real):
    ones, others = first.mean(dim=1), second.mean(dim=1)
    middle = torch.cat([ones, others]).mean(dim=0)
    return torch.nn.functional.normalize(ones - middle) @ torch.nn.functional.normalize(others - middle).T


# %% e15-cosines | wrong | divided by the whole length
# Why people do it: padding is set to zero, and then mean divides by all places.
def centred_cosines(first, first_real, second, second_real):
    ones, others = (first * first_real[..., None]).mean(dim=1), (second * second_real[..., None]).mean(dim=1)
    middle = torch.cat([ones, others]).mean(dim=0)
    return torch.nn.functional.normalize(ones - middle) @ torch.nn.functional.normalize(others - middle).T


# %% e15-cosines | wrong | sums, since a cosine does not see lengths
# Why people do it: true without the middle; with it, a long sentence pulls the middle its way.
def centred_cosines(first, first_real, second, second_real):
    ones, others = (first * first_real[..., None]).sum(dim=1), (second * second_real[..., None]).sum(dim=1)
    middle = torch.cat([ones, others]).mean(dim=0)
    return torch.nn.functional.normalize(ones - middle) @ torch.nn.functional.normalize(others - middle).T


# %% e15-cosines | wrong | the middle of all tokens
# Why people do it: the middle is taken over the states, so that a long sentence counts more.
def centred_cosines(first, first_real, second, second_real):
    middle = torch.cat([first[first_real], second[second_real]]).mean(dim=0)
    averages = [
        ((states - middle) * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True)
        for states, real in ((first, first_real), (second, second_real))
    ]
    return torch.nn.functional.normalize(averages[0]) @ torch.nn.functional.normalize(averages[1]).T


# %% e15-cosines | wrong | the middle of the middles
# Why people do it: the mean of two means is the mean of all only if both batches are of one size.
def centred_cosines(first, first_real, second, second_real):
    ones, others = (
        (states * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True)
        for states, real in ((first, first_real), (second, second_real))
    )
    middle = (ones.mean(dim=0) + others.mean(dim=0)) / 2
    return torch.nn.functional.normalize(ones - middle) @ torch.nn.functional.normalize(others - middle).T


# %% e15-cosines | wrong | normalised before the middle is taken off
# Why people do it: cosines are dot products of normalised vectors, so these are made first.
def centred_cosines(first, first_real, second, second_real):
    ones, others = (
        torch.nn.functional.normalize((states * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True))
        for states, real in ((first, first_real), (second, second_real))
    )
    middle = torch.cat([ones, others]).mean(dim=0)
    return (ones - middle) @ (others - middle).T


# %% e15-cosines | wrong | no middle
# Why people do it: the averaged states are compared as in the first table of the lecture.
def centred_cosines(first, first_real, second, second_real):
    ones, others = (
        (states * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True)
        for states, real in ((first, first_real), (second, second_real))
    )
    return torch.nn.functional.normalize(ones) @ torch.nn.functional.normalize(others).T


# %% e15-cosines | wrong | padding at the end only
# Why people do it: lengths are counted from the mask, and the first so many places are taken.
def centred_cosines(first, first_real, second, second_real):
    averages = []
    for states, real in ((first, first_real), (second, second_real)):
        n = real.sum(dim=1)
        totals = torch.cat([torch.zeros_like(states[:, :1]), states.cumsum(dim=1)], dim=1)
        averages.append(totals[torch.arange(len(states)), n] / n[:, None])
    middle = torch.cat(averages).mean(dim=0)
    ones, others = (torch.nn.functional.normalize(average - middle) for average in averages)
    return ones @ others.T


# %% e15-cosines | right | matrix products
def centred_cosines(first, first_real, second, second_real):
    def averages(states, real):
        weights = real.to(states.dtype)
        return torch.einsum("std,st->sd", states, weights) / weights.sum(1)[:, None]

    both = torch.vstack((averages(first, first_real), averages(second, second_real)))
    both = torch.nn.functional.normalize(both - both.mean(0, keepdim=True), dim=-1)
    return (both @ both.T)[: len(first), len(first) :]


# %% e15-cosines | right | torch's cosine, nanmean
def centred_cosines(first, first_real, second, second_real):
    nan = float("nan")
    ones = torch.where(first_real[:, :, None], first, nan).nanmean(dim=1)
    others = torch.where(second_real[:, :, None], second, nan).nanmean(dim=1)
    middle = (ones.sum(0) + others.sum(0)) / (len(ones) + len(others))
    return torch.cosine_similarity((ones - middle)[:, None], (others - middle)[None], dim=2)


# %% e15-cosines | right | in NumPy, 64 bits
def centred_cosines(first, first_real, second, second_real):
    pairs = ((first.double().numpy(), first_real.numpy()), (second.double().numpy(), second_real.numpy()))
    ones, others = (np.matmul(real[:, None, :], states)[:, 0] / real.sum(1, keepdims=True) for states, real in pairs)
    middle = np.mean([*ones, *others], axis=0)
    ones, others = ones - middle, others - middle
    squares = np.outer((ones**2).sum(1), (others**2).sum(1))
    return torch.from_numpy(ones.dot(others.T) / np.sqrt(squares))


# %% e15-layers | model answer
# 1. I expected layer 0 to be missed most and layer 3 least, because each layer reads what the one before wrote.
# 2. Measured, by rising accuracy: layer 0, layer 1, layer 2, layer 3, from less than half of the accuracy to nearly
#    all of it. A random layer does not destroy what comes in: the residual path carries its input past both
#    sub-layers, and small random weights add little. What is lost is what this layer would have added, and whatever
#    the later layers build upon it. Behind layer 0 there are three layers that were trained to read states which now
#    never come. Behind layer 3 there is only the head, which finds states that are nearly those it knows.
# 3. A layer left random is noticed by (a), since sixteen names are missing; by (c), if the numbers of the file are
#    counted against those of the model; and by (d). Not by (b): no shape is wrong. The errors of task 4 pass (a), (b)
#    and (c): every name is there, every shape fits, no number is lost. They are in the wrong places. Only (d)
#    notices, which is why a converter must be tested against recorded outputs.

# %% e15-layers | rubric
# - 1 point: a prediction with a reason, and what was measured, in the right order (layer 0 costs most, layer 3
#   least). A wrong prediction costs nothing; one that was plainly written after measuring does.
# - 1 point: an explanation of the order that uses what comes after: later layers, or the head, were trained to read
#   what the layer wrote. The residual path (its input goes past the random layer) is named, or that the loss is
#   partial is explained in another way that fits the numbers.
# - 1 point: (a) and (d) notice the random layer, (b) does not, (c) is argued either way; of the errors of task 4 only
#   (d) notices. Half a point if one of the two parts is right.
