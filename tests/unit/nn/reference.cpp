#include "reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clipstill::nn {
namespace {

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double gelu(double x) {
  return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

Vector linear(const Weights& weights, const std::string& name, const Vector& x) {
  const auto& matrix = weights.at(name + ".weight");
  const auto bias = weights.find(name + ".bias");
  Vector y;
  for (size_t i = 0; i < matrix.size(); ++i) {
    y.push_back(dot(matrix[i], x) + (bias == weights.end() ? 0.0 : bias->second[0][i]));
  }
  return y;
}

Vector layer_norm(const Weights& weights, const std::string& name, const Vector& x) {
  const double width = static_cast<double>(x.size());
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / width;
  double variance = 0;
  for (const double value : x) variance += (value - mean) * (value - mean) / width;
  Vector y;
  for (size_t i = 0; i < x.size(); ++i) {
    y.push_back((x[i] - mean) / std::sqrt(variance + 1e-5) * weights.at(name + ".weight")[0][i] +
                weights.at(name + ".bias")[0][i]);
  }
  return y;
}

Matrix transformer_layer(const Weights& weights, const std::string& prefix, const Matrix& x,
                         size_t heads, const std::vector<bool>& mask) {
  const size_t length = x.size(), width = x[0].size(), head_width = width / heads;
  Matrix qkv;
  for (const auto& row : x) {
    qkv.push_back(linear(weights, prefix + "qkv", layer_norm(weights, prefix + "norm1", row)));
  }
  Matrix y = x;
  for (size_t i = 0; i < length; ++i) {
    Vector mixed(width, 0.0);
    for (size_t head = 0; head < heads; ++head) {
      Vector share(length, 0.0);
      for (size_t j = 0; j < length; ++j) {
        double score = 0;
        for (size_t c = head * head_width; c < (head + 1) * head_width; ++c) {
          score += qkv[i][c] * qkv[j][width + c];
        }
        if (mask[j]) share[j] = std::exp(score / std::sqrt(static_cast<double>(head_width)));
      }
      const double total = std::accumulate(share.begin(), share.end(), 0.0);
      for (size_t j = 0; j < length; ++j) {
        for (size_t c = head * head_width; c < (head + 1) * head_width; ++c) {
          mixed[c] += share[j] / total * qkv[j][2 * width + c];
        }
      }
    }
    const auto attended = linear(weights, prefix + "out", mixed);
    for (size_t c = 0; c < width; ++c) y[i][c] += attended[c];
    auto hidden = linear(weights, prefix + "fc1", layer_norm(weights, prefix + "norm2", y[i]));
    std::transform(hidden.begin(), hidden.end(), hidden.begin(), gelu);
    const auto fed = linear(weights, prefix + "fc2", hidden);
    for (size_t c = 0; c < width; ++c) y[i][c] += fed[c];
  }
  return y;
}

Matrix lstm(const Weights& weights, const std::string& prefix, const std::string& suffix,
            const Matrix& x) {
  const auto& in = weights.at(prefix + "weight_ih" + suffix);
  const auto& recurrent = weights.at(prefix + "weight_hh" + suffix);
  const auto& bias_in = weights.at(prefix + "bias_ih" + suffix)[0];
  const auto& bias_recurrent = weights.at(prefix + "bias_hh" + suffix)[0];
  const size_t width = in.size() / 4;
  const bool reverse = suffix.ends_with("_reverse");
  Matrix states(x.size());
  Vector state(width, 0.0), cell(width, 0.0);
  for (size_t step = 0; step < x.size(); ++step) {
    const size_t at = reverse ? x.size() - 1 - step : step;
    Vector gates;
    for (size_t row = 0; row < 4 * width; ++row) {
      gates.push_back(dot(in[row], x[at]) + bias_in[row] + dot(recurrent[row], state) +
                      bias_recurrent[row]);
    }
    for (size_t c = 0; c < width; ++c) {
      const double input = sigmoid(gates[c]), forget = sigmoid(gates[width + c]);
      const double candidate = std::tanh(gates[2 * width + c]);
      const double output = sigmoid(gates[3 * width + c]);
      cell[c] = forget * cell[c] + input * candidate;
      state[c] = output * std::tanh(cell[c]);
    }
    states[at] = state;
  }
  return states;
}

Planes conv(const Weights& weights, const std::string& name, const Planes& x, size_t out,
            size_t kernel, size_t stride) {
  const auto& filters = weights.at(name + ".weight");
  const auto bias = weights.find(name + ".bias");
  const int edge = static_cast<int>(x[0].size()), size = static_cast<int>(kernel);
  const int pad = size / 2, out_edge = (edge + 2 * pad - size) / static_cast<int>(stride) + 1;
  Planes y(out, Matrix(out_edge, Vector(out_edge, 0.0)));
  for (size_t o = 0; o < out; ++o) {
    for (int row = 0; row < out_edge; ++row) {
      for (int column = 0; column < out_edge; ++column) {
        double sum = bias == weights.end() ? 0.0 : bias->second[0][o];
        for (size_t c = 0; c < x.size(); ++c) {
          for (int dy = 0; dy < size; ++dy) {
            for (int dx = 0; dx < size; ++dx) {
              const int r = row * static_cast<int>(stride) + dy - pad;
              const int k = column * static_cast<int>(stride) + dx - pad;
              if (r < 0 || k < 0 || r >= edge || k >= edge) continue;
              sum += filters[o][(c * kernel + dy) * kernel + dx] * x[c][r][k];
            }
          }
        }
        y[o][row][column] = sum;
      }
    }
  }
  return y;
}

Planes batch_norm(const Weights& weights, const std::string& name, Planes x) {
  for (size_t c = 0; c < x.size(); ++c) {
    const double factor = weights.at(name + ".weight")[0][c] /
                          std::sqrt(weights.at(name + ".running_var")[0][c] + 1e-5);
    for (auto& row : x[c]) {
      for (double& value : row) {
        value = (value - weights.at(name + ".running_mean")[0][c]) * factor +
                weights.at(name + ".bias")[0][c];
      }
    }
  }
  return x;
}

Planes relu(Planes x) {
  for (auto& plane : x) {
    for (auto& row : plane) {
      for (double& value : row) value = std::max(value, 0.0);
    }
  }
  return x;
}

Planes add(Planes a, const Planes& b) {
  for (size_t c = 0; c < a.size(); ++c) {
    for (size_t row = 0; row < a[c].size(); ++row) {
      for (size_t k = 0; k < a[c][row].size(); ++k) a[c][row][k] += b[c][row][k];
    }
  }
  return a;
}

Planes halve(const Planes& x) {
  Planes y;
  for (const auto& plane : x) {
    Matrix half(plane.size() / 2, Vector(plane.size() / 2, 0.0));
    for (size_t row = 0; row < 2 * half.size(); ++row) {
      for (size_t k = 0; k < 2 * half.size(); ++k) half[row / 2][k / 2] += plane[row][k] / 4;
    }
    y.push_back(half);
  }
  return y;
}

Vector pool(const Planes& x) {
  Vector means;
  for (const auto& plane : x) {
    double sum = 0;
    for (const auto& row : plane) sum += std::accumulate(row.begin(), row.end(), 0.0);
    means.push_back(sum / static_cast<double>(plane.size() * plane.size()));
  }
  return means;
}

}  // namespace clipstill::nn
