// ResNets keep channels. A stage has one residual stream, whose channels are the same in all that
// writes or reads them; the channels between a block's two convolutions are its own. Importance is
// energy: of what a batch normalisation writes, by its scale and shift (the scale alone is that of
// Liu et al. 2017, arXiv 1708.06519), and of the kernels that read (Li et al. 2017, arXiv
// 1608.08710).
#include "nn/inherit_resnet.h"

namespace clipstill::nn {
namespace {

using torch::Tensor;

// What is known of a teacher's channels and blocks by its weights.
class ResNetChannels {
 public:
  ResNetChannels(const Inheritance& both, const ImageTowerOptions& teacher,
                 const ImageTowerOptions& student)
      : both_(both), teacher_(teacher), student_(student) {}

  ResNetSource source() const {
    ResNetSource source;
    auto in = source.stem = kept_of_stream(0);
    int64_t to = 0, first = 0;
    for (size_t stage = 0; stage < student_.blocks.size(); ++stage) {
      const auto out = kept_of_stream(stage);
      const auto of = static_cast<int64_t>(teacher_.blocks[stage]);
      auto chosen = spread(static_cast<int64_t>(student_.blocks[stage]), of);
      chosen.push_back(of);
      for (size_t i = 0; i + 1 < chosen.size(); ++i) {
        BlockSource taken{block(to++), {}, stage > 0 && i == 0 ? 2 : 1, in, {}, out};
        for (int64_t b = chosen[i]; b < chosen[i + 1]; ++b) taken.from.push_back(block(first + b));
        taken.inner =
            largest(written(taken.from.front() + "conv1") * read(taken.from.front() + "conv2"),
                    out.size(0));
        source.blocks.push_back(std::move(taken));
        in = out;
      }
      first += of;
    }
    return source;
  }

 private:
  static std::string block(int64_t number) {
    return "image.blocks." + std::to_string(number) + ".";
  }

  // Energy that a convolution's normalised output has by channel, as a share.
  Tensor written(const std::string& conv) const {
    return shares(both_.from(conv + ".bn.weight").square() +
                  both_.from(conv + ".bn.bias").square());
  }

  // Energy of the kernels that see each channel, as a share.
  Tensor read(const std::string& conv) const {
    return shares(both_.from(conv + ".conv.weight").square().sum({0, 2, 3}));
  }

  // Channels of the stage's stream that the student keeps.
  Tensor kept_of_stream(size_t stage) const {
    int64_t first = 0;
    for (size_t s = 0; s < stage; ++s) first += static_cast<int64_t>(teacher_.blocks[s]);
    const int64_t end = first + static_cast<int64_t>(teacher_.blocks[stage]);
    const bool last = stage + 1 == teacher_.blocks.size();
    auto importance = stage == 0 ? written("image.stem") : written(block(first) + "shortcut");
    for (int64_t i = first; i < end; ++i) {
      importance = importance + written(block(i) + "conv2");
      if (i > first || stage == 0) importance = importance + read(block(i) + "conv1");
    }
    if (!last) {
      importance = importance + read(block(end) + "conv1") + read(block(end) + "shortcut");
    } else if (both_.has_projection("image_projection")) {
      importance = importance + shares(both_.from("image_projection.weight").square().sum(0));
    }
    return largest(importance, student_.width << stage);
  }

  const Inheritance& both_;
  const ImageTowerOptions &teacher_, &student_;
};

void take_conv_bn(const Inheritance& both, const std::string& to, const std::string& from,
                  const Tensor& out, const Tensor& in) {
  both.give(to + ".conv.weight",
            both.from(from + ".conv.weight").index_select(0, out).index_select(1, in));
  for (const auto* part : {"weight", "bias", "running_mean", "running_var"}) {
    both.give(to + ".bn." + part, both.from(from + ".bn." + part).index_select(0, out));
  }
}

}  // namespace

void inherit_resnet(const Inheritance& both, const ImageTowerOptions& teacher,
                    const ImageTowerOptions& student, const Tensor& images) {
  const auto source = ResNetChannels(both, teacher, student).source();
  take_conv_bn(both, "image.stem", "image.stem", source.stem, torch::arange(3));
  for (const auto& [to, from, stride, in, inner, out] : source.blocks) {
    take_conv_bn(both, to + "conv1", from.front() + "conv1", inner, in);
    take_conv_bn(both, to + "conv2", from.front() + "conv2", out, inner);
    if (both.student.contains(to + "shortcut.conv.weight")) {
      take_conv_bn(both, to + "shortcut", from.front() + "shortcut", out, in);
    }
  }
  if (both.has_projection("image_projection")) {
    both.give("image_projection.weight",
              both.from("image_projection.weight").index_select(1, source.blocks.back().out));
    const std::string bias = "image_projection.bias";
    if (both.teacher.contains(bias)) both.give(bias, both.from(bias));
  }
  fit_resnet(both, source, images);
}

}  // namespace clipstill::nn
