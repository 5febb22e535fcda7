#include "cli/completions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace clipstill::cli {
namespace {

struct Flag {
  std::string name;  // "--train.lr"
  std::string help;
  StringList values;  // fixed choices of its value
  bool takes_value = false;
};

// One place of the command tree: what may follow the words of `path`.
struct Node {
  StringList path;                                            // below the program's name
  std::vector<std::pair<std::string, std::string>> children;  // name, summary
  std::vector<Flag> flags;
};

Node command_node(const Command& command, StringList path) {
  Node node;
  node.path = std::move(path);
  for (const auto& spec : command.options().specs()) {
    const bool is_switch = std::holds_alternative<bool*>(spec->target);
    node.flags.push_back({"--" + spec->key, spec->help, spec->choices, !is_switch});
  }
  if (command.offers_json()) node.flags.push_back({"--json", "Print results as JSON", {}, false});
  node.flags.push_back({"--quiet", "Show no progress; only warnings and errors", {}, false});
  node.flags.push_back({"--help", "Show this help", {}, false});
  return node;
}

void collect(const CommandGroup& group, const StringList& path, std::vector<Node>& nodes) {
  Node node;
  node.path = path;
  node.flags.push_back({"--help", "Show this help", {}, false});
  if (path.empty()) node.flags.push_back({"--version", "Show versions", {}, false});
  for (const auto& child : group.groups()) {
    node.children.emplace_back(child->name(), child->summary());
  }
  for (const auto& child : group.commands()) {
    node.children.emplace_back(child->name(), child->summary());
  }
  for (const auto& child : group.delegates()) {
    node.children.emplace_back(child.name, child.summary);
  }
  nodes.push_back(std::move(node));
  const auto below = [&](const std::string& name) {
    StringList longer = path;
    longer.push_back(name);
    return longer;
  };
  for (const auto& child : group.groups()) collect(*child, below(child->name()), nodes);
  for (const auto& child : group.commands()) {
    nodes.push_back(command_node(*child, below(child->name())));
  }
  for (const auto& child : group.delegates()) {
    nodes.emplace_back().path = below(child.name);
  }
}

std::string words_of(const Node& node) {
  StringList words;
  for (const auto& [name, summary] : node.children) words.push_back(name);
  for (const auto& flag : node.flags) words.push_back(flag.name);
  return fmt::format("{}", fmt::join(words, " "));
}

// Both shells walk the words typed so far down the tree, then look up what may follow; they
// differ in how they are told the answer.
constexpr std::string_view kBashFrame = R"sh(# bash completion of {0}
_{0}_words() {{
  case "$1" in
{1}  esac
}}
_{0}_values() {{
  case "$1 $2" in
{2}    *) ;;
  esac
}}
_{0}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    case " $(_{0}_words "$path") " in
      *" $word "*) [[ $word == -* ]] || path="${{path:+$path }}$word" ;;
    esac
  done
  local found
  found="$(_{0}_values "$path" "$previous")"
  [[ -n $found ]] || found="$(_{0}_words "$path")"
  COMPREPLY=($(compgen -W "$found" -- "$current"))
}}
complete -o default -F _{0} {0}
)sh";

constexpr std::string_view kZshFrame = R"sh(#compdef {0}
# zsh completion of {0}
_{0}_words() {{
  case "$1" in
{1}  esac
}}
_{0}_values() {{
  case "$1 $2" in
{2}    *) ;;
  esac
}}
_{0}() {{
  local trail="" word
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case " $(_{0}_words "$trail") " in
      *" $word "*) [[ $word == -* ]] || trail="${{trail:+$trail }}$word" ;;
    esac
  done
  local -a found
  found=(${{=$(_{0}_values "$trail" "${{words[CURRENT-1]}}")}})
  (( $#found )) || found=(${{=$(_{0}_words "$trail")}})
  compadd -a found
  _files
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)sh";

std::string posix_script(const std::string& program, const std::vector<Node>& nodes,
                         std::string_view frame) {
  std::string words, values;
  for (const auto& node : nodes) {
    const auto path = fmt::format("{}", fmt::join(node.path, " "));
    words += fmt::format("    \"{}\") echo \"{}\" ;;\n", path, words_of(node));
    for (const auto& flag : node.flags) {
      if (flag.values.empty()) continue;
      values += fmt::format("    \"{} {}\") echo \"{}\" ;;\n", path, flag.name,
                            fmt::join(flag.values, " "));
    }
  }
  return fmt::format(fmt::runtime(frame), program, words, values);
}

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// True when all words of the path have been typed, and none of what may follow it.
std::string fish_condition(const Node& node) {
  std::string text;
  for (const auto& word : node.path) {
    text += fmt::format("{}__fish_seen_subcommand_from {}", text.empty() ? "" : "; and ", word);
  }
  if (node.children.empty()) return text;
  StringList names;
  for (const auto& [name, summary] : node.children) names.push_back(name);
  return text + fmt::format("{}not __fish_seen_subcommand_from {}", text.empty() ? "" : "; and ",
                            fmt::join(names, " "));
}

std::string fish_script(const std::string& program, const std::vector<Node>& nodes) {
  std::string text = fmt::format("# fish completion of {}\n", program);
  for (const auto& node : nodes) {
    const auto start =
        fmt::format("complete -c {} -n {}", program, fish_quoted(fish_condition(node)));
    for (const auto& [name, summary] : node.children) {
      text += fmt::format("{} -f -a {} -d {}\n", start, name, fish_quoted(summary));
    }
    for (const auto& flag : node.flags) {
      text += fmt::format("{} -l {} -d {}", start, flag.name.substr(2), fish_quoted(flag.help));
      if (!flag.values.empty()) {
        text +=
            fmt::format(" -x -a {}", fish_quoted(fmt::format("{}", fmt::join(flag.values, " "))));
      } else if (flag.takes_value) {
        text += " -r";
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CommandGroup& root, Shell shell) {
  std::vector<Node> nodes;
  collect(root, {}, nodes);
  switch (shell) {
    case Shell::kBash:
      return posix_script(root.name(), nodes, kBashFrame);
    case Shell::kZsh:
      return posix_script(root.name(), nodes, kZshFrame);
    case Shell::kFish:
      return fish_script(root.name(), nodes);
  }
  return {};
}

}  // namespace clipstill::cli
