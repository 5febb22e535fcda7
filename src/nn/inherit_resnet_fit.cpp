// What a selection of channels breaks is mended by least squares: each convolution of the student
// is moved to what, on images, brings its output nearest to the kept channels of the teacher (He et
// al. 2017, arXiv 1707.06168, equation 4: reconstruction; one layer after the other, each with what
// the student's layers before it really give).
#include <algorithm>

#include "nn/inherit_resnet.h"

namespace clipstill::nn {
namespace {

using torch::Tensor;

constexpr double kRidge = 1e-3;       // of the mean square of the inputs, towards what is there
constexpr double kLeastScale = 1e-2;  // of the largest: a normalisation that shrinks further says
                                      // too little about its input
constexpr int64_t kPatchFloats = 16 << 20;  // at once
constexpr double kEpsilon = 1e-5;           // of batch normalisation, libtorch's default

Tensor convolved(const NamedTensors& model, const std::string& name, const Tensor& x,
                 int64_t stride) {
  const auto& weight = model.at(name + ".conv.weight");
  return torch::conv2d(x, weight, {}, stride, weight.size(2) / 2);
}

Tensor conv_bn(const NamedTensors& model, const std::string& name, const Tensor& x,
               int64_t stride) {
  const auto bn = [&](const char* part) { return model.at(name + ".bn." + part); };
  return torch::batch_norm(convolved(model, name, x, stride), bn("weight"), bn("bias"),
                           bn("running_mean"), bn("running_var"), /*training=*/false,
                           /*momentum=*/0, kEpsilon, /*cudnn_enabled=*/false);
}

Tensor pooled(const Tensor& x, int64_t stride) {
  return stride > 1 ? torch::avg_pool2d(x, stride) : x;
}

// A block of the teacher before its last rectifier.
Tensor unrectified(const NamedTensors& model, const std::string& block, const Tensor& x,
                   int64_t stride) {
  auto residual = pooled(x, stride);
  if (model.contains(block + "shortcut.conv.weight")) {
    residual = conv_bn(model, block + "shortcut", residual, 1);
  }
  const auto inner = torch::relu(conv_bn(model, block + "conv1", x, stride));
  return conv_bn(model, block + "conv2", inner, 1) + residual;
}

// The change D [F, O] of a linear map that makes rows [n, F] D nearest to errors [n, O].
class LeastSquares {
 public:
  void add(const Tensor& rows, const Tensor& errors) {
    const auto inputs = rows.t().matmul(rows).to(torch::kDouble);
    const auto both = rows.t().matmul(errors).to(torch::kDouble);
    gram_ = gram_.defined() ? gram_ + inputs : inputs;
    products_ = products_.defined() ? products_ + both : both;
  }
  Tensor change() const {
    const auto ridge = gram_.diagonal().mean() * kRidge;
    return at::linalg_solve(gram_ + ridge * torch::eye(gram_.size(0), torch::kDouble), products_);
  }

 private:
  Tensor gram_, products_;
};

// Moves the convolution `name` of the student to where its normalised output on x is nearest to
// `goal` [N, O, H, W].
void fit(const NamedTensors& student, const std::string& name, const Tensor& x, int64_t stride,
         const Tensor& goal) {
  auto weight = student.at(name + ".conv.weight");
  auto mean = student.at(name + ".bn.running_mean");
  const auto& scale = student.at(name + ".bn.weight");
  const auto deviation = (student.at(name + ".bn.running_var") + kEpsilon).sqrt();
  const auto usable = scale.abs() > kLeastScale * scale.abs().max();  // [O]
  const auto column = [](const Tensor& channels) { return channels.view({1, -1, 1, 1}); };
  const auto before = (goal - column(student.at(name + ".bn.bias"))) *
                          column(deviation / torch::where(usable, scale, torch::ones_like(scale))) +
                      column(mean);
  const auto errors =
      (before - convolved(student, name, x, stride)) * column(usable);  // [N, O, H, W]
  const int64_t outputs = weight.size(0), edge = weight.size(2);
  const int64_t inputs = weight.numel() / outputs;
  const int64_t places = errors.size(2) * errors.size(3);
  const int64_t chunk = std::max<int64_t>(1, kPatchFloats / (places * (inputs + 1)));
  LeastSquares squares;
  for (int64_t first = 0; first < x.size(0); first += chunk) {
    const int64_t count = std::min(chunk, x.size(0) - first);
    const auto patches = torch::im2col(x.narrow(0, first, count), {edge, edge}, {1, 1},
                                       {edge / 2, edge / 2}, {stride, stride})
                             .transpose(1, 2)
                             .reshape({count * places, inputs});
    squares.add(torch::cat({patches, torch::ones({count * places, 1})}, 1),
                errors.narrow(0, first, count).flatten(2).transpose(1, 2).reshape({-1, outputs}));
  }
  const auto change = squares.change();  // [F + 1, O], the last row what the mean is off
  weight.detach().add_(change.narrow(0, 0, inputs).t().reshape(weight.sizes()));
  mean.detach().sub_(change[inputs]);
}

}  // namespace

void fit_resnet(const Inheritance& both, const ResNetSource& source, const Tensor& images) {
  const torch::NoGradGuard no_grad;
  const auto &teacher = both.teacher, &student = both.student;
  auto theirs = torch::relu(conv_bn(teacher, "image.stem", images, 2));
  auto ours = torch::relu(conv_bn(student, "image.stem", images, 2));
  for (const auto& block : source.blocks) {
    const auto& to = block.to;
    fit(student, to + "conv1", ours, block.stride,
        conv_bn(teacher, block.from.front() + "conv1", theirs, block.stride)
            .index_select(1, block.inner));
    const auto inner = torch::relu(conv_bn(student, to + "conv1", ours, block.stride));
    auto residual = pooled(ours, block.stride);
    if (student.contains(to + "shortcut.conv.weight")) {
      fit(student, to + "shortcut", residual, 1,
          conv_bn(teacher, block.from.front() + "shortcut", pooled(theirs, block.stride), 1)
              .index_select(1, block.out));
      residual = conv_bn(student, to + "shortcut", residual, 1);
    }
    Tensor goal;
    for (size_t i = 0; i < block.from.size(); ++i) {
      goal = unrectified(teacher, block.from[i], theirs, i == 0 ? block.stride : 1);
      theirs = torch::relu(goal);
    }
    fit(student, to + "conv2", inner, 1, goal.index_select(1, block.out) - residual);
    ours = torch::relu(conv_bn(student, to + "conv2", inner, 1) + residual);
  }
  if (!both.has_projection("image_projection")) return;
  const auto& weight = student.at("image_projection.weight");
  const auto goal = theirs.mean({2, 3}).matmul(teacher.at("image_projection.weight").t());
  const auto features = ours.mean({2, 3});
  LeastSquares squares;
  squares.add(features, goal - features.matmul(weight.t()));
  weight.detach().add_(squares.change().t());
}

}  // namespace clipstill::nn
