#include "atoma/wire/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <sstream>

#include "atoma/base/limits.h"
#include "atoma/wire/json_writer.h"

namespace atoma::wire {
namespace {

// Turns yaml-cpp's events into JSON text. What JSON has no word for is refused, not dropped.
class JsonEmitter final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(mark, "", anchor, "null", /*quoted=*/false);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "an alias"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // yaml-cpp marks quoted scalars with the tag "!" and plain ones with "?".
    scalar(mark, tag == "!" || tag == "?" ? "" : tag, anchor, value, /*quoted=*/tag == "!");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (open(mark, tag, anchor)) out_.begin_array();
  }
  void OnSequenceEnd() override {
    if (close()) out_.end_array();
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (!open(mark, tag, anchor)) return;
    out_.begin_object();
    keys_.back() = Next::kKey;
  }
  void OnMapEnd() override {
    if (close()) out_.end_object();
  }

  const std::string& problem() const { return problem_; }
  const JsonWriter& json() const { return out_; }

 private:
  enum class Next : std::uint8_t { kItem, kKey, kValue };

  void refuse(const YAML::Mark& mark, const char* what) {
    if (problem_.empty()) {
      problem_ = "line " + std::to_string(mark.line + 1) + ": " + what + " is not supported";
    }
  }

  bool plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, "an anchor");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "a tag");
    return problem_.empty();
  }

  bool open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (!plain(mark, tag, anchor)) return false;
    if (!keys_.empty() && keys_.back() == Next::kKey) refuse(mark, "a key that is no string");
    if (keys_.size() >= static_cast<std::size_t>(limits::kJsonDepthMax)) {
      refuse(mark, "nesting this deep");
    }
    if (!problem_.empty()) return false;
    advance();
    keys_.push_back(Next::kItem);
    return true;
  }

  bool close() {
    if (!problem_.empty()) return false;
    keys_.pop_back();
    return true;
  }

  void advance() {
    if (keys_.empty() || keys_.back() == Next::kItem) return;
    keys_.back() = keys_.back() == Next::kKey ? Next::kValue : Next::kKey;
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              const std::string& text, bool quoted) {
    if (!plain(mark, tag, anchor)) return;
    if (!keys_.empty() && keys_.back() == Next::kKey) {
      out_.key(text);
    } else if (!quoted && (text == "true" || text == "false" || text == "null")) {
      out_.raw(text);
    } else if (!quoted && is_integer(text)) {
      out_.raw(text);
    } else {
      out_.value(text);
    }
    advance();
  }

  static bool is_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() &&
           std::to_string(value) == text;
  }

  JsonWriter out_;
  std::vector<Next> keys_;
  std::string problem_;
};

}  // namespace

Result<JsonDocument> parse_yaml(std::string_view text) {
  JsonEmitter emitter;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(emitter)) {
      return malformed("yaml.syntax", "the document is empty");
    }
    if (emitter.problem().empty() && parser.HandleNextDocument(emitter)) {
      return malformed("yaml.unsupported", "more than one document");
    }
  } catch (const YAML::Exception& e) {
    return malformed("yaml.syntax", "line " + std::to_string(e.mark.line + 1) + ": " + e.msg);
  }
  if (!emitter.problem().empty()) return malformed("yaml.unsupported", emitter.problem());
  return JsonDocument::parse(emitter.json().str());
}

}  // namespace atoma::wire
