// A graph as the onnx library reads it back from a file.
#pragma once

#include "../core/scratch_folder.h"
#include "exporter/onnx_file.h"
#include "onnx_reader.h"

namespace clipstill::exporter {

inline OnnxSummary written(const Graph& graph) {
  const ScratchFolder folder;
  write_onnx(folder / "x.onnx", graph);
  return read_onnx(folder / "x.onnx");
}

}  // namespace clipstill::exporter
