// Proof of what ran: a graph that says int8 may be turned back into fp32 when it is loaded.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/bundle_folder.h"
#include "runtime/runtime_options.h"

namespace clipstill::runtime {

/// Operators that one run of an encoder executed, by ONNX Runtime's profile, and how many of each.
using KernelCounts = std::map<std::string, int64_t>;

KernelCounts image_kernels(const BundleFolder& folder, const RuntimeOptions& options);
KernelCounts text_kernels(const BundleFolder& folder, const RuntimeOptions& options);

/// Of those, the ones that compute on int8: QLinearConv, MatMulIntegerToFloat, …
KernelCounts int8_kernels(const KernelCounts& counts);

/// "13 QLinearConv, 3 QLinearAdd"; "none" if there are none.
std::string describe(const KernelCounts& counts);

}  // namespace clipstill::runtime
