// While it lives, this thread runs matrix products and convolutions in bfloat16.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include <string>

#include "core/log.h"
#include "core/machine.h"

// Which libtorch has no autocast by device yet.
#if TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR < 204
#define CLIPSTILL_AUTOCAST_BEFORE_2_4
#endif

namespace clipstill::train {

/// Whether towers run in bfloat16: asked for, and in the CPU. Imitated by libtorch, a step took 14
/// times as long as in fp32 (docs/results.md, Speed).
inline bool runs_in_bfloat16(bool asked_for) {
  return asked_for && has_bfloat16();
}

/// Says where `key` asks in vain.
inline void note_missing_bfloat16(const std::string& key, bool asked_for) {
  if (!asked_for || has_bfloat16()) return;
  log_info("{}: this CPU does not compute in bfloat16; fp32 is used instead", key);
}

class Autocast {
 public:
  explicit Autocast(bool enabled) : enabled_(enabled) {
    if (!enabled_) return;
#ifdef CLIPSTILL_AUTOCAST_BEFORE_2_4
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
#else
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
#endif
    switch_to(true);
  }
  ~Autocast() {
    if (!enabled_) return;
    at::autocast::clear_cache();
    switch_to(false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  static void switch_to(bool enabled) {
#ifdef CLIPSTILL_AUTOCAST_BEFORE_2_4
    at::autocast::set_cpu_enabled(enabled);
#else
    at::autocast::set_autocast_enabled(at::kCPU, enabled);
#endif
  }

  bool enabled_;
};

}  // namespace clipstill::train
