#include "nn/clip_model.h"

#include <cmath>

#include "nn/seeded_generator.h"

namespace clipstill::nn {
namespace {

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

torch::nn::Linear projection(int64_t in, int64_t out) {
  torch::nn::Linear layer(torch::nn::LinearOptions(in, out).bias(false));
  torch::nn::init::normal_(layer->weight, 0.0, 1.0 / std::sqrt(static_cast<double>(in)));
  return layer;
}

torch::Tensor normalised(const torch::Tensor& x) {
  return torch::nn::functional::normalize(x.to(torch::kFloat),
                                          torch::nn::functional::NormalizeFuncOptions().dim(-1));
}

}  // namespace

void declare_options(OptionSet& set, const std::string& prefix, ClipModelOptions& options) {
  declare_options(set, prefix + ".image", options.image);
  declare_options(set, prefix + ".text", options.text);
  set.add(prefix + ".embed_dim", options.embed_dim, "width of the joint image-text space")
      .range(1, 4096);
  set.add(prefix + ".initial_scale", options.initial_scale, "exp(logit_scale) at the start")
      .range(0.01, 1000);
  set.add(prefix + ".max_scale", options.max_scale, "upper clamp of exp(logit_scale)")
      .range(0.01, 1000);
}

ClipModelImpl::ClipModelImpl(const ClipModelOptions& options)
    : options_(options),
      image_(register_module("image", make_image_tower(options.image))),
      text_(register_module("text", make_text_tower(options.text))),
      image_projection_(register_module("image_projection",
                                        projection(image_->feature_width(), options.embed_dim))),
      text_projection_(register_module("text_projection",
                                       projection(text_->feature_width(), options.embed_dim))),
      logit_scale_(register_parameter(
          "logit_scale", torch::tensor(static_cast<float>(std::log(options.initial_scale))))) {}

torch::Tensor ClipModelImpl::encode_image(const torch::Tensor& images) {
  return normalised(image_projection_->forward(image_->forward(images)));
}

torch::Tensor ClipModelImpl::encode_text(const torch::Tensor& ids, const torch::Tensor& mask) {
  return normalised(text_projection_->forward(text_->forward(ids, mask)));
}

torch::Tensor ClipModelImpl::scale() const {
  return torch::clamp_max(torch::exp(logit_scale_), options_.max_scale);
}

std::map<std::string, int64_t> ClipModelImpl::parameters_by_component() const {
  const int64_t embedding = text_->embedding_parameters();
  return {{"image tower", parameter_count(*image_)},
          {"token embedding", embedding},
          {"text tower", parameter_count(*text_) - embedding},
          {"projections", parameter_count(*image_projection_) + parameter_count(*text_projection_)},
          {"logit scale", 1}};
}

int64_t ClipModelImpl::image_flops() const {
  return image_->flops() + 2 * image_projection_->weight.numel();
}

int64_t ClipModelImpl::text_flops(int64_t length) const {
  return text_->flops(length) + 2 * text_projection_->weight.numel();
}

ClipModel make_clip_model(const ClipModelOptions& options, uint64_t seed) {
  const SeededGenerator generator(seed);
  return ClipModel(options);
}

}  // namespace clipstill::nn
