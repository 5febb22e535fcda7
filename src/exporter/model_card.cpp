#include "exporter/model_card.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bundle/card_metrics.h"
#include "exporter/exporter.h"

namespace clipstill::exporter {
namespace {

// What of the code below depends on the tokenizer.
struct TokenizerCode {
  const char *packages, *import, *load, *encode;
};

constexpr TokenizerCode kJsonCode{"tokenizers", "from tokenizers import Tokenizer",
                                  R"(tokenizer = Tokenizer.from_file("tokenizer.json")
tokenizer.enable_truncation(config["context_length"])
tokenizer.enable_padding(**(tokenizer.padding or {})))",
                                  R"(    encodings = tokenizer.encode_batch(texts)
    ids, mask = [e.ids for e in encodings], [e.attention_mask for e in encodings])"};

constexpr TokenizerCode kSpieceCode{
    "transformers sentencepiece protobuf", "from transformers import SiglipTokenizer",
    R"(tokenizer = SiglipTokenizer.from_pretrained("."))",
    R"(    encodings = tokenizer(texts, padding=True, truncation=True, max_length=config["context_length"],
                          return_attention_mask=True)
    ids, mask = encodings["input_ids"], encodings["attention_mask"])"};

// tests/reference/export_sweep.py runs this code as it stands.
constexpr const char* kUse = R"(## Use

In Python, with `pip install onnxruntime {packages} "pillow<13"`. Images are prepared as clipstill does
it, but for 16-bit grey ones, of which Pillow makes white; Pillow 13 resizes some a little differently.

```python
import json
import numpy as np
import onnxruntime
from PIL import Image, ImageOps
{import}

config = json.load(open("config.json"))
pixels = json.load(open("preprocessor_config.json"))
image_encoder = onnxruntime.InferenceSession(config["image_encoder"])
text_encoder = onnxruntime.InferenceSession(config["text_encoder"])
{load}

def load(path):
    image = Image.open(path)
    if pixels.get("apply_orientation"):
        image = ImageOps.exif_transpose(image)
    if pixels.get("blend_alpha"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    size, short = config["image_size"], min(image.size)
    if "shortest_edge" in pixels["size"]:
        image = image.resize([edge * size // short for edge in image.size], pixels["resample"])
        whole = round if pixels.get("crop_rounding") == "half_to_even" else int
        left, top = [whole((edge - size) / 2) for edge in image.size]
        image = image.crop((left, top, left + size, top + size))
    else:
        image = image.resize((size, size), pixels["resample"])
    values = (np.asarray(image, np.float32) / 255 - pixels["image_mean"]) / pixels["image_std"]
    return values.transpose(2, 0, 1).astype(np.float32)

def embed_images(paths):
    return image_encoder.run(None, {{"pixel_values": np.stack([load(p) for p in paths])}})[0]

def embed_texts(texts):
{encode}
    return text_encoder.run(None, {{
        "input_ids": np.array(ids, np.int64), "attention_mask": np.array(mask, np.int64)}})[0]

def probabilities(image_paths, texts):
    logits = config["logit_scale"] * embed_images(image_paths) @ embed_texts(texts).T
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)
```
)";

constexpr const char* kEncoders = R"(## Encoders

| file | input | output |
|---|---|---|
| `onnx/image_encoder.onnx` | `pixel_values` float [batch, 3, {0}, {0}] | `image_embeds` float [batch, {1}] |
| `onnx/text_encoder.onnx` | `input_ids`, `attention_mask` int64 [batch, sequence] | `text_embeds` float [batch, {1}] |

Any batch; 1 to {2} tokens, the padding last. Embeddings have length 1; the logit of an image and a
text is {3:.6g} times their product{4}. ONNX opset 17, fp32.

`selftest.safetensors` holds inputs and the embeddings that they must give; `manifest.json` holds
size and hash (XXH3, 128 bits) of every file.

)";

constexpr const char* kInt8 =
    R"(`onnx/image_encoder_int8.onnx` and `onnx/text_encoder_int8.onnx` are the same in int8 (static
QDQ: int8 weights, scaled for each channel, uint8 activations; LayerNorm, softmax, GELU, attention and
LSTMs, whose weights are stored in int8, compute in fp32). {} of {} layers are int8{}. Ranges were
taken from training pairs by the method {}.{}

)";

std::string int8_section(const bundle::MetricsFile& metrics) {
  std::vector<std::string> kept;
  for (const auto& layer : metrics.layers) {
    if (layer.is_fp32) kept.push_back(layer.name);
  }
  return fmt::format(
      fmt::runtime(kInt8), metrics.layers.size() - kept.size(), metrics.layers.size(),
      kept.empty() ? "" : fmt::format("; fp32 are {}", fmt::join(kept, ", ")), metrics.method,
      metrics.qat_steps == 0
          ? ""
          : fmt::format(
                "\nTheir weights are others than those of fp32: trained for int8 in {} steps.",
                metrics.qat_steps));
}

}  // namespace

std::string model_card(const nn::ClipModel& model, const std::map<std::string, uint64_t>& files,
                       const bundle::MetricsFile* metrics) {
  const auto& options = model->options();
  std::string card = fmt::format(
      "# CLIP-style image and text encoders\n\n"
      "Images and texts become points of one space of {} dimensions, in which a picture lies near\n"
      "its description.\n\n"
      "- image tower: {}, {} x {} pixels\n"
      "- text tower: {}, up to {} tokens\n"
      "- written by clipstill {}\n\n"
      "## Size\n\n| component | parameters |\n|---|---:|\n",
      options.embed_dim, options.image.arch, options.image.size, options.image.size,
      options.text.arch, options.text.context, CLIPSTILL_VERSION);
  int64_t total = 0;
  for (const auto& [component, count] : model->parameters_by_component()) {
    card += fmt::format("| {} | {} |\n", component, count);
    total += count;
  }
  card += fmt::format("| all | {} |\n\n| file | bytes |\n|---|---:|\n", total);
  for (const auto& [name, bytes] : files) card += fmt::format("| `{}` | {} |\n", name, bytes);
  card += fmt::format("\n{:.1f} MFLOP per image, {:.1f} MFLOP per text of {} tokens.\n\n",
                      static_cast<double>(model->image_flops()) / 1e6,
                      static_cast<double>(model->text_flops(options.text.context)) / 1e6,
                      options.text.context);
  if (metrics != nullptr) card += bundle::accuracy_section(*metrics);
  const auto bias = options.logit_bias ? fmt::format(", plus {:.6g}", model->logit_bias()) : "";
  card += fmt::format(kEncoders, options.image.size, options.embed_dim, options.text.context,
                      logit_scale(model), bias);
  if (metrics != nullptr && !metrics->layers.empty()) card += int8_section(*metrics);
  const auto& code = files.contains("spiece.model") ? kSpieceCode : kJsonCode;
  return card + fmt::format(kUse, fmt::arg("packages", code.packages),
                            fmt::arg("import", code.import), fmt::arg("load", code.load),
                            fmt::arg("encode", code.encode));
}

}  // namespace clipstill::exporter
