#include "atoma/wire/xml.h"

#include <algorithm>
#include <format>
#include <utility>

#include "atoma/base/limits.h"
#include "xml_text.h"

namespace atoma::wire {
namespace {

constexpr std::string_view kXmlUri = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kXmlnsUri = "http://www.w3.org/2000/xmlns/";

std::unexpected<Error> syntax(const char* what) { return malformed("xml.syntax", what); }
std::unexpected<Error> refused(const char* what) { return malformed("xml.refused", what); }
std::unexpected<Error> bad_namespace(const std::string& what) {
  return malformed("xml.namespace", what);
}

struct QName {
  std::string prefix, local;
};

// An attribute as it stands, before it is known what its prefix means.
struct RawAttribute {
  QName name;
  std::string value;
};

class XmlParser {
 public:
  explicit XmlParser(std::string_view text) : rest_(text) {}

  Result<std::unique_ptr<XmlElement>> run() {
    ATOMA_TRY_VOID(skip_declaration());
    skip_space();
    ATOMA_TRY(auto root, element(nullptr, 1));
    skip_space();
    if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
      return refused("a comment or an instruction after the root");
    }
    if (!rest_.empty()) return syntax("something after the root element");
    return root;
  }

 private:
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool skip_space() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && xml::is_space(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  // Only the form that says what is true anyway.
  Status skip_declaration() {
    if (!rest_.starts_with("<?xml") || rest_.size() < 6 || !xml::is_space(rest_[5])) return {};
    const auto end = rest_.find("?>");
    if (end == std::string_view::npos) return syntax("the declaration does not end");
    std::string words;
    for (const char c : rest_.substr(5, end - 5)) {
      if (!xml::is_space(c)) words += c == '\'' ? '"' : c;
    }
    std::ranges::transform(words, words.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    if (words != R"(version="1.0")" && words != R"(version="1.0"encoding="utf-8")" &&
        words != R"(version="1.0"encoding="utf-8"standalone="yes")" &&
        words != R"(version="1.0"encoding="utf-8"standalone="no")") {
      return refused("a declaration other than of XML 1.0 in UTF-8");
    }
    rest_.remove_prefix(end + 2);
    return {};
  }

  Result<QName> name() {
    QName out;
    ATOMA_TRY(out.local, ncname());
    if (!take(":")) return out;
    out.prefix = std::move(out.local);
    ATOMA_TRY(out.local, ncname());
    return out;
  }

  Result<std::string> ncname() {
    if (rest_.empty() || !xml::is_name_start(rest_.front())) return syntax("expected a name");
    std::size_t size = 1;
    while (size < rest_.size() && xml::is_name_part(rest_[size])) ++size;
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }

  // The character of the reference at the front, which begins with '&'.
  Status reference(std::string& out) {
    constexpr std::size_t kReferenceMax = 10;  // &#x10FFFF;
    const auto end = rest_.substr(0, kReferenceMax).find(';');
    if (end == std::string_view::npos) return syntax("a reference does not end");
    const auto c = xml::resolve_reference(rest_.substr(1, end - 1));
    if (!c) return refused("an entity that is not one of the five, or no character");
    xml::append_utf8(out, *c);
    rest_.remove_prefix(end + 1);
    return {};
  }

  // XML 1.0 §3.3.3: white space becomes a space, unless it was written as a reference.
  Result<std::string> attribute_value() {
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) {
      return syntax("an attribute's value must be quoted");
    }
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string out;
    while (!rest_.empty() && rest_.front() != quote) {
      if (rest_.front() == '<') return syntax("'<' in an attribute's value");
      if (rest_.front() == '&') {
        ATOMA_TRY_VOID(reference(out));
        continue;
      }
      out += xml::is_space(rest_.front()) ? ' ' : rest_.front();
      rest_.remove_prefix(1);
    }
    if (!take(std::string_view(&quote, 1))) return syntax("an attribute's value does not end");
    return out;
  }

  Result<std::vector<RawAttribute>> attributes() {
    std::vector<RawAttribute> out;
    while (true) {
      const bool space = skip_space();
      if (rest_.empty() || rest_.front() == '>' || rest_.front() == '/') return out;
      if (!space) return syntax("no white space before an attribute");
      if (out.size() == limits::kXmlAttributesMax) {
        return malformed("xml.too_many", std::format("more than {} attributes of an element",
                                                     limits::kXmlAttributesMax));
      }
      RawAttribute attribute;
      ATOMA_TRY(attribute.name, name());
      skip_space();
      if (!take("=")) return syntax("an attribute without a value");
      skip_space();
      ATOMA_TRY(attribute.value, attribute_value());
      out.push_back(std::move(attribute));
    }
  }

  // Sets declarations first, as prefixes may be used before they are declared.
  static Status resolve(std::vector<RawAttribute> raw, XmlElement& out) {
    for (auto& a : raw) {
      const bool is_default = a.name.prefix.empty() && a.name.local == "xmlns";
      if (!is_default && a.name.prefix != "xmlns") continue;
      ATOMA_TRY_VOID(declare(is_default ? "" : a.name.local, std::move(a.value), out));
    }
    for (auto& a : raw) {
      if (a.name.prefix == "xmlns" || (a.name.prefix.empty() && a.name.local == "xmlns")) continue;
      if (a.name.prefix == "xml") return refused("an attribute of the xml: prefix");
      XmlAttribute attribute{std::move(a.name.prefix), std::move(a.name.local), "",
                             std::move(a.value)};
      if (!attribute.prefix.empty()) {
        ATOMA_TRY(attribute.ns, uri_of(out, attribute.prefix));
      }
      if (out.attribute(attribute.ns, attribute.local) != nullptr) {
        return malformed("xml.duplicate", "the attribute " + attribute.local + " stands twice");
      }
      out.attributes.push_back(std::move(attribute));
    }
    return {};
  }

  static Status declare(const std::string& prefix, std::string uri, XmlElement& out) {
    if (prefix == "xml" || prefix == "xmlns" || uri == kXmlUri || uri == kXmlnsUri) {
      return bad_namespace("xml and xmlns are not to be declared");
    }
    if (uri.empty()) return refused("a namespace that is undeclared again");
    if (std::ranges::contains(out.declared, prefix, &XmlNamespace::prefix)) {
      return malformed("xml.duplicate", "the namespace " + prefix + " is declared twice");
    }
    out.declared.push_back({prefix, std::move(uri)});
    return {};
  }

  static Result<std::string> uri_of(const XmlElement& element, const std::string& prefix) {
    for (const XmlElement* at = &element; at != nullptr; at = at->parent) {
      const auto found = std::ranges::find(at->declared, prefix, &XmlNamespace::prefix);
      if (found != at->declared.end()) return found->uri;
    }
    if (prefix.empty()) return std::string();
    return bad_namespace("the prefix " + prefix + " is not declared");
  }

  // Recursion is as deep as elements nest, which is bounded.
  Result<std::unique_ptr<XmlElement>> element(const XmlElement* parent, int depth) {
    if (depth > limits::kXmlDepthMax) {
      return malformed("xml.too_deep", std::format("deeper than {}", limits::kXmlDepthMax));
    }
    if (++elements_ > limits::kXmlElementsMax) {
      return malformed("xml.too_many",
                       std::format("more than {} elements", limits::kXmlElementsMax));
    }
    if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
      return refused("a document type, a comment, CDATA or an instruction");
    }
    if (!take("<")) return syntax("expected an element");
    auto out = std::make_unique<XmlElement>();
    out->parent = parent;
    ATOMA_TRY(auto tag, name());
    ATOMA_TRY(auto raw, attributes());
    ATOMA_TRY_VOID(resolve(std::move(raw), *out));
    if (tag.prefix == "xmlns" || tag.prefix == "xml") return bad_namespace("a reserved prefix");
    ATOMA_TRY(out->ns, uri_of(*out, tag.prefix));
    out->prefix = tag.prefix;
    out->local = tag.local;
    if (take("/>")) return out;
    if (!take(">")) return syntax("a start tag does not end");
    ATOMA_TRY_VOID(content(*out, depth));
    return end_tag(tag) ? Result<std::unique_ptr<XmlElement>>(std::move(out))
                        : syntax("an end tag that does not fit");
  }

  // From "</" on.
  bool end_tag(const QName& tag) {
    const std::string full = tag.prefix.empty() ? tag.local : tag.prefix + ":" + tag.local;
    if (!take("</") || !take(full)) return false;
    skip_space();
    return take(">");
  }

  Status content(XmlElement& out, int depth) {
    std::string text;
    const auto flush = [&] {
      if (!text.empty()) out.children.push_back({std::exchange(text, {}), nullptr});
    };
    while (!rest_.empty() && !rest_.starts_with("</")) {
      if (rest_.front() == '<') {
        flush();
        ATOMA_TRY(auto child, element(&out, depth + 1));
        out.children.push_back({"", std::move(child)});
      } else if (rest_.front() == '&') {
        ATOMA_TRY_VOID(reference(text));
      } else if (rest_.starts_with("]]>")) {
        return syntax("]]> in text");
      } else {
        text += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    flush();
    return {};
  }

  std::string_view rest_;
  std::size_t elements_ = 0;
};

}  // namespace

const std::string* XmlElement::attribute(std::string_view ns_uri, std::string_view name) const {
  for (const auto& a : attributes) {
    if (a.ns == ns_uri && a.local == name) return &a.value;
  }
  return nullptr;
}

std::vector<const XmlElement*> XmlElement::elements() const {
  std::vector<const XmlElement*> out;
  for (const auto& child : children) {
    if (child.element != nullptr) out.push_back(child.element.get());
  }
  return out;
}

const XmlElement* XmlElement::only_child(std::string_view ns_uri, std::string_view name) const {
  const XmlElement* found = nullptr;
  for (const XmlElement* child : elements()) {
    if (!child->is(ns_uri, name)) continue;
    if (found != nullptr) return nullptr;
    found = child;
  }
  return found;
}

std::string XmlElement::text() const {
  std::string out;
  for (const auto& child : children) out += child.text;
  return out;
}

Result<XmlDocument> XmlDocument::parse(ByteView bytes) {
  if (bytes.size() > limits::kXmlMax) {
    return malformed("xml.too_large",
                     std::format("{} bytes; at most {} are read", bytes.size(), limits::kXmlMax));
  }
  std::string_view text = as_text(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!xml::is_text(text)) return malformed("xml.encoding", "not UTF-8, or a forbidden character");
  const std::string normalized = xml::normalize_line_ends(text);
  ATOMA_TRY(auto root, XmlParser(normalized).run());
  return XmlDocument(std::move(root));
}

}  // namespace atoma::wire
