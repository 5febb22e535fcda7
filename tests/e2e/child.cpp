#include "child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "core/files.h"

namespace clipstill::e2e {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(1);
constexpr auto kPatience = std::chrono::minutes(1);

void redirect(const fs::path& path, int target) {
  const int fd = ::open(path.c_str(), O_WRONLY);
  if (fd < 0 || ::dup2(fd, target) < 0) ::_exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& words) {
  auto copy = words;
  std::vector<char*> argv;
  for (auto& word : copy) argv.push_back(word.data());
  argv.push_back(nullptr);
  for (const char* name : {"out", "err"})
    write_file(scratch_ / name, "");  // also if killed at once
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    redirect(scratch_ / "out", STDOUT_FILENO);
    redirect(scratch_ / "err", STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
}

Child::~Child() {
  if (!is_running()) return;
  send(SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

bool Child::is_running() {
  has_ended_ = has_ended_ || ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !has_ended_;
}

void Child::send(int signal) const {
  if (!has_ended_) ::kill(pid_, signal);  // a zombie at most: it has not been waited for
}

void Child::run_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (is_running() && !condition() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPoll);
  }
}

ProgramResult Child::result() {
  if (!has_ended_) ::waitpid(pid_, &status_, 0);
  has_ended_ = true;
  ProgramResult result;
  result.exit_code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  result.out = read_file(scratch_ / "out");
  result.err = read_file(scratch_ / "err");
  return result;
}

std::vector<std::string> clipstill_words(std::vector<std::string> words) {
  words.insert(words.begin(), CLIPSTILL_BINARY);
  return words;
}

ProgramResult clipstill(std::vector<std::string> words) {
  return cli::run_program(clipstill_words(std::move(words)));
}

nlohmann::json printed(std::vector<std::string> words) {
  words.push_back("--json");
  const auto result = clipstill(std::move(words));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.exit_code == 0 ? nlohmann::json::parse(result.out) : nlohmann::json::object();
}

}  // namespace clipstill::e2e
