// A warm verification allocates nothing of ours. A binary of its own, because it counts every
// operator new of the process (OpenSSL uses malloc).
#include <cstdlib>
#include <new>

#include "intel/test_rows.h"

namespace {
std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace atoma::evidence::intel {
namespace {

TEST(IntelAllocation, IsCounted) {
  const std::size_t before = allocations;
  const auto text = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations, before + 2);
}

std::size_t allocations_of(const TestCase& c, Verifier& verifier, Detail detail) {
  const auto collateral = must_parse(c.files);
  Findings findings(detail);
  const std::size_t before = allocations;
  const auto quote = parse_quote(c.quote);
  const auto result = verifier.verify(*quote, *collateral, c.at, findings);
  const std::size_t after = allocations;
  EXPECT_EQ(result.authenticity, Authenticity::kYes);
  return after - before;
}

TEST(IntelAllocation, NoneWhenWarm) {
  TestCase tdx;
  TestCase td15, sgx(Tee::kSgx), relaunched;
  td15.quote = td15.platform.quote_td({}, BodyType::kTd15Ex);
  sample_tee::TdReportTemplate old;
  old.tee_tcb_svn = {2, 1, 1};
  relaunched.quote = relaunched.platform.quote_td(old, BodyType::kTd15);
  for (TestCase* c : {&tdx, &td15, &sgx, &relaunched}) {
    Verifier verifier(c->anchors);
    EXPECT_GT(allocations_of(*c, verifier, Detail::kFailures), 10u);  // cold
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(allocations_of(*c, verifier, Detail::kFailures), 0u);
    }
  }
}

// Texts cost memory; that they do shows that the count above would have seen them.
TEST(IntelAllocation, SomeForTexts) {
  const TestCase c;
  Verifier verifier(c.anchors);
  allocations_of(c, verifier, Detail::kAll);
  EXPECT_GT(allocations_of(c, verifier, Detail::kAll), 10u);
}

}  // namespace
}  // namespace atoma::evidence::intel
