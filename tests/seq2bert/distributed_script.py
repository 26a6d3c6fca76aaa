"""What `test_training_distributed` starts with torchrun: trains a small Transformer, each process saves what it has."""

import sys

import torch

from seq2bert.data.batching import make_batch
from seq2bert.losses import sequence_cross_entropy
from seq2bert.training import TrainingConfig, process_group, train
from seq2bert.transformer import TransformerConfig, TransformerSeq2Seq

PAD, START, END, N_TOKENS = 0, 1, 2, 9
SIZES = TransformerConfig(d_model=8, n_heads=2, d_ff=12, n_encoder_layers=1, n_decoder_layers=1, dropout=0.0, tie="all")
CONFIG = TrainingConfig(steps=6, learning_rate=0.01, evaluate_every=3, checkpoint_every=2)


def make_model():
    torch.manual_seed(0)
    return TransformerSeq2Seq(SIZES, n_source=N_TOKENS, n_target=N_TOKENS, pad_id=PAD)


def pairs_at(number):
    """The pairs of a batch; batches differ in the number of target tokens."""
    generator = torch.Generator().manual_seed(number)
    lengths = torch.randint(1, 4 + 4 * (number % 2), (4,), generator=generator).tolist()
    return [(torch.randint(3, N_TOKENS, (n,), generator=generator).tolist(),) * 2 for n in lengths]


def collate(pairs):
    return make_batch(pairs, pad_id=PAD, start_id=START, end_id=END)


def loss_of(model, batch):
    logits = model(batch.source, batch.source_lengths, batch.target_inputs).logits
    return sequence_cross_entropy(logits, batch.targets, pad_id=PAD)


def n_targets(batch):
    return float((batch.targets != PAD).sum())


def evaluate(model):
    """A number that depends on the weights and on chance: only one process may draw it."""
    return model.output.weight.sum().item() + torch.rand(1).item()


def main(folder, steps, checkpoint):
    with process_group() as device:
        model = make_model()
        if torch.distributed.is_initialized() and torch.distributed.get_rank() > 0:
            torch.nn.init.zeros_(model.output.weight)  # the first process's weights count
        stop_at = int(steps)
        history = train(
            model,
            lambda number: stop(number, stop_at) or collate(pairs_at(number)),
            loss_of,
            CONFIG,
            evaluate=evaluate,
            weight_of=n_targets,
            checkpoint=None if checkpoint == "-" else checkpoint,
            device=device,
            progress=False,
        )
        rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
        result = {"model": model.state_dict(), "loss": history.loss, "evaluations": history.evaluations}
        torch.save(result, f"{folder}/{rank}.pt")


def stop(number, at):
    if number >= 2 * at:
        raise KeyboardInterrupt


if __name__ == "__main__":
    main(*sys.argv[1:])
