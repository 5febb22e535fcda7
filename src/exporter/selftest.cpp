#include "exporter/selftest.h"

#include <nlohmann/json.hpp>

#include "bundle/safetensors.h"
#include "core/error.h"
#include "core/random.h"
#include "exporter/evaluator.h"

namespace clipstill::exporter {
namespace {

// A device cannot compare with what is not a number.
void require_finite(const std::string& name, const torch::Tensor& tensor) {
  if (!tensor.is_floating_point() || tensor.isfinite().all().item<bool>()) return;
  fail(ErrorCode::kBadData,
       "self-test: {} has values that are not finite, so the {} tower cannot be exported; are its "
       "weights from a training that diverged, or (--half) too large for fp16?",
       name, name.starts_with("text") ? "text" : "image");
}

}  // namespace

torch::Tensor selftest_pixels(int64_t count, int64_t size) {
  // Noise of one draw per pixel, and per square of 8 pixels: edges and surfaces both matter.
  const auto noise = [count](int64_t edge) {
    auto values = torch::empty({count, 3, edge, edge});
    Rng rng({static_cast<uint64_t>(count), static_cast<uint64_t>(edge)});
    auto* data = values.data_ptr<float>();
    for (int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(rng.normal());
    return values;
  };
  const auto coarse = noise((size + 7) / 8).repeat_interleave(8, 2).repeat_interleave(8, 3);
  return (coarse.narrow(2, 0, size).narrow(3, 0, size) + 0.5 * noise(size)).contiguous();
}

Expected expected_of(nn::ClipModel model, const SelftestInputs& inputs) {
  const torch::NoGradGuard no_grad;
  model->eval();
  return {
      model->encode_image(inputs.pixel_values).contiguous(),
      model->encode_text(inputs.input_ids, inputs.attention_mask.to(torch::kBool)).contiguous()};
}

Expected expected_of(const Encoders& encoders, const SelftestInputs& inputs) {
  const auto run = [](const Graph& graph, const Tensors& tensors) {
    return Evaluator(graph).run(tensors).at(0).contiguous();
  };
  return {run(encoders.image, {{"pixel_values", inputs.pixel_values}}),
          run(encoders.text,
              {{"input_ids", inputs.input_ids}, {"attention_mask", inputs.attention_mask}})};
}

void write_selftest(const std::filesystem::path& path, const SelftestInputs& inputs,
                    const Expected& expected, const Expected* int8) {
  std::map<std::string, torch::Tensor> tensors{
      {"pixel_values", inputs.pixel_values.contiguous()},
      {"input_ids", inputs.input_ids.contiguous()},
      {"attention_mask", inputs.attention_mask.contiguous()},
      {"image_embeds", expected.image},
      {"text_embeds", expected.text}};
  if (int8 != nullptr) {
    tensors["image_embeds_int8"] = int8->image;
    tensors["text_embeds_int8"] = int8->text;
  }
  std::map<std::string, bundle::TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    require_finite(name, tensor);
    views[name] = {tensor.scalar_type() == torch::kLong ? bundle::DType::kI64 : bundle::DType::kF32,
                   tensor.sizes().vec(),
                   {static_cast<const uint8_t*>(tensor.data_ptr()), tensor.nbytes()}};
  }
  bundle::write_safetensors(path, views, {{"texts", nlohmann::json(inputs.texts).dump()}});
}

}  // namespace clipstill::exporter
