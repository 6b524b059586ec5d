// The part of XML that signed manifests need (XML 1.0 and Namespaces in XML 1.0), as a tree.
// Refused: document types and with them every entity but the five predefined ones, processing
// instructions but a first declaration of version 1.0 in UTF-8, comments, CDATA sections,
// attributes of the xml: prefix, and the undeclaring of a namespace. What is left reads the same
// for everybody.
//
//   ATOMA_TRY(const auto document, XmlDocument::parse(bytes));
//   const XmlElement* meta = document.root().only_child(kSwid, "Meta");
//   canonicalize(document.root(), signature)     // what an enveloped signature covers
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atoma/base/bytes.h"
#include "atoma/base/result.h"

namespace atoma::wire {

struct XmlAttribute {
  std::string prefix, local;
  std::string ns;     // "" without a prefix
  std::string value;  // references resolved, white space normalized
};

struct XmlNamespace {
  std::string prefix;  // "" is the default
  std::string uri;
};

struct XmlElement;
// Text, or an element when there is one.
struct XmlNode {
  std::string text;
  std::unique_ptr<XmlElement> element;
};

struct XmlElement {
  std::string prefix, local;
  std::string ns;  // "" in none
  std::vector<XmlAttribute> attributes;
  std::vector<XmlNamespace> declared;  // here
  std::vector<XmlNode> children;
  const XmlElement* parent = nullptr;

  bool is(std::string_view ns_uri, std::string_view name) const {
    return ns == ns_uri && local == name;
  }
  // The value, or null.
  const std::string* attribute(std::string_view ns_uri, std::string_view name) const;
  // The one child element of this name; null when there is none or more than one.
  const XmlElement* only_child(std::string_view ns_uri, std::string_view name) const;
  std::vector<const XmlElement*> elements() const;
  // The text of an element without element children; what stands in such children is left out.
  std::string text() const;
};

class XmlDocument {
 public:
  // Errors: "xml.too_large", "xml.encoding" (not UTF-8, or a character that XML has not),
  // "xml.syntax", "xml.refused" (what the list above names), "xml.namespace" (a prefix undeclared
  // or misused), "xml.duplicate" (an attribute or a declaration that stands twice), "xml.too_deep",
  // "xml.too_many" (elements, or attributes of one).
  static Result<XmlDocument> parse(ByteView bytes);

  const XmlElement& root() const { return *root_; }

 private:
  explicit XmlDocument(std::unique_ptr<XmlElement> root) : root_(std::move(root)) {}
  std::unique_ptr<XmlElement> root_;
};

// Canonical XML 1.1 without comments of `apex` and all below, as a document subset: namespaces in
// scope stand on the apex. Without `omit` and what is below it, where that is not null.
// (Inheritance of xml: attributes does not arise: the reader refuses them.)
std::string canonicalize(const XmlElement& apex, const XmlElement* omit = nullptr);

}  // namespace atoma::wire
