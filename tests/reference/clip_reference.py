"""What the CLIP goldens, sweep and bench share: the real tokenizer of a vocabulary, in the forms that folders have it,
and OpenAI's vocabulary, which open_clip's package carries."""

import gzip
import json
from collections import Counter
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

START, END = "<|startoftext|>", "<|endoftext|>"
WORDS = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
FRAGMENTS = [START, END, "<|StartOfText|>", "<|ENDOFTEXT|>", "<|startoftext|>'s", "<|endoftext|>!!", "<|startoftext", "oftext|>",
             "<<|startoftext|>>", "'s", "'T", "'re", "'VE", "'m", "'LL", "'d", "''s", "!'s", "\u2019s", "'\u017f", "don't", "</w>", "!",
             "e\u0301", "\u1100\u1161\u11a8", "\uac00\u11a8", "\u0344", "\u1e9b\u0323", "\u0f73\u0f71", "\u0bc6\u0bbe"]


def clip(vocabulary, merges, special_words=True, normalized=(False, False), padding=END):
    """The tokenizer of a CLIP folder. transformers 5 makes special_words and plain added tokens; files of the versions
    before have no special words and often a start token that is looked for after normalisation."""
    tokenizer = Tokenizer(BPE(vocabulary, merges, continuing_subword_prefix="", end_of_word_suffix="</w>", unk_token=END))
    tokenizer.add_special_tokens([AddedToken(t, normalized=n, special=True) for t, n in zip((START, END), normalized)])
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    pattern = (r"<\|startoftext\|>|<\|endoftext\|>|" if special_words else "") + WORDS
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
         pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]), (START, vocabulary[START]), trim_offsets=False, add_prefix_space=False)
    tokenizer.enable_padding(pad_id=vocabulary[padding], pad_token=padding)
    return tokenizer


def trained(texts, count):
    """`count` merges out of the words of some texts: the commonest pair first, by its text among equals (the trainer of
    the library does not always give the same merges again)."""
    steps = clip(ordered([]), [])
    words = Counter(w for t in texts for w, _ in steps.pre_tokenizer.pre_tokenize_str(steps.normalizer.normalize_str(t)))
    words = {(*w[:-1], w[-1] + "</w>"): n for w, n in words.items()}
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for word, n in words.items():
            pairs.update({p: n * k for p, k in Counter(pairwise(word)).items()})
        best = max(pairs, key=lambda p: (pairs[p], p))
        if "".join(best) not in {"".join(m) for m in merges}:
            merges.append(best)
        words = {merged(word, best): n for word, n in words.items()}
    return ordered(merges), merges


def merged(word, pair):
    out = []
    for part in word:
        if out and (out[-1], part) == pair:
            out[-1] += part
        else:
            out.append(part)
    return tuple(out)


def ordered(merges):
    tokens = [*alphabet(), *(c + "</w>" for c in alphabet()), *("".join(m) for m in merges), START, END]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    assert len(vocabulary) == len(tokens)
    return vocabulary


def alphabet():
    """The visible characters that stand for bytes, in CLIP's order: the visible bytes first."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [*map(chr, visible), *(chr(256 + i) for i in range(256 - len(visible)))]


def openai():
    """(vocabulary, merges) of OpenAI's CLIP."""
    path = Path(find_spec("open_clip").origin).parent / "bpe_simple_vocab_16e6.txt.gz"
    lines = gzip.open(path, "rt", encoding="utf-8").read().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    return ordered(merges), merges


def write_files(folder, vocabulary, merges, config):
    """vocab.json, merges.txt and tokenizer_config.json."""
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(m) for m in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
