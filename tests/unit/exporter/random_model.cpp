#include "random_model.h"

namespace clipstill {

nn::ClipModel random_model(const std::vector<std::string>& settings, uint64_t seed) {
  nn::ClipModelOptions options;
  options.embed_dim = 24;
  options.image.width = 16;
  options.image.blocks = {1, 2, 1};
  options.image.size = 48;
  options.image.head_width = 8;
  options.text.vocabulary = kRandomVocabulary;
  options.text.context = 12;
  options.text.width = 32;
  options.text.head_width = 16;
  OptionSet set;
  nn::declare_options(set, "model", options);
  for (const auto& setting : settings) set.assign_override(setting);

  auto model = nn::make_clip_model(options, seed);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model->parameters()) {
    if (parameter.dim() > 0) parameter.add_(torch::randn_like(parameter) * 0.1);
  }
  for (auto& item : model->named_buffers()) {
    if (item.key().ends_with("running_mean")) item.value().normal_(0, 0.3);
    if (item.key().ends_with("running_var")) item.value().uniform_(0.5, 2.0);
  }
  model->eval();
  return model;
}

exporter::SelftestInputs random_inputs(const nn::ClipModel& model, int64_t rows) {
  const auto& options = model->options();
  const int64_t context = options.text.context;
  const auto length = torch::arange(rows).remainder(context).view({-1, 1}) + 1;
  return {exporter::selftest_pixels(rows, options.image.size),
          torch::randint(options.text.vocabulary, {rows, context}, torch::kLong),
          (torch::arange(context).view({1, -1}) < length).to(torch::kLong),
          {}};
}

}  // namespace clipstill
