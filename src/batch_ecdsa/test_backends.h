// Each test of the verifier runs on each backend that this machine can run, and says which it
// can't.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "atoma/batch_ecdsa/backend.h"

namespace atoma::batch_ecdsa {

class OnBackend : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (!cpu_has(GetParam())) {
      GTEST_SKIP() << "NOT TESTED: this CPU has no " << name(GetParam());
    }
    ASSERT_TRUE(usable(GetParam())) << "the known-answer test of " << name(GetParam()) << " fails";
  }
};

inline auto every_kernel() {
  return testing::Values(Backend::kPortable, Backend::kAvx512Fma, Backend::kAvx512Ifma);
}

inline auto every_backend() {
  return testing::Values(Backend::kOpenSsl, Backend::kPortable, Backend::kAvx512Fma,
                         Backend::kAvx512Ifma);
}

inline std::string backend_name(const testing::TestParamInfo<Backend>& info) {
  std::string out(name(info.param));
  std::erase_if(out, [](char c) { return c == ' ' || c == '-'; });
  return out;
}

}  // namespace atoma::batch_ecdsa
