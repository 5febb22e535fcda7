// Embeds images and texts with a model folder for tests/reference/teacher_sweep.py:
// teacher_dump FOLDER IMAGES TEXTS OUT [bf16]. IMAGES and TEXTS are files with one path or one text
// a line. OUT gets pixels, ids, images, texts (embeddings) and scale (scale, bias) as .npy, all
// fp32, and the seconds that the towers took as seconds.npy (images, texts).
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "bundle/npy.h"
#include "core/bytes.h"
#include "core/error.h"
#include "core/files.h"
#include "image/codec.h"
#include "image/preprocess.h"
#include "train/autocast.h"
#include "train/batch_tensors.h"
#include "train/blas.h"
#include "train/evaluate.h"
#include "train/model_folder.h"
#include "train/text_groups.h"
#include "train/threads.h"

namespace {

using namespace clipstill;

void save(const fs::path& folder, const char* name, torch::Tensor values) {
  values = values.to(torch::kFloat).contiguous();
  const int64_t columns = values.size(-1), rows = values.numel() / columns;
  bundle::write_npy(folder / name, {values.data_ptr<float>(), static_cast<size_t>(values.numel())},
                    rows, columns);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int count, char** arguments) try {
  train::restart_with_better_kernels(arguments);
  if (count < 5) return 2;
  const fs::path out = arguments[4];
  make_folders(out);
  train::set_threads(0);
  auto model = train::load_model(arguments[1]);
  const torch::InferenceMode guard;
  const train::Autocast autocast(count > 5);

  const auto& preprocess = model.preprocess;
  const auto paths = read_lines(arguments[2]);
  std::vector<float> pixels(preprocess.tensor_size() * paths.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto bytes = read_file(paths[i]);
    const auto encoded = bytes_of(bytes);
    image::preprocess(
        image::decode(encoded, paths[i]), preprocess,
        std::span(pixels).subspan(i * preprocess.tensor_size(), preprocess.tensor_size()));
  }
  const auto images =
      train::image_tensor(pixels, static_cast<int64_t>(paths.size()), preprocess.size);
  save(out, "pixels.npy", images.contiguous().flatten(1));

  const auto lines = read_lines(arguments[3]);
  const std::vector<std::string_view> texts(lines.begin(), lines.end());
  auto tokens = model.tokenizer->encode_batch(
      texts, static_cast<int>(model.network->options().text.context), /*pad_to_context=*/true);
  const auto [ids, mask] = train::token_tensors(tokens);
  save(out, "ids.npy", ids);

  model.network->encode_image(images.narrow(0, 0, 1));  // the first call prepares kernels
  auto start = std::chrono::steady_clock::now();
  std::vector<torch::Tensor> parts;
  for (const auto& part : images.split(model.network->images_at_once())) {
    parts.push_back(model.network->encode_image(part));
  }
  const auto image_embeddings = torch::cat(parts);
  const double image_seconds = seconds_since(start);
  start = std::chrono::steady_clock::now();
  const auto text_embeddings = train::encode_text_by_length(model.network, ids, mask);
  const double text_seconds = seconds_since(start);
  save(out, "images.npy", image_embeddings);
  save(out, "texts.npy", text_embeddings);
  save(out, "scale.npy",
       torch::tensor({model.network->scale().item<double>(), model.network->logit_bias()}));
  save(out, "seconds.npy", torch::tensor({image_seconds, text_seconds}));
} catch (const clipstill::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
