"""Hugging Face `tokenizers` on the texts of bench/text_bench.cpp: texts per second of processor time, one
thread, as Google Benchmark counts it.

    venv/bin/python text_bench.py [FOLDER]       # tests/reference/requirements-text.txt

With a folder, CLIP's too: OpenAI's tokenizer.json is written there out of the vocabulary of `open_clip_torch` (see
tests/reference/clip_sweep.py), for CLIPSTILL_BENCH_TOKENIZER=FOLDER text_bench.
"""

import os
import sys
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402
from tokenizers import BertWordPieceTokenizer  # noqa: E402

ENGLISH = "a photo of small red dog happy kitchen the river blue birds two playing café old house moon".split()
CHINESE = "一只 小狗 红色 的 河边 猫 两个 月亮 春天 花 在 厨房".split()


def captions():
    for i in range(8000):
        words = CHINESE if i % 2 else ENGLISH
        chosen = [words[(i * 7 + j * j * 5 + i // len(words) * j) % len(words)] for j in range(10)]
        yield "".join(chosen) if i % 2 else " ".join(chosen) + "."


def measure(name, tokenizer, texts):
    tokenizer.enable_truncation(77)
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        tokenizer.encode_batch(texts)
        best = min(best, time.process_time() - began)
    size = sum(len(t.encode("utf-8")) for t in texts)
    print(f"tokenizers {tokenizers.__version__}, {name}: {len(texts) / best:,.0f} texts/s, {size / best / 1e6:.1f} MB/s")


def main():
    texts = list(captions())
    tokenizer = BertWordPieceTokenizer()
    tokenizer.train_from_iterator(texts, vocab_size=1000, show_progress=False)
    measure("BERT", tokenizer, texts)
    if len(sys.argv) > 1:
        sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "reference"))
        from clip_reference import clip, openai

        tokenizer = clip(*openai())
        tokenizer.save(str(Path(sys.argv[1]) / "tokenizer.json"))
        tokenizer.no_padding()
        measure("CLIP", tokenizer, texts)


if __name__ == "__main__":
    main()
