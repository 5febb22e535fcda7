"""Published models with random weights, as their own libraries make, save and run them."""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from image_reference import decoded
from PIL import Image
from transformers import (
    BertTokenizerFast, ChineseCLIPConfig, ChineseCLIPImageProcessor, ChineseCLIPModel, CLIPConfig, CLIPImageProcessor,
    CLIPModel, CLIPTokenizerFast, SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipTokenizer)

DATA = Path(__file__).parent.parent / "data"


def randomise(model, seed):
    """Weights large enough that every part of the model matters to the result."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "logit" in name:
                continue
            norm = parameter.dim() == 1 and name.endswith("weight")
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 1
            table = "embedding" in name and "patch" not in name
            spread = 0.2 if parameter.dim() == 1 or table else fan_in**-0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread + (1 if norm else 0))
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator) * 0.3)
            elif name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)


class HuggingFace:
    """A model of transformers with its tokenizer and image processor, in `folder`."""

    def __init__(self, folder, model, tokenizer, processor, context, padded=False):
        self.folder, self.model, self.tokenizer = folder, model.eval(), tokenizer
        self.processor, self.context, self.padded = processor, context, padded

    def save(self, shard_size="50GB"):
        self.model.save_pretrained(self.folder, max_shard_size=shard_size, safe_serialization=True)
        self.tokenizer.save_pretrained(self.folder)
        self.processor.save_pretrained(self.folder)

    def pixels(self, paths):
        images = [opened(path).convert("RGB") for path in paths]
        return self.processor(images=images, return_tensors="pt")["pixel_values"]

    def tokens(self, texts):
        padding = "max_length" if self.padded else True
        out = self.tokenizer(texts, padding=padding, truncation=True, max_length=self.context, return_tensors="pt")
        return {"input_ids": out["input_ids"]} | ({} if self.padded else {"attention_mask": out["attention_mask"]})

    @torch.no_grad()
    def images(self, pixels):
        return normalised(self.model.get_image_features(pixel_values=pixels))

    @torch.no_grad()
    def texts(self, tokens):
        return normalised(self.model.get_text_features(**tokens))

    def scale(self):
        bias = getattr(self.model, "logit_bias", None)
        return self.model.logit_scale.exp().item(), 0.0 if bias is None else bias.item()


class OpenClip:
    """A model of open_clip; its tokenizer files are those of `tokenizer_folder`."""

    def __init__(self, folder, config, tokenizer_folder, mean=None, std=None):
        import open_clip
        self.folder, self.config = Path(folder), config
        self.model = open_clip.CLIP(**config).eval()
        self.tokenizer = CLIPTokenizerFast.from_pretrained(tokenizer_folder)
        self.tokenizer_folder = Path(tokenizer_folder)
        self.context = config["text_cfg"]["context_length"]
        self.mean, self.std = mean or open_clip.OPENAI_DATASET_MEAN, std or open_clip.OPENAI_DATASET_STD
        self.transform = open_clip.image_transform(
            config["vision_cfg"]["image_size"], is_train=False, mean=self.mean, std=self.std)

    def save(self):
        from safetensors.torch import save_file
        self.folder.mkdir(parents=True, exist_ok=True)
        weights = {name: value.contiguous() for name, value in self.model.state_dict().items()}
        save_file(weights, str(self.folder / "open_clip_model.safetensors"))
        (self.folder / "open_clip_config.json").write_text(json.dumps(
            {"model_cfg": self.config, "preprocess_cfg": {"mean": self.mean, "std": self.std}}, indent=1))
        for file in self.tokenizer_folder.iterdir():
            if file.name in ("tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"):
                shutil.copy(file, self.folder)

    def pixels(self, paths):
        # open_clip resizes a file as it is stored (palette, alpha, CMYK) and then converts it; clipstill
        # converts first, as the other libraries do. Grey and RGB files, most of all, are not concerned.
        return torch.stack([self.transform(opened(path).convert("RGB")) for path in paths])

    def tokens(self, texts):
        # open_clip pads with 0 and pools at the largest id.
        ids = torch.zeros(len(texts), self.context, dtype=torch.long)
        for row, text in enumerate(texts):
            of_text = self.tokenizer(text, truncation=True, max_length=self.context)["input_ids"]
            ids[row, : len(of_text)] = torch.tensor(of_text)
        return {"text": ids}

    @torch.no_grad()
    def images(self, pixels):
        return self.model.encode_image(pixels, normalize=True)

    @torch.no_grad()
    def texts(self, tokens):
        return self.model.encode_text(tokens["text"], normalize=True)

    def scale(self):
        return self.model.logit_scale.exp().item(), 0.0


def opened(path):
    image = Image.open(path)
    # The one wanted difference: Pillow clips 16-bit grey at 255; clipstill keeps its high byte.
    return decoded(image) if image.mode.startswith("I;16") else image


def normalised(x):
    # transformers 5 wraps the features in an output object.
    x = getattr(x, "pooler_output", x)
    return x / x.norm(dim=-1, keepdim=True)


def clip(folder, tokenizer_folder, vision, text, projection_dim, size=224):
    tokenizer = CLIPTokenizerFast.from_pretrained(tokenizer_folder)
    text = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id, **text}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=projection_dim))
    processor = CLIPImageProcessor(size={"shortest_edge": size}, crop_size={"height": size, "width": size})
    return HuggingFace(folder, model, tokenizer, processor, model.config.text_config.max_position_embeddings)


def chinese_clip(folder, vocabulary, vision, text, projection_dim, size=224):
    tokenizer = BertTokenizerFast(vocab_file=str(vocabulary))
    text = {"vocab_size": len(tokenizer), **text}
    config = ChineseCLIPConfig(text_config=text, vision_config=vision, projection_dim=projection_dim)
    processor = ChineseCLIPImageProcessor(size={"height": size, "width": size}, do_center_crop=False)
    context = min(52, config.text_config.max_position_embeddings)
    return HuggingFace(folder, ChineseCLIPModel(config), tokenizer, processor, context)


def siglip(folder, spiece, vision, text, size=224):
    tokenizer = SiglipTokenizer(vocab_file=str(spiece))
    text = {"vocab_size": tokenizer.vocab_size, **text}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision))
    processor = SiglipImageProcessor(size={"height": size, "width": size})
    return HuggingFace(folder, model, tokenizer, processor, model.config.text_config.max_position_embeddings, padded=True)


def difference(a, b):
    return float(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max())
