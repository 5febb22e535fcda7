// What may not be in an ONNX file that someone sends.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace clipstill::bundle {

/// Walks the graph, its subgraphs and its functions. kBadData naming `name` (the file) if a tensor
/// keeps its values in another file, whose path could be anyone's, or if the file is not a protocol
/// buffer from beginning to end (truncated, damaged). Whether the graph makes sense is left to
/// ONNX Runtime.
void check_onnx(std::span<const uint8_t> file, const std::string& name);

}  // namespace clipstill::bundle
