// Cooperative stop: SIGINT and SIGTERM set a flag that long work polls at safe points; it
// then saves and throws Error{kInterrupted}. A second signal ends the process at once.
#pragma once

namespace clipstill {

/// Installs the handlers. Called by applications, never by the library.
void install_interrupt_handlers();
bool interrupt_requested() noexcept;
/// For tests and embedding applications.
void request_interrupt(bool value = true) noexcept;

}  // namespace clipstill
