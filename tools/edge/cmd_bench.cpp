// bench: what a bundle costs on this machine.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "cli/context.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "core/stopwatch.h"
#include "edge/bench_child.h"
#include "edge/commands.h"
#include "edge/sample_png.h"
#include "runtime/image_encoder.h"
#include "runtime/text_encoder.h"

namespace clipstill::cli {
namespace {

constexpr int kColdStarts = 5;  // the median is reported
constexpr const char* kText = "a photo of a dog on a beach";

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_(fs::temp_directory_path() / fmt::format("clipstill-bench-{}.png", ::getpid())) {
    write_file(path_, content);
  }
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

double quantile(std::vector<double>& values, double share) {
  const auto index = static_cast<size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(index));
  return values[index];
}

// Seconds of each call, for about `seconds` in all, after one call that warms up.
std::vector<double> time_calls(const std::function<void()>& call, double seconds) {
  call();
  std::vector<double> times;
  const Stopwatch watch;
  do {
    times.push_back(seconds_of(call));
  } while (watch.seconds() < seconds);
  return times;
}

class Bench final : public Command {
 public:
  Bench() : Command("bench", "Measure a bundle on this machine") {
    positional("bundle", bundle_, "folder that `clipstill export` wrote");
    options().add("threads", threads_, "thread counts to measure; none = 1 and all").range(1, 1024);
    options().add("batch", batch_, "inputs of a call where throughput is measured").range(1, 4096);
    options().add("seconds", seconds_, "time for each number").range(0.01, 600);
    offer_json();
  }

  void run(Context& context) override {
    const runtime::BundleFolder folder(bundle_);
    if (threads_.empty()) {
      threads_ = {1.0};
      if (available_threads() > 1) threads_.push_back(available_threads());
    }
    std::vector<Measurement> measurements;
    for (const char* precision : {"fp32", "int8"}) {
      if (!folder.has_precision(precision)) continue;
      for (const double threads : threads_) {
        for (const char* kind : {"image", "text"}) {
          measurements.push_back({kind,
                                  {.threads = static_cast<int64_t>(threads),
                                   .batch = batch_,
                                   .precision = precision}});
        }
      }
    }
    Progress progress("bench", "measurements", 2 * measurements.size());
    // Cold starts come first: a child's peak memory begins at that of its parent, which grows
    // later.
    const TemporaryFile picture(sample_png());
    for (auto& measurement : measurements) {
      measure_cold_starts(measurement, measurement.kind == "image" ? picture.path() : kText);
      progress.advance();
    }
    for (auto& measurement : measurements) {
      measurement.kind == "image" ? measure_images(measurement, folder, picture.path())
                                  : measure_texts(measurement, folder);
      progress.advance();
    }
    print(context, measurements);
  }

 private:
  struct Measurement {
    std::string kind;
    runtime::RuntimeOptions options;
    double latency_p50 = 0, latency_p95 = 0, cold_start = 0;  // seconds
    double per_second = 0;
    uint64_t peak_bytes = 0;
  };

  void measure_cold_starts(Measurement& measurement, const std::string& input) const {
    const auto& options = measurement.options;
    std::vector<double> starts;
    for (int i = 0; i < kColdStarts; ++i) {
      const auto start = measure_cold_start({"embed", bundle_, "--kind", measurement.kind,
                                             "--threads", fmt::format("{}", options.threads),
                                             "--precision", options.precision, "-q", "--", input});
      starts.push_back(start.seconds);
      measurement.peak_bytes = std::max(measurement.peak_bytes, start.peak_bytes);
    }
    measurement.cold_start = quantile(starts, 0.5);
  }

  void measure_images(Measurement& measurement, const runtime::BundleFolder& folder,
                      const std::string& picture) const {
    const runtime::ImageEncoder encoder(folder, measurement.options);
    const MappedFile file(picture);
    const std::vector<runtime::ImageEncoder::Encoded> images(static_cast<size_t>(batch_),
                                                             {file.bytes(), "sample"});
    const auto width = static_cast<size_t>(encoder.width());
    std::vector<float> out(images.size() * width);
    measure(measurement, [&](size_t count) {
      encoder.embed_encoded(std::span(images).first(count), std::span(out).first(count * width));
    });
  }

  void measure_texts(Measurement& measurement, const runtime::BundleFolder& folder) const {
    const runtime::TextEncoder encoder(folder, measurement.options);
    const std::vector<std::string_view> texts(static_cast<size_t>(batch_), kText);
    const auto width = static_cast<size_t>(encoder.width());
    std::vector<float> out(texts.size() * width);
    measure(measurement, [&](size_t count) {
      encoder.embed(std::span(texts).first(count), std::span(out).first(count * width));
    });
  }

  void measure(Measurement& measurement, const std::function<void(size_t count)>& embed) const {
    auto single = time_calls([&] { embed(1); }, seconds_);
    auto batches = time_calls([&] { embed(static_cast<size_t>(batch_)); }, seconds_);
    measurement.latency_p50 = quantile(single, 0.5);
    measurement.latency_p95 = quantile(single, 0.95);
    measurement.per_second = static_cast<double>(batch_) / quantile(batches, 0.5);
  }

  void print(Context& context, const std::vector<Measurement>& measurements) const {
    Json results = Json::array();
    std::vector<std::vector<std::string>> rows{
        {"input", "precision", "threads", "p50", "p95", "throughput", "cold start", "peak memory"}};
    const auto milliseconds = [](double seconds) {
      return fmt::format("{:.2f} ms", 1e3 * seconds);
    };
    for (const auto& m : measurements) {
      results.push_back({{"input", m.kind},
                         {"precision", m.options.precision},
                         {"threads", m.options.threads},
                         {"latency_p50_seconds", m.latency_p50},
                         {"latency_p95_seconds", m.latency_p95},
                         {"per_second", m.per_second},
                         {"cold_start_seconds", m.cold_start},
                         {"peak_bytes", m.peak_bytes}});
      rows.push_back({m.kind, m.options.precision, fmt::format("{}", m.options.threads),
                      milliseconds(m.latency_p50), milliseconds(m.latency_p95),
                      fmt::format("{:.0f}/s", m.per_second), milliseconds(m.cold_start),
                      fmt::format("{:.0f} MB", static_cast<double>(m.peak_bytes) / 1e6)});
    }
    context.print_result(
        Json{{"bundle", bundle_},
             {"onnxruntime", runtime::onnxruntime_version()},
             {"batch", batch_},
             {"measurements", std::move(results)}},
        fmt::format("{}\np50, p95: a call with one input, decoding or tokenizing included. "
                    "throughput: calls with {}.\ncold start: a process from its start to its end, "
                    "with one embedding; peak memory: of that process.",
                    format_table(rows), batch_));
  }

  std::string bundle_;
  NumberList threads_;
  int64_t batch_ = 32;
  double seconds_ = 1;
};

}  // namespace

void register_bench(CommandGroup& root) {
  root.add<Bench>();
}

}  // namespace clipstill::cli
