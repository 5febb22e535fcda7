#include "nn/clip_model.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "nn/logit_scale.h"
#include "nn/seeded_generator.h"

namespace clipstill::nn {
namespace {

const StringList kProjections{"linear", "affine", "none"};

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

int64_t parameter_count(const torch::nn::Linear& projection) {
  return projection ? parameter_count(*projection) : 0;
}

int64_t flops_of(const torch::nn::Linear& projection) {
  return projection ? 2 * projection->weight.numel() : 0;
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
  set.add(prefix + ".image_projection", options.image_projection,
          "from the image tower's features to the joint space; affine has a bias")
      .choices(kProjections);
  set.add(prefix + ".text_projection", options.text_projection,
          "from the text tower's features to the joint space")
      .choices(kProjections);
  set.add(prefix + ".initial_scale", options.initial_scale, "exp(logit_scale) at the start")
      .range(0.01, 1000);
  set.add(prefix + ".max_scale", options.max_scale, "upper clamp of exp(logit_scale)")
      .range(0.01, 1000);
  set.add(prefix + ".logit_bias", options.logit_bias, "add a bias to the logits, as SigLIP does");
}

ClipModelImpl::ClipModelImpl(const ClipModelOptions& options)
    : options_(options),
      image_(register_module("image", make_image_tower(options.image))),
      text_(register_module("text", make_text_tower(options.text))),
      image_projection_(
          add_projection("image_projection", options.image_projection, image_->feature_width())),
      text_projection_(
          add_projection("text_projection", options.text_projection, text_->feature_width())),
      logit_scale_(register_parameter(
          "logit_scale", torch::tensor(static_cast<float>(std::log(options.initial_scale))))) {
  if (options.logit_bias) logit_bias_ = register_parameter("logit_bias", torch::zeros({}));
}

torch::nn::Linear ClipModelImpl::add_projection(const std::string& name, const std::string& kind,
                                                int64_t features) {
  if (kind == "none") {
    if (features == options_.embed_dim) return nullptr;
    fail(ErrorCode::kUsage,
         "{} is none, but the tower's features are {} wide and the joint space "
         "{}; use linear",
         name, features, options_.embed_dim);
  }
  torch::nn::Linear layer(
      torch::nn::LinearOptions(features, options_.embed_dim).bias(kind == "affine"));
  torch::nn::init::normal_(layer->weight, 0.0, 1.0 / std::sqrt(static_cast<double>(features)));
  if (kind == "affine") torch::nn::init::zeros_(layer->bias);
  return register_module(name, layer);
}

torch::Tensor ClipModelImpl::project(torch::nn::Linear& projection, const torch::Tensor& features) {
  return normalised(projection ? projection->forward(features) : features);
}

torch::Tensor ClipModelImpl::encode_image(const torch::Tensor& images) {
  return project(image_projection_, image_->forward(images.to(device()))).to(images.device());
}

torch::Tensor ClipModelImpl::encode_text(const torch::Tensor& ids, const torch::Tensor& mask) {
  return project(text_projection_, text_->forward(ids.to(device()), mask.to(device())))
      .to(ids.device());
}

torch::Tensor ClipModelImpl::scale() const {
  return clamped_scale(logit_scale_, options_.max_scale);
}

void ClipModelImpl::clamp_scale() {
  clamp_log_scale(logit_scale_, options_.max_scale);
}

double ClipModelImpl::logit_bias() const {
  return logit_bias_.defined() ? logit_bias_.item<double>() : 0.0;
}

std::map<std::string, int64_t> ClipModelImpl::parameters_by_component() const {
  const int64_t embedding = text_->embedding_parameters();
  return {{"image tower", parameter_count(*image_)},
          {"token embedding", embedding},
          {"text tower", parameter_count(*text_) - embedding},
          {"projections", parameter_count(image_projection_) + parameter_count(text_projection_)},
          {"logit scale", logit_bias_.defined() ? 2 : 1}};
}

int64_t ClipModelImpl::images_at_once() const {
  constexpr int64_t kBytes = 128 << 20;  // of activations
  return std::max<int64_t>(1, kBytes / image_bytes());
}

int64_t ClipModelImpl::image_bytes() const {
  return image_->activations() * static_cast<int64_t>(sizeof(float));
}

int64_t ClipModelImpl::text_bytes(int64_t length) const {
  return text_->activations(length) * static_cast<int64_t>(sizeof(float));
}

int64_t ClipModelImpl::image_flops() const {
  return image_->flops() + flops_of(image_projection_);
}

int64_t ClipModelImpl::text_flops(int64_t length) const {
  return text_->flops(length) + flops_of(text_projection_);
}

ClipModel make_clip_model(const ClipModelOptions& options, uint64_t seed) {
  const SeededGenerator generator(seed);
  return ClipModel(options);
}

}  // namespace clipstill::nn
