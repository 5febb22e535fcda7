// The matrix kernels of OpenBLAS, which libtorch uses in fp32.
#pragma once

#include <string>

namespace clipstill::train {

/// Name of the kernels that OpenBLAS chose ("SkylakeX"); empty where another library multiplies.
std::string openblas_kernels();

/// The kernels that the CPU's features allow, if OpenBLAS chose much slower ones: it goes by the
/// CPU's model, and takes kernels of 2004 ("Prescott") for a model that is newer than itself. Empty
/// if there is nothing better.
std::string better_kernels(const std::string& chosen, bool has_avx2, bool has_avx512);

/// Starts this program again with better kernels, if there are any: OpenBLAS chooses when it is
/// loaded, and never again. Returns if there is nothing to do, or if that fails.
void restart_with_better_kernels(char** argv);

}  // namespace clipstill::train
