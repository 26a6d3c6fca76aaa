"""What needs the hub: run by the scheduled job, and by `pytest -m online tests/seq2bert`."""

import pytest
import torch
import transformers
from torch.testing import assert_close

from seq2bert.bert import SIZES, BertForMaskedTokens, BertForPretraining
from seq2bert.checkpoints import hub_folder, load_bert

pytestmark = pytest.mark.online


@pytest.fixture(scope="module")
def folder():
    return hub_folder("google-bert/bert-base-cased")


def test_the_hidden_name_is_jim(folder):
    loaded = load_bert(folder, BertForMaskedTokens)
    assert loaded.config == SIZES["base-cased"]
    assert loaded.initialised == ()
    tokenizer = loaded.tokenizer
    assert len(tokenizer.vocabulary) == 28_996  # never a stand-in of five tokens
    encoding = tokenizer.encode("Who was Jim Henson ?", "[MASK] Henson was a puppeteer")
    tokens, segments = torch.tensor([encoding.ids]), torch.tensor([encoding.segments])
    chosen = tokens == tokenizer.vocabulary.mask_id
    with torch.no_grad():
        logits = loaded.model(tokens, chosen=chosen, segments=segments)
    assert tokenizer.vocabulary.decode(logits.argmax(-1).tolist()) == ["Jim"]


def test_both_pretraining_heads_agree_with_transformers(folder):
    loaded = load_bert(folder, BertForPretraining)
    assert loaded.initialised == loaded.unused == ()
    theirs = transformers.BertForPreTraining.from_pretrained(folder, dtype=torch.float32).eval()
    batch = loaded.tokenizer.encode_batch(
        [("Who was Jim Henson ?", "[MASK] Henson was a puppeteer"), "A sentence alone."]
    )
    tokens, segments, real = map(torch.tensor, (batch.ids, batch.segments, batch.mask))
    with torch.no_grad():
        expected = theirs(tokens, attention_mask=real.long(), token_type_ids=segments)
        found = loaded.model.logits(tokens, segments=segments, lengths=real.sum(1))
    assert_close(found.tokens[real], expected.prediction_logits[real], atol=1e-5, rtol=1e-5)
    assert_close(found.next_sentence, expected.seq_relationship_logits, atol=1e-5, rtol=1e-5)
