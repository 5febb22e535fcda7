#include "nn/inherit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <fmt/ranges.h>

#include "core/contains.h"
#include "core/error.h"
#include "nn/inherit_parts.h"
#include "nn/tower_transformer.h"

namespace clipstill::nn {
namespace {

const StringList kImageKinds{"resnet", "vit"};
const StringList kTextKinds{"transformer", "clip_text"};

void require_kind(const std::string& key, const StringList& kinds, const std::string& student,
                  const std::string& teacher) {
  if (student == teacher && contains(kinds, student)) return;
  fail(ErrorCode::kUsage,
       "{} is {}, the teacher's tower is {}: only towers of the same kind can be inherited, and of "
       "these: {}. Change model.inherit, or {}",
       key, student, teacher, fmt::join(kinds, ", "), key);
}

void require_at_most(const std::string& key, int64_t student, int64_t teacher) {
  if (student <= teacher) return;
  fail(ErrorCode::kUsage,
       "{} is {}, the teacher has {}: a student that inherits is nowhere larger. Change "
       "model.inherit, or {}",
       key, student, teacher, key);
}

void require_equal(const std::string& key, const std::string& student, const std::string& teacher) {
  if (student == teacher) return;
  fail(ErrorCode::kUsage,
       "{} is {}, the teacher's is {}: a student can inherit this tower only where they are equal. "
       "Change model.inherit, or {}",
       key, student, teacher, key);
}

void require_fit(const std::string& tower, const TransformerOptions& student,
                 const TransformerOptions& teacher) {
  require_at_most(tower + ".width", student.width, teacher.width);
  require_at_most(tower + ": heads", student.heads, teacher.heads);
  require_at_most(tower + ".mlp_width", mlp_width(student), mlp_width(teacher));
}

// Weights are of use only in the function that they were trained in.
template <class TowerOptions>
void require_same_function(const std::string& tower, const TowerOptions& student,
                           const TowerOptions& teacher) {
  require_equal(tower + ".activation", student.activation, teacher.activation);
  require_equal(tower + ".norm_epsilon", fmt::format("{}", student.norm_epsilon),
                fmt::format("{}", teacher.norm_epsilon));
}

}  // namespace

std::vector<int64_t> spread(int64_t count, int64_t from) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) {
    indices.push_back(count == 1 ? 0 : (i * (from - 1) + (count - 1) / 2) / (count - 1));
  }
  return indices;
}

torch::Tensor largest(const torch::Tensor& importance, int64_t count) {
  const auto values = importance.contiguous();
  const double* value = values.data_ptr<double>();
  std::vector<int64_t> order(static_cast<size_t>(values.numel()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return value[a] > value[b]; });
  order.resize(static_cast<size_t>(count));
  std::sort(order.begin(), order.end());
  return torch::tensor(order, torch::kLong);
}

torch::Tensor shares(const torch::Tensor& values) {
  const auto sum = values.sum();
  return sum.item<double>() > 0 ? values / sum : values;
}

Inheritance::Inheritance(ClipModelImpl& student_model, const ClipModelImpl& teacher_model)
    : student(named_tensors(student_model)), teacher(named_tensors(teacher_model)) {}

torch::Tensor Inheritance::from(const std::string& name) const {
  return teacher.at(name).detach().to(torch::kDouble);
}

void Inheritance::give(const std::string& name, const torch::Tensor& value) const {
  const auto& tensor = student.at(name);
  if (tensor.sizes() != value.sizes()) {
    fail(ErrorCode::kInternal, "inherited {}: expected [{}], found [{}]", name,
         fmt::join(tensor.sizes(), ", "), fmt::join(value.sizes(), ", "));
  }
  tensor.detach().copy_(value);
}

bool Inheritance::has_projection(const std::string& name) const {
  const auto ours = student.find(name + ".weight"), theirs = teacher.find(name + ".weight");
  return ours != student.end() && theirs != teacher.end() &&
         ours->second.size(0) == theirs->second.size(0) &&
         student.contains(name + ".bias") == teacher.contains(name + ".bias");
}

void inherit_image(ClipModelImpl& student, const ClipModelImpl& teacher,
                   const torch::Tensor& images) {
  const auto& ours = student.options().image;
  const auto& theirs = teacher.options().image;
  require_kind("model.image.arch", kImageKinds, ours.arch, theirs.arch);
  const Inheritance both(student, teacher);
  if (ours.arch == "vit") {
    for (const auto& [key, mine, other] :
         {std::tuple{"model.image.size", ours.size, theirs.size},
          std::tuple{"model.image.patch", ours.patch, theirs.patch}}) {
      require_equal(key, std::to_string(mine), std::to_string(other));
    }
    const auto to = vit_transformer(ours), of = vit_transformer(theirs);
    require_at_most("model.image.blocks", to.layers, of.layers);
    require_fit("model.image", to, of);
    require_same_function("model.image", ours, theirs);
    return inherit_vit(both, theirs, ours);
  }
  require_equal("model.image.blocks (stages)", std::to_string(ours.blocks.size()),
                std::to_string(theirs.blocks.size()));
  for (size_t stage = 0; stage < ours.blocks.size(); ++stage) {
    require_at_most("model.image.blocks", static_cast<int64_t>(ours.blocks[stage]),
                    static_cast<int64_t>(theirs.blocks[stage]));
  }
  require_at_most("model.image.width", ours.width, theirs.width);
  inherit_resnet(both, theirs, ours, images);
}

void inherit_text(ClipModelImpl& student, const ClipModelImpl& teacher, const PieceMap& pieces) {
  const auto& ours = student.options().text;
  const auto& theirs = teacher.options().text;
  require_kind("model.text.arch", kTextKinds, ours.arch, theirs.arch);
  const auto to = text_transformer(ours), of = text_transformer(theirs);
  require_at_most("model.text.layers", to.layers, of.layers);
  require_fit("model.text", to, of);
  require_same_function("model.text", ours, theirs);
  require_at_most("model.text.context", position_rows(ours), position_rows(theirs));
  inherit_text_transformer({student, teacher}, theirs, ours, pieces);
}

void inherit_scale(ClipModelImpl& student, const ClipModelImpl& teacher) {
  Inheritance(student, teacher).give("logit_scale", teacher.scale().log());
  student.clamp_scale();
}

}  // namespace clipstill::nn
