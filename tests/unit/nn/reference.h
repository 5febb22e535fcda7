// Layers as plain loops over doubles: the independent truth of the tests in this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace clipstill::nn {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

/// A module's parameters and statistics by name: a row for each index of the first dimension,
/// one-dimensional ones as a single row.
using Weights = std::map<std::string, Matrix>;

/// Feature maps: [channel][row][column].
using Planes = std::vector<Matrix>;

/// y = W x + b with `name`.weight and, where there is one, `name`.bias.
Vector linear(const Weights& weights, const std::string& name, const Vector& x);

Vector layer_norm(const Weights& weights, const std::string& name, const Vector& x);

/// A pre-norm layer; `mask` says which positions may be attended to.
Matrix transformer_layer(const Weights& weights, const std::string& prefix, const Matrix& x,
                         size_t heads, const std::vector<bool>& mask);

/// The states of one direction of one LSTM layer. `suffix` is "_l0" or "_l0_reverse"; a reverse
/// direction reads from the end.
Matrix lstm(const Weights& weights, const std::string& prefix, const std::string& suffix,
            const Matrix& x);

/// `name`.weight [out, in x k x k], zero padding of k / 2.
Planes conv(const Weights& weights, const std::string& name, const Planes& x, size_t out,
            size_t kernel, size_t stride);

/// With running statistics, epsilon 1e-5.
Planes batch_norm(const Weights& weights, const std::string& name, Planes x);

Planes relu(Planes x);
Planes add(Planes a, const Planes& b);
/// Means of the squares of edge 2.
Planes halve(const Planes& x);
/// Mean of each plane.
Vector pool(const Planes& x);

}  // namespace clipstill::nn
