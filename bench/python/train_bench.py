"""The student of bench/train_bench.cpp in PyTorch, with a DataLoader: samples per second.

    train_bench plan CONFIG --out plan.json
    /usr/bin/python3 train_bench.py plan.json [--json]    # Debian: python3-torch python3-pil

Equal: samples, texts (tokenised beforehand), batch, image size, towers and parameter count, losses
(ce, and kl where the config has it, against a random stand-in for the teacher's embeddings),
gradient clipping, AdamW, weight average, loader workers, and the libtorch underneath. channels_last,
uint8 through the DataLoader and fused _foreach_ updates are on because they are faster.

Augmentation, with Pillow alone: premultiplied RGBA through one Image.transform for crop, rotation,
shear, shift and flip (ours: the same, but with an antialiased reduction first where the crop
shrinks), background colour or gradient, ImageEnhance brightness, contrast and saturation, hue shift
in HSV (ours: a rotation in YIQ), grey, Gaussian blur (Pillow: three box blurs; ours: the true one).
Steps that a draw leaves without effect are skipped. Its pixels are 8 bits between the steps, ours
are floats, so it does less work, never more.
"""

import argparse
import contextlib
import itertools
import json
import math
import mmap
import os
import random
import statistics
import time
import tomllib
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter
from torch import nn
from torch.nn import functional as F

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1) * 255
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1) * 255
WARM_UP, MAX_EPOCH = 10, 200


# The model: src/nn.


def conv_bn(i, o, kernel, stride, groups):
    return nn.Sequential(nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(o))


class RepConv(nn.Module):
    def __init__(self, i, o, kernel, stride, groups):
        super().__init__()
        self.main = conv_bn(i, o, kernel, stride, groups)
        self.point = conv_bn(i, o, 1, stride, groups) if kernel > 1 else None
        self.identity = nn.BatchNorm2d(o) if i == o and stride == 1 else None

    def forward(self, x):
        y = self.main(x)
        if self.point is not None:
            y = y + self.point(x)
        if self.identity is not None:
            y = y + self.identity(x)
        return y


class Mobile(nn.Module):
    def __init__(self, width, blocks, **_):
        super().__init__()
        convs = [RepConv(3, width, 3, 2, 1)]
        i = o = width
        for stage, count in enumerate(blocks):
            for block in range(int(count)):
                convs.append(RepConv(i, i, 3, 2 if stage > 0 and block == 0 else 1, i))
                convs.append(RepConv(i, o, 1, 1, 1))
                i = o
            o *= 2
        self.convs, self.width = nn.ModuleList(convs), i

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))
        return x.mean((2, 3))


class Basic(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.stride = stride
        self.conv1, self.conv2 = conv_bn(i, o, 3, stride, 1), conv_bn(o, o, 3, 1, 1)
        self.shortcut = conv_bn(i, o, 1, 1, 1) if i != o else None
        nn.init.zeros_(self.conv2[1].weight)

    def forward(self, x):
        residual = F.avg_pool2d(x, self.stride) if self.stride > 1 else x
        if self.shortcut is not None:
            residual = self.shortcut(residual)
        return F.relu(residual + self.conv2(F.relu(self.conv1(x))))


class ResNet(nn.Module):
    def __init__(self, width, blocks, **_):
        super().__init__()
        self.stem, layers, i, o = conv_bn(3, width, 3, 2, 1), [], width, width
        for stage, count in enumerate(blocks):
            for block in range(int(count)):
                layers.append(Basic(i, o, 2 if stage > 0 and block == 0 else 1))
                i = o
            o *= 2
        self.blocks, self.width = nn.Sequential(*layers), i

    def forward(self, x):
        return self.blocks(F.relu(self.stem(x))).mean((2, 3))


IMAGE_TOWERS = {"mobile": Mobile, "resnet": ResNet}


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, bias):
        b, l, w = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, l, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(q / math.sqrt(w // self.heads), k.transpose(-2, -1)) + bias
        x = x + self.out(torch.matmul(scores.softmax(-1), v).transpose(1, 2).reshape(b, l, w))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Text(nn.Module):
    def __init__(self, vocabulary, context, width, layers, head_width, embedding_width, **_):
        super().__init__()
        self.table = nn.Embedding(vocabulary, embedding_width or width)
        self.factor = nn.Linear(embedding_width, width, bias=False) if embedding_width else None
        self.position = nn.Parameter(torch.randn(context, width) * 0.01)
        self.layers = nn.ModuleList(Layer(width, width // head_width) for _ in range(layers))
        self.norm, self.width = nn.LayerNorm(width), width

    def forward(self, ids, mask):
        x = self.table(ids)
        if self.factor is not None:
            x = self.factor(x)
        x = x + self.position[: ids.shape[1]]
        bias = torch.zeros(mask.shape).masked_fill_(~mask, -math.inf)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias)
        return self.norm(x)[:, 0]


class Clip(nn.Module):
    def __init__(self, image, text, embed_dim):
        super().__init__()
        self.image = IMAGE_TOWERS[image["arch"]](**image)
        self.text = Text(**text)
        self.image_projection = nn.Linear(self.image.width, embed_dim, bias=False)
        self.text_projection = nn.Linear(self.text.width, embed_dim, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(self, images, ids, mask):
        return (F.normalize(self.image_projection(self.image(images)).float(), dim=-1),
                F.normalize(self.text_projection(self.text(ids, mask)).float(), dim=-1))


# The data: src/data/loader.cpp.


def uniform(strength):
    return random.uniform(-1, 1) * strength


def under(rgba, p):  # src/image/augment.cpp, Background
    data = np.asarray(rgba, np.float32)
    rgb, ground = data[..., :3], 1 - data[..., 3:] / 255
    if random.random() >= p["background"]:
        out = rgb + ground * 255
    else:
        start = np.random.uniform(0, 255, 3).astype(np.float32)
        if random.random() < 0.5:
            grid = (np.arange(len(data), dtype=np.float32) + 0.5) / len(data) - 0.5
            angle = random.uniform(0, 2 * math.pi)
            share = 0.5 + grid[None] * math.cos(angle) + grid[:, None] * math.sin(angle)
            end = np.random.uniform(0, 255, 3).astype(np.float32)
            start = start + (end - start) * share.clip(0, 1)[..., None].astype(np.float32)
        out = rgb + ground * start
    return Image.fromarray((out + 0.5).clip(0, 255).astype(np.uint8))


def augment(image, p, size):
    w, h = image.size
    area = min(w, h) ** 2 * random.uniform(p["crop_scale_min"], p["crop_scale_max"])
    ratio = math.exp(uniform(math.log(p["crop_ratio"])))
    reach = math.sqrt(max(1, p["crop_scale_max"]))
    cw, ch = min(w * reach, math.sqrt(area * ratio)), min(h * reach, math.sqrt(area / ratio))
    cx = random.uniform(0, w - cw) + uniform(p["translate"]) * cw + cw / 2
    cy = random.uniform(0, h - ch) + uniform(p["translate"]) * ch + ch / 2
    angle, mirror = math.radians(uniform(p["rotate_degrees"])), 1 - 2 * (random.random() < p["flip"])
    a, b = mirror * math.cos(angle) * cw / size, (uniform(p["shear"]) - math.sin(angle)) * cw / size
    c, d = mirror * math.sin(angle) * ch / size, math.cos(angle) * ch / size
    matrix = (a, b, cx - (a + b) * size / 2, c, d, cy - (c + d) * size / 2)
    rgba = image.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    rgb = under(rgba, p)
    rgb = ImageEnhance.Brightness(rgb).enhance(1 + uniform(p["brightness"]))
    rgb = ImageEnhance.Contrast(rgb).enhance(1 + uniform(p["contrast"]))
    rgb = ImageEnhance.Color(rgb).enhance(1 + uniform(p["saturation"]))
    shift = round(uniform(p["hue"]) * 255)
    if shift:
        hue, saturation, value = rgb.convert("HSV").split()
        hue = hue.point([(i + shift) % 256 for i in range(256)])
        rgb = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    if random.random() < p["greyscale"]:
        rgb = rgb.convert("L").convert("RGB")
    if random.random() < p["blur"]:
        rgb = rgb.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 1) * size / 64))
    return np.asarray(rgb)


class Pairs(torch.utils.data.Dataset):
    """One item is one sample; reads the shards through mmap at the offsets of index.json."""

    def __init__(self, folder, plan, config, cache=False):
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
            index = json.load(file)
        self.paths = [os.path.join(folder, shard["name"]) for shard in index["shards"]]
        where = {r["id"]: (r["shard"], r["offset"], r["bytes"]) for r in index["records"]}
        self.samples = [(*where[s["id"]], s["label"], [t for t in s["texts"] if t])
                        for s in plan["samples"]]
        self.tokens = plan["tokens"]
        self.augment = config["augment"]
        self.size = config["model"]["image"]["size"]
        self.primary = config["train"]["primary_text"]
        self.maps, self.cache = None, {} if cache else None

    def __len__(self):
        return len(self.samples)

    def picture(self, i):
        if self.cache is not None and i in self.cache:
            return self.cache[i]
        if self.maps is None:  # once per worker
            self.maps = [mmap.mmap(os.open(path, os.O_RDONLY), 0, access=mmap.ACCESS_READ)
                         for path in self.paths]
        shard, offset, size = self.samples[i][:3]
        image = Image.open(BytesIO(self.maps[shard][offset : offset + size]))
        image = image.convert("RGBA").convert("RGBa")  # premultiplied
        if self.cache is not None:
            self.cache[i] = image
        return image

    def __getitem__(self, i):
        label, texts = self.samples[i][3:]
        texts = random.choice(texts)
        plain = len(texts) == 1 or random.random() < self.primary
        return augment(self.picture(i), self.augment, self.size), texts[0] if plain else random.choice(texts[1:]), label

    def collate(self, items):
        images, texts, labels = zip(*items)
        rows = [self.tokens[text] for text in texts]
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros(ids.shape, bool)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = True
        return (torch.from_numpy(np.stack(images)), torch.from_numpy(ids), torch.from_numpy(mask),
                torch.tensor(labels), torch.tensor(texts))


class Batches(torch.utils.data.Sampler):
    """Without end, in shuffled epochs; up to `per_label` samples of one label side by side."""

    def __init__(self, labels, batch, per_label):
        super().__init__(None)
        self.by_label, self.batch, self.per_label = {}, batch, per_label
        for i, label in enumerate(labels):
            self.by_label.setdefault(label, []).append(i)

    def __iter__(self):
        while True:
            groups = []
            for members in self.by_label.values():
                random.shuffle(members)
                groups += [members[i : i + self.per_label] for i in range(0, len(members), self.per_label)]
            random.shuffle(groups)
            order = [i for group in groups for i in group]
            for first in range(0, len(order) - self.batch + 1, self.batch):
                yield order[first : first + self.batch]


# The step: src/train/trainer.cpp.


class Trainer:
    def __init__(self, config, plan):
        self.o = config["train"]
        model = config["model"]
        assert model["image"]["arch"] in IMAGE_TOWERS and model["text"]["arch"] == "transformer"
        self.model = Clip(model["image"], model["text"] | {"vocabulary": plan["vocabulary"]},
                          model["embed_dim"])
        self.model.to(memory_format=torch.channels_last).train()
        self.parameters = [p for p in self.model.parameters()]
        count = sum(p.numel() for p in self.parameters)
        assert count == plan["parameters"], f"{count} parameters, the C++ student has {plan['parameters']}"
        groups = [{"params": [p for p in self.parameters if p.dim() >= 2]},
                  {"params": [p for p in self.parameters if p.dim() < 2], "weight_decay": 0.0}]
        o = self.o
        self.optimizer = torch.optim.AdamW(groups, o["lr"], (o["beta1"], o["beta2"]), o["epsilon"],
                                           o["weight_decay"], foreach=True)
        self.live = self.parameters + [b for b in self.model.buffers() if b.is_floating_point()]
        self.live = [t.detach() for t in self.live]
        self.average = [t.clone() for t in self.live]
        self.loss = {k: v for k, v in config["loss"].items() if v["weight"] > 0}
        assert set(self.loss) <= {"ce", "kl"}, "only the losses ce and kl are written here"
        self.steps = 0

    def losses(self, image, text, labels, texts):
        logits = self.model.logit_scale.exp().clamp_max(100) * image @ text.t()
        targets = ((labels[:, None] == labels) | (texts[:, None] == texts)).float()
        targets = targets / targets.sum(1, keepdim=True)
        total = 0
        if "ce" in self.loss:
            ce = (F.cross_entropy(logits, targets) + F.cross_entropy(logits.t(), targets.t())) / 2
            total = total + self.loss["ce"]["weight"] * ce
        if "kl" in self.loss:
            teacher = F.normalize(torch.randn(2, *image.shape), dim=-1)
            teacher = 100 * teacher[0] @ teacher[1].t() / self.loss["kl"]["temperature"]
            student = logits / self.loss["kl"]["temperature"]
            kl = sum(F.kl_div(s.log_softmax(1), t.log_softmax(1), reduction="batchmean", log_target=True)
                     for s, t in ((student, teacher), (student.t(), teacher.t())))
            total = total + self.loss["kl"]["weight"] * kl / 2
        return total

    def step(self, batch, bf16):
        pixels, ids, mask, labels, texts = batch
        o = self.o
        images = pixels.permute(0, 3, 1, 2).float().sub_(MEAN).div_(STD)  # channels-last
        cast = torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext()
        with cast:
            image, text = self.model(images, ids, mask)
        loss = self.losses(image, text, labels, texts)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, o["clip_norm"])
        progress = max(0, self.steps - o["warmup"]) / max(1, o["steps"] - o["warmup"])
        for group in self.optimizer.param_groups:
            group["lr"] = o["lr"] * min((self.steps + 1) / o["warmup"],
                                        0.5 + 0.5 * math.cos(math.pi * min(1, progress)))
        self.optimizer.step()
        decay = min(o["ema"], (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_mul_(self.average, decay)
            torch._foreach_add_(self.average, self.live, alpha=1 - decay)
        self.steps += 1
        return loss.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plan")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--cache", action="store_true", help="each worker keeps its pictures decoded")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with open(args.plan, encoding="utf-8") as file:
        plan = json.load(file)
    config = tomllib.loads(plan["config"])
    data = Pairs(config["data"]["path"], plan, config, args.cache)
    trainer = Trainer(config, plan)
    o = trainer.o

    batches = iter(torch.utils.data.DataLoader(
        data, batch_sampler=Batches([s[3] for s in data.samples], o["batch"], o["per_label"]),
        collate_fn=data.collate, num_workers=o["workers"], prefetch_factor=3))

    def rate(work):
        start = time.perf_counter()
        work()
        return args.steps * o["batch"] / (time.perf_counter() - start)

    def run(source, count, bf16):
        for _ in range(count):
            trainer.step(next(source), bf16)

    # As in train_bench.cpp: past the first epoch, then by turns.
    for _ in range(min(len(data) // o["batch"], MAX_EPOCH)):
        next(batches)
    held = [tuple(t.clone() for t in next(batches)) for _ in range(WARM_UP)]
    result = {"threads": torch.get_num_threads(), "parameters": plan["parameters"]}
    result["loader"] = statistics.median(
        rate(lambda: [next(batches) for _ in range(args.steps)]) for _ in range(args.repeats))
    for name in ("fp32", "bf16"):
        bf16 = name == "bf16"
        alone, together = [], []
        for _ in range(args.repeats):
            run(iter(held), WARM_UP, bf16)
            alone.append(rate(lambda: run(itertools.cycle(held), args.steps, bf16)))
            run(batches, WARM_UP, bf16)
            together.append(rate(lambda: run(batches, args.steps, bf16)))
        result[name] = {"step": statistics.median(alone), "end_to_end": statistics.median(together)}
    if args.json:
        print(json.dumps(result))
        return
    print(f"PyTorch {torch.__version__}, {result['threads']} threads; loader alone {result['loader']:.0f} samples/s")
    for name in ("fp32", "bf16"):
        print(f"{name}: step alone {result[name]['step']:.0f}, end to end {result[name]['end_to_end']:.0f} samples/s")


if __name__ == "__main__":
    main()
