// Field numbers are those of onnx.proto, the schema of the format
// (github.com/onnx/onnx/blob/main/onnx/onnx.proto).
#include "exporter/onnx_file.h"

#include <span>

#include "core/error.h"
#include "core/files.h"
#include "exporter/protobuf.h"

namespace clipstill::exporter {
namespace {

constexpr uint64_t kMaxBytes = (uint64_t{1} << 31) - 1;

// AttributeProto, with the numbers of its AttributeType.
ProtoMessage to_proto(const Attribute& attribute) {
  ProtoMessage proto;
  proto.text(1, attribute.name);
  if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    proto.integer(3, *integer).integer(20, 2);
  } else if (const auto* number = std::get_if<float>(&attribute.value)) {
    proto.number(2, *number).integer(20, 1);
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    proto.text(4, *text).integer(20, 3);
  } else {
    for (const int64_t value : std::get<Ints>(attribute.value)) proto.integer(8, value);
    proto.integer(20, 7);
  }
  return proto;
}

// NodeProto
ProtoMessage to_proto(const Node& node) {
  ProtoMessage proto;
  for (const auto& value : node.inputs) proto.text(1, value);
  for (const auto& value : node.outputs) proto.text(2, value);
  proto.text(3, node.name).text(4, node.op);
  for (const auto& attribute : node.attributes) proto.message(5, to_proto(attribute));
  return proto;
}

// ValueInfoProto
ProtoMessage to_proto(const Port& port) {
  ProtoMessage shape;
  for (const auto& dim : port.shape) {
    ProtoMessage extent;
    if (const auto* size = std::get_if<int64_t>(&dim)) {
      extent.integer(1, *size);
    } else {
      extent.text(2, std::get<std::string>(dim));
    }
    shape.message(1, extent);
  }
  ProtoMessage tensor, type, proto;
  tensor.integer(1, onnx_type(port.type)).message(2, shape);
  type.message(1, tensor);
  proto.text(1, port.name).message(2, type).text(3, port.doc);
  return proto;
}

std::span<const uint8_t> raw_bytes(const torch::Tensor& tensor) {
  return {static_cast<const uint8_t*>(tensor.data_ptr()), tensor.nbytes()};
}

// TensorProto without the raw data that follow it.
ProtoMessage head_of(const Initializer& initializer) {
  ProtoMessage proto;
  for (const int64_t extent : initializer.value.sizes()) proto.integer(1, extent);
  proto.integer(2, onnx_type(initializer.value.scalar_type())).text(8, initializer.name);
  proto.announce(9, initializer.value.nbytes());
  return proto;
}

}  // namespace

int64_t onnx_type(torch::Dtype type) {
  switch (type) {
    case torch::kFloat:
      return 1;
    case torch::kByte:
      return 2;
    case torch::kChar:
      return 3;
    case torch::kInt:
      return 6;
    case torch::kLong:
      return 7;
    case torch::kHalf:
      return 10;
    default:
      fail(ErrorCode::kInternal, "the exporter writes no tensors of type {}", c10::toString(type));
  }
}

void write_onnx(const std::filesystem::path& path, const Graph& graph) {
  ProtoMessage body;  // GraphProto without its weights
  for (const auto& node : graph.nodes) body.message(1, to_proto(node));
  body.text(2, graph.name).text(10, graph.doc);
  for (const auto& port : graph.inputs) body.message(11, to_proto(port));
  for (const auto& port : graph.outputs) body.message(12, to_proto(port));

  std::vector<ProtoMessage> heads;  // of the weights, each with its place in the graph
  uint64_t graph_bytes = body.bytes().size();
  for (const auto& initializer : graph.initializers) {
    const auto tensor = head_of(initializer);
    auto& head = heads.emplace_back();
    head.announce(5, tensor.bytes().size() + initializer.value.nbytes());
    graph_bytes += head.bytes().size() + tensor.bytes().size() + initializer.value.nbytes();
  }

  ProtoMessage opset, model;  // ModelProto
  opset.text(1, "").integer(2, kOnnxOpset);
  model.integer(1, kOnnxIrVersion).text(2, "clipstill").text(3, CLIPSTILL_VERSION);
  model.text(6, graph.doc).message(8, opset);
  for (const auto& [key, value] : graph.metadata) {
    ProtoMessage entry;
    model.message(14, entry.text(1, key).text(2, value));
  }
  model.announce(7, graph_bytes);
  if (model.bytes().size() + graph_bytes > kMaxBytes) {
    fail(ErrorCode::kBadData,
         "{}: the graph takes {} bytes, an ONNX file holds at most {}; export a smaller model",
         path.string(), graph_bytes, kMaxBytes);
  }

  AtomicFile file(path);
  file.write(model.bytes());
  file.write(body.bytes());
  for (size_t i = 0; i < heads.size(); ++i) {
    file.write(heads[i].bytes());
    file.write(head_of(graph.initializers[i]).bytes());
    file.write(raw_bytes(graph.initializers[i].value));
  }
  file.commit();
}

}  // namespace clipstill::exporter
