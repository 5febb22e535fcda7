// Pre-norm transformers. Everything reads the residual stream x [W] through a layer norm, which
// first takes off its mean: x matters only within the W - 1 directions orthogonal to (1, ..., 1).
// With orthonormal columns C [W, w] in that space, chosen so that C (1, ..., 1) = 0 too,
//   z = x C is a stream whose layer norm takes off nothing, and
//   norm(x) is sqrt(W / w) C norm(z), exactly where C spans x.
// So whatever writes x is multiplied by C, whatever reads it by sqrt(W / w) C, and the norm's own
// weight and bias go into the reader (Ashkboos et al. 2024, section 3, who have one C per layer and
// matrices between them; here one serves all, and their rotation is of activations, not weights).
#include <cmath>

#include "nn/inherit_parts.h"
#include "nn/low_rank.h"
#include "nn/tower_transformer.h"

namespace clipstill::nn {
namespace {

using torch::Tensor;

// How much each pair of the stream's channels is written together, [W, W], as a share of the whole:
// of `rows` [n, W] without the part that a layer norm takes off.
Tensor gram(const Tensor& rows) {
  const auto centred = rows - rows.mean(1, /*keepdim=*/true);
  const auto product = centred.t().matmul(centred);
  const auto trace = product.trace();
  return trace.item<double>() > 0 ? product / trace : product;
}

// The cosine basis (DCT-II) of the w - 1 directions orthogonal to (1, ..., 1): [w, w - 1].
Tensor balanced_directions(int64_t width) {
  const auto place = torch::arange(width, torch::kDouble) + 0.5;
  const auto frequency = torch::arange(1, width, torch::kDouble);
  return torch::cos(torch::outer(place, frequency) * (M_PI / static_cast<double>(width))) *
         std::sqrt(2.0 / static_cast<double>(width));
}

// C [W, w]: the leading directions of what is written, by the sum of grams.
Tensor leading_directions(Tensor sum, int64_t width) {
  const int64_t from = sum.size(0);
  sum = sum - sum.trace() / static_cast<double>(from);          // (1, ..., 1) comes last
  const auto vectors = std::get<1>(at::linalg_eigh(sum, "L"));  // ascending
  return vectors.narrow(1, from - width + 1, width - 1).matmul(balanced_directions(width).t());
}

class LayerInheritance {
 public:
  LayerInheritance(const Inheritance& both, const TransformerOptions& teacher,
                   const TransformerOptions& student, Tensor basis)
      : both_(both), teacher_(teacher), student_(student), basis_(std::move(basis)) {}

  void take(const std::string& to, const std::string& from) const {
    attention(to, from);
    feed_forward(to, from);
    for (const auto* norm : {"norm1.", "norm2."}) {
      both_.give(to + norm + "weight", torch::ones({student_.width}));
      both_.give(to + norm + "bias", torch::zeros({student_.width}));
    }
  }

  // A reader of LN(x): [out, w + 1], the last column its bias.
  Tensor reader(const std::string& norm, const Tensor& weight, const Tensor& bias) const {
    const auto gain =
        std::sqrt(static_cast<double>(teacher_.width) / static_cast<double>(student_.width));
    const auto constant = weight.mv(both_.from(norm + "bias")) + bias;
    return torch::cat(
        {(weight * both_.from(norm + "weight")).matmul(basis_) * gain, constant.unsqueeze(1)}, 1);
  }

 private:
  // Scores depend on q and k through the product of their readers alone, what is written on that
  // of values and output: both get the best factors of the student's head width. A softmax sums to
  // one, so that the constant part of the values passes as it is. Heads are chosen by the norm of
  // the second product.
  void attention(const std::string& to, const std::string& from) const {
    const int64_t heads = teacher_.heads, width = teacher_.width, head = width / heads;
    const int64_t student_head = student_.width / student_.heads;
    const auto qkv =
        reader(from + "norm1.", both_.from(from + "qkv.weight"), both_.from(from + "qkv.bias"))
            .view({3, heads, head, student_.width + 1});
    const auto out =
        basis_.t().matmul(both_.from(from + "out.weight")).view({student_.width, heads, head});
    std::vector<Tensor> written;
    for (int64_t h = 0; h < heads; ++h)
      written.push_back(out.select(1, h).matmul(qkv[2][h]).norm());
    const auto chosen = largest(torch::stack(written), student_.heads);
    const double temperature = std::pow(
        static_cast<double>(student_head) / static_cast<double>(head), 0.25);  // of each factor
    std::vector<Tensor> queries, keys, values, outs;
    for (int64_t i = 0; i < student_.heads; ++i) {
      const auto h = chosen[i].item<int64_t>();
      const auto [q, k] = low_rank(qkv[0][h].t(), qkv[1][h], student_head);
      queries.push_back(q.t() * temperature);
      keys.push_back(k * temperature);
      const auto [o, v] = low_rank(out.select(1, h), qkv[2][h], student_head);
      values.push_back(v);
      outs.push_back(o);
    }
    for (auto* part : {&keys, &values}) queries.insert(queries.end(), part->begin(), part->end());
    give_linear(to + "qkv.", torch::cat(queries, 0));
    both_.give(to + "out.weight", torch::cat(outs, 1));
    both_.give(to + "out.bias", both_.from(from + "out.bias").matmul(basis_));
  }

  // Units by the norm of what they read times the norm of what they write.
  void feed_forward(const std::string& to, const std::string& from) const {
    const auto first = reader(from + "norm2.", both_.from(from + "fc1.weight"),
                              both_.from(from + "fc1.bias"));                // [M, w + 1]
    const auto second = basis_.t().matmul(both_.from(from + "fc2.weight"));  // [w, M]
    const auto units = largest(first.narrow(1, 0, student_.width).norm(2, 1) * second.norm(2, 0),
                               mlp_width(student_));
    give_linear(to + "fc1.", first.index_select(0, units));
    both_.give(to + "fc2.weight", second.index_select(1, units));
    both_.give(to + "fc2.bias", both_.from(from + "fc2.bias").matmul(basis_));
  }

  void give_linear(const std::string& to, const Tensor& weight_and_bias) const {
    both_.give(to + "weight", weight_and_bias.narrow(1, 0, student_.width));
    both_.give(to + "bias", weight_and_bias.select(1, student_.width));
  }

  const Inheritance& both_;
  const TransformerOptions &teacher_, &student_;
  Tensor basis_;
};

}  // namespace

Tensor inherit_transformer(const Inheritance& both, const std::string& prefix,
                           const std::string& projection, const TransformerOptions& teacher,
                           const TransformerOptions& student, const std::vector<Tensor>& inputs) {
  const auto layers = spread(student.layers, teacher.layers);
  const auto layer = [&](int64_t i) { return prefix + "layer" + std::to_string(i) + "."; };
  const bool projects = both.has_projection(projection);

  auto sum = torch::zeros({teacher.width, teacher.width}, torch::kDouble);
  for (const auto& rows : inputs) sum += gram(rows);
  for (const int64_t i : layers) {
    for (const auto* writer : {"out.weight", "fc2.weight"}) {
      sum += gram(both.from(layer(i) + writer).t());
    }
  }
  const auto basis = leading_directions(sum, student.width);

  const LayerInheritance inheritance(both, teacher, student, basis);
  for (int64_t i = 0; i < student.layers; ++i) {
    inheritance.take(layer(i), layer(layers[static_cast<size_t>(i)]));
  }
  const auto norm = prefix + "norm.";
  both.give(norm + "weight", torch::ones({student.width}));
  both.give(norm + "bias", torch::zeros({student.width}));
  if (!projects) return basis;
  // A projection may have no bias for the norm's. But nothing of norm(z) lies along (1, ..., 1): a
  // constant there, of length one, carries it.
  const auto weight = both.from(projection + ".weight");
  const auto zeros = torch::zeros({weight.size(0)}, torch::kDouble);
  const bool biased = both.teacher.contains(projection + ".bias");
  const auto read =
      inheritance.reader(norm, weight, biased ? both.from(projection + ".bias") : zeros);
  const auto along = torch::full({student.width}, 1 / std::sqrt(student.width), torch::kDouble);
  both.give(norm + "bias", along);
  both.give(projection + ".weight",
            read.narrow(1, 0, student.width) + torch::outer(read.select(1, student.width), along));
  if (biased) both.give(projection + ".bias", zeros);
  return basis;
}

void inherit_vit(const Inheritance& both, const ImageTowerOptions& teacher,
                 const ImageTowerOptions& student) {
  const std::string prefix = "image.";
  const auto patch = both.from(prefix + "patch.weight").flatten(1).t();      // [3 p p, W]
  const auto position = both.from(prefix + "position");                      // [P + 1, W]
  const auto class_token = both.from(prefix + "class_token").view({1, -1});  // [1, W]
  const auto basis =
      inherit_transformer(both, prefix + "transformer.", "image_projection",
                          vit_transformer(teacher), vit_transformer(student), {patch, position});
  both.give(prefix + "patch.weight",
            patch.matmul(basis).t().reshape({student.width, 3, student.patch, student.patch}));
  both.give(prefix + "position", position.matmul(basis));
  both.give(prefix + "class_token", class_token.matmul(basis).view({1, 1, -1}));
}

}  // namespace clipstill::nn
