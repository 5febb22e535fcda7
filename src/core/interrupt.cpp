#include "core/interrupt.h"

#include <atomic>
#include <csignal>

namespace clipstill {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "used in a signal handler");

void handle(int signal) {
  if (requested.exchange(true)) {  // the second signal: the default action
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

void install_interrupt_handlers() {
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
}

bool interrupt_requested() noexcept {
  return requested.load(std::memory_order_relaxed);
}

void request_interrupt(bool value) noexcept {
  requested.store(value);
}

}  // namespace clipstill
