#include "bundle/onnx_check.h"

#include <gtest/gtest.h>

#include <string>

#include "../core/expect_error.h"
#include "core/bytes.h"
#include "core/files.h"

namespace clipstill::bundle {
namespace {

void check(const std::string& bytes) {
  check_onnx(bytes_of(bytes), "x.onnx");
}

// One field of wire type 2 (a message, a string), as protocol buffers encode it.
std::string field(int number, const std::string& content) {
  std::string out;
  const auto varint = [&](uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
  };
  varint(static_cast<uint64_t>(number) << 3 | 2);
  varint(content.size());
  return out + content;
}

std::string real_graph() {
  return read_file(CLIPSTILL_TEST_DATA "/bundle/v1/onnx/text_encoder.onnx");
}

// StringStringEntryProto: the path of another file.
const std::string kEntry = field(1, "location") + field(2, "/etc/passwd");
const std::string kExternal = field(13, kEntry);
const std::string kLocation = "\x70\x01";  // field 14, varint: data_location = EXTERNAL

TEST(OnnxCheck, AcceptsWhatAnExportWrites) {
  check(real_graph());
}

TEST(OnnxCheck, FindsExternalDataWhereverATensorCanBe) {
  for (const auto& tensor : {kExternal, kLocation, field(8, "weight") + kLocation}) {
    const auto initializer = field(5, tensor);
    const auto sparse = field(15, field(1, tensor));
    const auto constant = field(1, field(5, field(5, tensor)));
    const auto list = field(1, field(5, field(10, tensor)));
    const auto subgraph = field(1, field(5, field(6, initializer)));
    const auto deeper = field(1, field(5, field(11, subgraph)));
    for (const auto& graph : {initializer, sparse, constant, list, subgraph, deeper}) {
      // Protocol buffers merge a field that comes twice, so an appended graph joins the first.
      for (const auto& model : {field(7, graph), real_graph() + field(7, graph)}) {
        expect_error(ErrorCode::kBadData, {"x.onnx", "another file"}, [&] { check(model); });
      }
    }
    const auto function = field(25, field(7, field(5, field(5, tensor))));
    expect_error(ErrorCode::kBadData, {"another file"}, [&] { check(function); });
  }
}

TEST(OnnxCheck, FindsEveryTruncation) {
  const auto whole = real_graph();
  int accepted = 0;
  for (size_t size = 0; size < whole.size(); size += size < 2000 ? 1 : 97) {
    try {
      check(whole.substr(0, size));
      ++accepted;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
    }
  }
  EXPECT_LE(accepted, 10);  // between two fields of the model the rest is a model too
}

TEST(OnnxCheck, RefusesWhatIsNoProtocolBuffer) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep = field(1, field(5, field(6, deep)));
  for (const std::string& bytes :
       {std::string(), std::string("\x3b"), std::string(12, '\xff'), std::string("\x3a\xff\xff"),
        std::string("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), field(7, deep)}) {
    expect_error(ErrorCode::kBadData, {"x.onnx"}, [&] { check(bytes); });
  }
}

}  // namespace
}  // namespace clipstill::bundle
