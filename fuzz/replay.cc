// Runs a target over files where there is no libFuzzer: every preset replays every corpus.
//   fuzz_<name> FOLDER|FILE… [--vectors FOLDER…]     the latter below $ATOMA_VECTORS
// Fails when a folder holds no file: a corpus that went missing must not pass.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& root) {
  std::error_code ec;
  if (fs::is_regular_file(root, ec)) return {root};
  std::vector<fs::path> files;
  for (auto it = fs::recursive_directory_iterator(root, ec);
       !ec && it != fs::recursive_directory_iterator(); it.increment(ec)) {
    if (it->is_regular_file()) files.push_back(it->path());
  }
  std::ranges::sort(files);
  return files;
}

bool replay(const fs::path& root) {
  const auto files = files_below(root);
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    // Flushed, so that it stands before whatever the target says when it stops.
    std::cout << file.string() << std::endl;
    atoma::fuzz::one_input(atoma::as_bytes(text));
  }
  std::cout << files.size() << " inputs in " << root.string() << '\n';
  return !files.empty();
}

}  // namespace

int main(int argc, char** argv) {
  const char* const vectors = std::getenv("ATOMA_VECTORS");
  bool good = argc > 1;
  bool in_vectors = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--vectors") {
      in_vectors = true;
    } else if (!in_vectors) {
      good = replay(argument) && good;
    } else if (vectors != nullptr) {
      good = replay(fs::path(vectors) / argument) && good;
    } else {
      std::cerr << "*** NOT REPLAYED: " << argument << ": ATOMA_VECTORS is not set\n";
      good = good && std::getenv("CI") == nullptr;
    }
  }
  if (!good) std::cerr << "no inputs\n";
  return good ? 0 : 1;
}
