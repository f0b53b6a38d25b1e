// SHA-256 by OpenSSL: native code that drops the interpreter lock, as CPython's hashlib does.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include "harness/work/workload.hpp"

using convoy::operator""_B, convoy::operator""_KiB, convoy::operator""_MiB;

static const convoy::Parameter bytes{"bytes", 16_KiB, "Length of one message", 64_B, 64_MiB};
static const convoy::Flag native{"native", true,
                                 "Release the lock while hashing 2048 bytes or more"};

namespace {
// A worker's message, and what OpenSSL needs to digest it.
struct Hash {
  std::vector<unsigned char> message;
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> kind{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                  EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> state{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  std::array<unsigned char, 32> head{}, digest{};
};
}  // namespace

// Byte i of a message is i + 7 × the worker's index, mod 256.
static const convoy::Local<Hash> hash{[](const convoy::Setup& setup, int worker) {
  Hash made;
  for (std::int64_t i = 0; i < setup[bytes].count; ++i)
    made.message.push_back(static_cast<unsigned char>(i + std::int64_t{7} * worker));
  std::copy_n(made.message.begin(), made.digest.size(), made.head.begin());
  return made;
}};

// The digest goes to the head of the message, so that each operation hashes another one.
static void digest(Hash& it) {
  if (EVP_DigestInit_ex2(it.state.get(), it.kind.get(), nullptr) != 1 ||
      EVP_DigestUpdate(it.state.get(), it.message.data(), it.message.size()) != 1 ||
      EVP_DigestFinal_ex(it.state.get(), it.digest.data(), nullptr) != 1)
    throw std::runtime_error("OpenSSL has no SHA-256: look at its configuration (OPENSSL_CONF)");
  std::copy(it.digest.begin(), it.digest.end(), it.message.begin());
}

CONVOY_WORKLOAD(cpu_sha256, cpu, "Hash a message with OpenSSL", bytes, native, hash,
                convoy::Throughput{bytes}) {
  Hash& it = worker[hash];
  std::copy(it.head.begin(), it.head.end(), it.message.begin());
  const bool drops = worker[native] && it.message.size() >= 2048;
  while (worker.next()) {
    if (drops) worker.native([&it] { digest(it); });
    else digest(it);
    worker.checkpoint();
  }
  for (const unsigned char byte : it.digest) worker.keep(byte);
  co_return;
}
