"""Writes tests/data/teacher: tiny published models with random weights, and what their libraries compute with them.

    python -m venv venv && venv/bin/pip install -r requirements-teacher.txt
    venv/bin/python teacher_goldens.py

One folder a family, as its library saves it: clip in two shards of fp32, chinese_clip in bf16, open_clip and
siglip in fp16. goldens.json: versions, and per family the texts, their embeddings, the images (files of tests/data/image),
their embeddings, exp(logit_scale) and logit_bias. Weights are rounded to the stored type before the library runs.
"""

import json

import open_clip
import torch
import transformers
from teacher_reference import DATA, OpenClip, chinese_clip, clip, randomise, siglip

FOLDER = DATA / "teacher"
IMAGES = ["rgb.png", "tall.png", "baseline-420.jpg", "grey.png"]
TEXTS = ["a photo of a small dog", "", "two red birds playing in the river; the dog's kitchen, it's 2024",
         "一只小狗在河边跑", "a photo of cats " * 20]
TOWER = {"hidden_size": 16, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**TOWER, "image_size": 32, "patch_size": 8}
CLIP_TOKENIZER = DATA / "clip" / "files"


def models():
    text = {**TOWER, "hidden_size": 24, "num_attention_heads": 3, "intermediate_size": 30, "max_position_embeddings": 20}
    yield "clip", clip(FOLDER / "clip", CLIP_TOKENIZER, VISION, text, 12, size=32), torch.float32
    odd = {**VISION, "patch_size": 7, "hidden_act": "gelu"}  # 7 does not divide 32: the border is cut off
    yield "chinese_clip", chinese_clip(FOLDER / "chinese_clip", DATA / "text" / "vocab.txt", odd,
                                       {**text, "max_position_embeddings": 60}, 12, size=32), torch.bfloat16
    vocabulary = len(json.loads((CLIP_TOKENIZER / "vocab.json").read_text()))
    texts = {"context_length": 20, "vocab_size": vocabulary, "width": 24, "heads": 3, "layers": 2, "mlp_ratio": 1.5}
    vit = {"image_size": 32, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8, "mlp_ratio": 2.5}
    yield "open_clip", OpenClip(FOLDER / "open_clip", {"embed_dim": 12, "vision_cfg": vit, "text_cfg": texts},
                                CLIP_TOKENIZER), torch.float16
    resnet = {"image_size": 64, "layers": [1, 2, 1, 1], "width": 2, "patch_size": None}
    yield "open_clip_resnet", OpenClip(
        FOLDER / "open_clip_resnet", {"embed_dim": 12, "quick_gelu": True, "vision_cfg": resnet, "text_cfg": texts},
        CLIP_TOKENIZER), torch.float16
    yield "siglip", siglip(FOLDER / "siglip", DATA / "siglip" / "spiece.model", VISION,
                           {**TOWER, "intermediate_size": 30, "max_position_embeddings": 20}, size=32), torch.float16


def main():
    goldens = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__,
                            "open_clip": open_clip.__version__}, "images": IMAGES, "texts": TEXTS, "models": {}}
    for seed, (name, model, dtype) in enumerate(models()):
        randomise(model.model, seed)
        model.model.to(dtype)
        model.save(**({"shard_size": "60KB"} if name == "clip" else {}))
        model.model.to(torch.float32)
        scale, bias = model.scale()
        goldens["models"][name] = {
            "images": model.images(model.pixels([DATA / "image" / image for image in IMAGES])).tolist(),
            "texts": model.texts(model.tokens(TEXTS)).tolist(), "scale": scale, "bias": bias}
    (FOLDER / "goldens.json").write_text(json.dumps(goldens, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
