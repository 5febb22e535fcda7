"""What the SigLIP goldens and the sweep share: models trained here by the real library, and the real tokenizer.

From 0.2.2 on the library decides otherwise between segmentations whose scores have the same sum, such as "a" and "aa" in
either order; ours decides as the versions before, with which SigLIP's models came.
"""

import io
import json
import logging
import re
import warnings
from pathlib import Path

import sentencepiece
from clip_reference import FRAGMENTS as CLIP_FRAGMENTS
from sentencepiece import sentencepiece_model_pb2 as model_pb2
from text_reference import decoded
from transformers import SiglipTokenizer

logging.getLogger("transformers").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message="This sequence already has")

FRAGMENTS = [*CLIP_FRAGMENTS, "</s>", "<unk>", "</S>", "<UNK>", "<pad>", "<s>", "x </s>", "</s></s>", "</s> x", " <unk> ", "</s", "<</s>>",
             "\uff1c/s\uff1e", "\uff1cunk\uff1e", "\u2581", "\u2581\u2581a", "a\u2581b", " \u2581 ", "< unk >", "<0x41>", "\ufb01", "\uff21\uff22",
             "\u200b", "a\u200bb", "\u0130", "\u03a3", "\u03a3\u03a3", "!!!", "a!b", "a - b", "{}", "[sep]", "\ud55c\uae00", "\u1112\u1161\u11ab"]
# Capitals that entered Unicode after the version of Python 3.11, which leaves them alone; later ones do as our tables.
NEW_CAPITALS = re.compile("[\u1c89\ua7cb-\ua7dc\U00010d50-\U00010d65\U00016ea0-\U00016eb8]")
# As google/siglip-base-patch16-224 has it.
SPECIAL = {"lstrip": True, "normalized": False, "rstrip": True, "single_word": False, "special": True}
CONFIG = {
    "added_tokens_decoder": {"1": {"content": "</s>", **SPECIAL}, "2": {"content": "<unk>", **SPECIAL}},
    "additional_special_tokens": [],
    "clean_up_tokenization_spaces": True,
    "do_lower_case": True,
    "eos_token": "</s>",
    "model_input_names": ["input_ids"],
    "model_max_length": 64,
    "pad_token": "</s>",
    "sp_model_kwargs": {},
    "tokenizer_class": "SiglipTokenizer",
    "unk_token": "<unk>",
}


def trained(sentences, size, **options):
    """A unigram model with SigLIP's ids of special tokens, as a message; the sentences are what the tokenizer gives the model."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=model, vocab_size=size, model_type="unigram", pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, hard_vocab_limit=False, num_threads=1, minloglevel=2, **options)
    return model_pb2.ModelProto.FromString(model.getvalue())


def write_folder(folder, model, config):
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "spiece.model").write_bytes(model.SerializeToString(deterministic=True))
    (Path(folder) / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")


def reference(folder):
    return SiglipTokenizer.from_pretrained(folder)


def ids_of(tokenizer, text, context):
    """Ids of possibly invalid UTF-8, which our tokenizer replaces before anything else."""
    return tokenizer(decoded(text)[0], max_length=context, truncation=True).input_ids
