// While it lives, this thread runs matrix products and convolutions in bfloat16.
#pragma once

#include <ATen/autocast_mode.h>

#include <string>

#include "core/log.h"
#include "core/machine.h"

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
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(true);
  }
  ~Autocast() {
    if (!enabled_) return;
    at::autocast::clear_cache();
    at::autocast::set_cpu_enabled(false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
};

}  // namespace clipstill::train
