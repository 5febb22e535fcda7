// Embeds images and texts with a model folder, in the parts that `clipstill teacher embed` takes,
// for tests/reference/teacher_sweep.py: teacher_dump FOLDER IMAGES TEXTS OUT [bf16]. IMAGES and
// TEXTS are files with one path or one text a line. OUT gets pixels, ids, images, texts
// (embeddings) and scale (scale, bias) as .npy, all fp32, and as seconds.npy what the towers took:
// elapsed and processor seconds of images and texts, the least of three times. memory.npy: the most
// bytes in memory since the weights were loaded, and those that were planned.
#include <algorithm>
#include <array>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "bundle/npy.h"
#include "core/allocator.h"
#include "core/bytes.h"
#include "core/error.h"
#include "core/files.h"
#include "core/machine.h"
#include "core/stopwatch.h"
#include "image/codec.h"
#include "image/preprocess.h"
#include "train/autocast.h"
#include "train/batch_tensors.h"
#include "train/blas.h"
#include "train/embedding_plan.h"
#include "train/model_folder.h"
#include "train/threads.h"

namespace {

using namespace clipstill;

void save(const fs::path& folder, const char* name, torch::Tensor values) {
  values = values.to(torch::kFloat).contiguous();
  const int64_t columns = values.size(-1), rows = values.numel() / columns;
  bundle::write_npy(folder / name, {values.data_ptr<float>(), static_cast<size_t>(values.numel())},
                    rows, columns);
}

// Elapsed and processor seconds of `embed`, the least of three times; its last result to `rows`.
std::array<double, 2> timed(const std::function<std::vector<float>()>& embed,
                            std::vector<float>& rows) {
  std::array<double, 2> least{1e9, 1e9};
  for (int round = 0; round < 3; ++round) {
    const auto clock = std::clock();
    const double elapsed = seconds_of([&] { rows = embed(); });
    const double processor = static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC;
    least = {std::min(least[0], elapsed), std::min(least[1], processor)};
  }
  return least;
}

}  // namespace

int main(int count, char** arguments) try {
  train::restart_with_better_kernels(arguments);
  keep_freed_memory();  // as clipstill does
  if (count < 5) return 2;
  const fs::path out = arguments[4];
  make_folders(out);
  train::set_threads(0);
  auto model = train::load_model(arguments[1]);
  forget_peak_memory();  // the mapped file of weights
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
  train::TeacherOptions options;
  options.bf16 = count > 5;
  const auto plan = train::plan_embedding(*model.network, options, torch::get_num_threads());
  std::vector<float> image_rows, text_rows;
  const auto of_images = timed(
      [&] {
        return train::embed_in_parts(
            images.size(0), plan.images, plan, [&](int64_t first, int64_t some) {
              return train::values_of(model.network->encode_image(images.narrow(0, first, some)));
            });
      },
      image_rows);
  const auto of_texts =
      timed([&] { return train::embed_tokens(model.network, ids, mask, plan); }, text_rows);
  const int64_t dim = model.network->options().embed_dim;
  save(out, "images.npy", torch::from_blob(image_rows.data(), {images.size(0), dim}));
  save(out, "texts.npy", torch::from_blob(text_rows.data(), {ids.size(0), dim}));
  save(out, "scale.npy",
       torch::tensor({model.network->scale().item<double>(), model.network->logit_bias()}));
  save(out, "memory.npy",
       torch::tensor({static_cast<double>(peak_memory()), static_cast<double>(plan.bytes)}));
  save(out, "seconds.npy", torch::tensor({of_images[0], of_images[1], of_texts[0], of_texts[1]}));
} catch (const clipstill::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
