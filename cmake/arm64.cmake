# Compiles for 64-bit ARM with Debian's cross compiler and the arm64 packages that scripts/setup
# --arm64 installs beside this machine's own (multiarch).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# This machine's pkg-config would answer for this machine's libraries.
set(PKG_CONFIG_EXECUTABLE aarch64-linux-gnu-pkg-config)
# For the tests of other projects that use this file (tests/install).
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../scripts/arm64_run)
