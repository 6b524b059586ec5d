// CoRIMs for tests and seeds: the one that the parser takes, and each part replaceable by name.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "atoma/appraisal/reference_values.h"
#include "atoma/cose/key_set.h"
#include "atoma/cose/sign1.h"
#include "atoma/wire/cbor_writer.h"

namespace atoma::appraisal {

// Writes the parts of a CoRIM from inside out; an entry of `instead` replaces the part of its name.
struct CorimParts {
  std::map<std::string, std::function<void(wire::CborWriter&)>> instead = {};
  Bytes mrtd = Bytes(48, 0x11), rtmr1 = Bytes(48, 0x22);

  void part(wire::CborWriter& out, const std::string& name,
            const std::function<void(wire::CborWriter&)>& usual) const {
    const auto found = instead.find(name);
    (found == instead.end() ? usual : found->second)(out);
  }
  using W = wire::CborWriter;

  void digests(W& out, ByteView value) const {
    out.begin_array().begin_array().value(7).bytes(value).end_array().end_array();
  }
  void environment(W& out) const {
    out.begin_map()
        .key(0)
        .begin_map()
        .key(1)
        .value("Intel")
        .key(2)
        .value("TDX")
        .end_map()
        .end_map();
  }
  void by_name(W& out) const {
    out.begin_map().key(0).value("mrtd").key(1).begin_map().key(2);
    part(out, "digests", [&](W& w) { digests(w, mrtd); });
    out.end_map().end_map();
  }
  void by_register(W& out) const {
    out.begin_map().key(1).begin_map().key(14).begin_map().key(1);
    digests(out, rtmr1);
    out.end_map().end_map().end_map();
  }
  void triple(W& out) const {
    out.begin_array();
    part(out, "environment", [&](W& w) { environment(w); });
    out.begin_array();
    part(out, "by_name", [&](W& w) { by_name(w); });
    part(out, "by_register", [&](W& w) { by_register(w); });
    out.end_array().end_array();
  }
  void comid(W& out) const {
    out.begin_map().key(1).begin_map().key(0).value("image 7").end_map().key(4).begin_map().key(0);
    part(out, "triples", [&](W& w) {
      w.begin_array();
      triple(w);
      w.end_array();
    });
    part(out, "more triples", [](W&) {});
    out.end_map();
    part(out, "more comid", [](W&) {});
    out.end_map();
  }
  void tag(W& out) const {
    W inside;
    comid(inside);
    out.tag(506).bytes(inside.take());
  }
  Bytes payload() const {
    W out;
    out.tag(501).begin_map().key(0).value("images").key(1);
    part(out, "tags", [&](W& w) {
      w.begin_array();
      tag(w);
      w.end_array();
    });
    part(out, "validity", [](W& w) {
      w.key(4).begin_map().key(0).tag(1).value(1'000).key(1).tag(1).value(4'000'000'000);
      w.end_map();
    });
    part(out, "more corim", [](W&) {});
    return out.end_map().take();
  }
  // Protected header as the draft has it, with the kid that Atoma's key sets know.
  Bytes header(const cose::SigningKey& key) const {
    W meta;
    meta.begin_map().key(0).begin_map().key(0).value("Builders").end_map();
    part(meta, "signature validity", [](W&) {});
    W out;
    out.begin_map().key(1).value(static_cast<std::int64_t>(key.algorithm())).key(3);
    part(out, "content type", [](W& w) { w.value("application/rim+cbor"); });
    out.key(4).bytes(as_bytes(cose::key_id(key.public_key())));
    const Bytes meta_bytes = meta.end_map().take();
    part(out, "meta", [&](W& w) { w.key(8).bytes(meta_bytes); });
    part(out, "more header", [](W&) {});
    return out.end_map().take();
  }
  Bytes sign(const cose::SigningKey& key) const {
    const Bytes head = header(key), body = payload();
    W to_sign;
    to_sign.begin_array().value("Signature1").bytes(head).bytes({}).bytes(body).end_array();
    W out;
    out.tag(cose::kSign1Tag).begin_array().bytes(head).begin_map().end_map().bytes(body);
    return out.bytes(key.sign(to_sign.take())).end_array().take();
  }
};

}  // namespace atoma::appraisal
