// Each computing workload against an answer found another way.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "tests/work/solo.hpp"

namespace convoy {
namespace {

using test::Kept;
using test::Solo;

const std::string kListing =
#include "benchmarks/data/packages.inc"
    ;

TEST(CpuPi, SumsToPi) {
  double pi = 0;
  for (int chunk = 0; chunk < 3; ++chunk) {
    double sum = 0;
    for (int k = 2'000 * chunk; k < 2'000 * (chunk + 1); k += 2)
      sum += 4 / (2.0 * k + 1) - 4 / (2.0 * k + 3);
    pi += sum;
  }
  EXPECT_NEAR(pi, std::acos(-1), 1.0 / 6'000);
  const std::uint64_t expected = (Kept() << pi).checksum();
  EXPECT_EQ(Solo("cpu_pi").run(3).at(0), expected);
  EXPECT_EQ(Solo("cpu_pi", {{"n", "6000"}}).run(1).at(0), expected);
}

TEST(CpuMandelbrot, WorkersDrawTheWholePictureBetweenThem) {
  std::vector<std::int64_t> steps(2);
  for (std::size_t row = 0; row < 32; ++row) {
    for (int column = 0; column < 32; ++column) {
      const std::complex<double> c(column * 2.5 / 32 - 2,
                                   static_cast<double>(row) * 2.5 / 32 - 1.25);
      std::complex<double> z;
      for (int step = 0; step < 40 && std::norm(z) <= 4; ++step, ++steps[row % 2]) z = z * z + c;
    }
  }
  Solo solo("cpu_mandelbrot", {{"n", "32"}, {"limit", "40"}}, 2);
  const std::vector<std::uint64_t> answers = solo.run(16);
  EXPECT_EQ(answers[0], (Kept() << steps[0]).checksum());
  EXPECT_EQ(answers[1], (Kept() << steps[1]).checksum());
}

TEST(CpuNqueens, FindsAsManySolutionsAsAreKnown) {
  const std::pair<const char*, int> known[] = {{"4", 2},  {"5", 10},  {"6", 4},    {"7", 40},
                                               {"8", 92}, {"9", 352}, {"10", 724}, {"11", 2'680}};
  for (const auto& [n, solutions] : known) {
    SCOPED_TRACE(n);
    Solo solo("cpu_nqueens", {{"n", n}});
    EXPECT_EQ(solo.run(1).at(0), (Kept() << solutions).checksum());
    EXPECT_EQ(solo.run(2).at(0), (Kept() << 2 * solutions).checksum());
  }
}

std::uint64_t kept_digest(const std::string& hexadecimal) {
  Kept kept;
  for (std::size_t i = 0; i < hexadecimal.size(); i += 2)
    kept << static_cast<unsigned char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
  return kept.checksum();
}

// The digests are those of Python's hashlib for the same messages.
TEST(CpuSha256, AgreesWithAnotherImplementation) {
  const std::string short_one = "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108";
  const std::string first = "a1f259d4365ed4320c377ce26f5c8c56dcdc9a89e7b641bfd8eabfbbeac86654";
  const std::string second = "35bad672b23f71f2d17862f4896ffbc0e5eefffe4cf8e54f02e4547a69b746c9";
  const std::string thrice = "ffb0330677abbdb5cc3f3977d6722c7a99ad968d4307d44d4afd6d62ed98e12c";
  EXPECT_EQ(Solo("cpu_sha256", {{"bytes", "64"}}).run(1).at(0), kept_digest(short_one));
  EXPECT_EQ(Solo("cpu_sha256", {{"bytes", "2KiB"}}).run(3).at(0), kept_digest(thrice));
  Solo two("cpu_sha256", {}, 2);
  EXPECT_EQ(two.run(1), (std::vector{kept_digest(first), kept_digest(second)}));
}

std::uint64_t releases(const char* workload, const char* bytes, const char* native) {
  Solo solo(workload, {{"bytes", bytes}, {"native", native}});
  solo.run(10);
  return solo.seat().gil.voluntary_releases;
}

TEST(CpuSha256, DropsTheLockFrom2048BytesOn) {
  const std::uint64_t never = releases("cpu_sha256", "64", "off");
  EXPECT_EQ(releases("cpu_sha256", "2048", "on"), never + 10);
  EXPECT_EQ(releases("cpu_sha256", "2047", "on"), never);
  EXPECT_EQ(releases("cpu_sha256", "2048", "off"), never);
}

TEST(CpuCompress, DropsTheLockWhateverTheLength) {
  const std::uint64_t never = releases("cpu_compress", "64", "off");
  EXPECT_EQ(releases("cpu_compress", "64", "on"), never + 10);
  EXPECT_EQ(releases("cpu_compress", "4KiB", "on"), never + 10);
}

TEST(CpuCompress, PacksAndComesBack) {
  for (const int level : {0, 1, 6, 9}) {
    SCOPED_TRACE(level);
    std::string text = kListing.substr(0, 2'048);
    text[0] = 'a';
    uLongf size = compressBound(text.size());
    std::vector<Bytef> packed(size);
    ASSERT_EQ(compress2(packed.data(), &size, reinterpret_cast<const Bytef*>(text.data()),
                        text.size(), level),
              Z_OK);
    Solo solo("cpu_compress", {{"level", std::to_string(level)}});
    EXPECT_EQ(solo.run(1).at(0), (Kept() << size << true).checksum());
  }
}

TEST(CpuCompress, RepeatsItsTextWhenMoreIsAskedFor) {
  Solo solo("cpu_compress", {{"bytes", "100000"}}, 3);
  const std::vector<std::uint64_t> answers = solo.run(1);
  EXPECT_EQ(std::set(answers.begin(), answers.end()).size(), 3U);
}

TEST(CpuJson, ReadsTheWholeListing) {
  std::int64_t total = 0;
  std::int64_t packages = 0;
  std::istringstream lines(kListing);
  for (std::string line; std::getline(lines, line); ++packages) {
    const auto package = nlohmann::json::parse(line);
    total += package.at("size_bytes").get<std::int64_t>();
    total += std::ssize(package.at("depends"));
  }
  EXPECT_EQ(packages, 96);
  EXPECT_EQ(Solo("cpu_json", {{"n", "96"}}).run(1).at(0), (Kept() << total).checksum());
}

TEST(CpuJson, TakesTheDocumentsInTurnFromTheWorkersOwnOn) {
  Solo one("cpu_json", {{"n", "40"}}, 1);
  Solo two("cpu_json", {{"n", "40"}}, 2);
  // Two documents of 40 packages: worker 1 begins with the second, and two operations later again.
  EXPECT_NE(two.run(1)[0], two.run(1)[1]);
  EXPECT_EQ(one.run(1)[0], two.run(1)[0]);
}

TEST(CpuSort, FindsTheMiddleOne) {
  std::mt19937_64 random(1);
  Kept kept;
  for (int operation = 0; operation < 2; ++operation) {
    std::vector<std::uint64_t> numbers(100);
    for (std::uint64_t& number : numbers) number = random();
    std::nth_element(numbers.begin(), numbers.begin() + 50, numbers.end());
    kept << numbers[50];
  }
  kept << true;
  EXPECT_EQ(Solo("cpu_sort", {{"n", "100"}}, 2).run(2).at(1), kept.checksum());
}

TEST(CpuMatmul, AgreesWithSumsOfProducts) {
  for (const std::size_t n : {2, 3, 32, 33}) {
    SCOPED_TRACE(n);
    const auto left = [n](std::size_t i, std::size_t j) {
      const std::size_t at = i * n + j;
      return at == 0 ? 0.0 + 2 : static_cast<double>(at * 7 % 10);  // one more each operation
    };
    const auto right = [n](std::size_t i, std::size_t j) {
      return static_cast<double>(((i * n + j) * 3 + 1) % 11);
    };
    Kept kept;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) sum += left(i, k) * right(k, j);
        kept << sum;
      }
    }
    Solo solo("cpu_matmul", {{"n", std::to_string(n)}});
    EXPECT_EQ(solo.run(2).at(0), kept.checksum());
  }
}

}  // namespace
}  // namespace convoy
