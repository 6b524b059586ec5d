// Writes the seed corpora out of the fixtures: the same bytes each time.
//   fuzz_make_seeds [--check] FOLDER
// Files signed with RSA-PSS, whose salts are random, are written only where they are absent.
// --check writes nothing and fails when a file is absent or not what would be written.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "fixtures.h"
#include "parts.h"
#include "seeds.h"

namespace {

namespace fs = std::filesystem;
using atoma::fuzz::Seed;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

bool check(const fs::path& path, const Seed& seed) {
  if (!fs::exists(path)) {
    std::cerr << path.string() << " is absent\n";
    return false;
  }
  if (seed.salted || atoma::equal(atoma::as_bytes(read(path)), seed.bytes)) return true;
  std::cerr << path.string() << " is not what the fixtures make\n";
  return false;
}

bool write(const fs::path& path, const Seed& seed) {
  if (seed.salted && fs::exists(path)) return true;
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << atoma::as_text(seed.bytes);
  return out.good();
}

}  // namespace

int main(int argc, char** argv) {
  const bool checking = argc == 3 && std::string_view(argv[1]) == "--check";
  if (argc != 2 && !checking) {
    std::cerr << "usage: fuzz_make_seeds [--check] FOLDER\n";
    return 2;
  }
  const fs::path root = argv[argc - 1];
  bool good = true;
  std::size_t count = 0;
  for (const Seed& seed : atoma::fuzz::all_seeds()) {
    const fs::path path = root / seed.target / seed.name;
    good = (checking ? check(path, seed) : write(path, seed)) && good;
    ++count;
  }
  std::cout << count << " seeds\n";
  if (checking && !good) std::cerr << "scripts/fuzz --seeds writes them anew\n";
  return good ? 0 : 1;
}
