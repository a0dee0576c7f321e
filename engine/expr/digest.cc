// md5, sha256, encode and decode.
#include "engine/data/text_form.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/text_build.h"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace weir {
namespace {

constexpr size_t kBase64LineBytes = 76;  // PostgreSQL breaks lines as MIME does.

// One digest after another; OpenSSL's state is made once for a batch.
class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : kind_(kind), state_(EVP_MD_CTX_new()) {
    CHECK(state_ != nullptr);
  }
  ~Digest() { EVP_MD_CTX_free(state_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  std::string_view of(std::string_view bytes) {
    unsigned size = 0;
    const bool done = EVP_DigestInit_ex(state_, kind_, nullptr) == 1 &&
                      EVP_DigestUpdate(state_, bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(state_, result_, &size) == 1;
    if (!done) return {};
    return {reinterpret_cast<const char*>(result_), size};
  }

 private:
  const EVP_MD* kind_;
  EVP_MD_CTX* state_;
  unsigned char result_[EVP_MAX_MD_SIZE];
};

void append_hex(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const unsigned char byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

void md5(const KernelCall& call) {
  const TextValues bytes(call.args[0]);
  Digest digest(EVP_md5());
  std::string hex;
  call.rows.each([&](uint32_t row) {
    const std::string_view sum = digest.of(bytes[row]);
    if (sum.empty()) return call.fail(row, "md5 is not available: OpenSSL refuses it here");
    hex.clear();
    append_hex(hex, sum);
    call.out.set_text(row, hex);
  });
}

void sha256(const KernelCall& call) {
  const TextValues bytes(call.args[0]);
  Digest digest(EVP_sha256());
  call.rows.each([&](uint32_t row) {
    const std::string_view sum = digest.of(bytes[row]);
    if (sum.empty()) return call.fail(row, "sha256 is not available: OpenSSL refuses it here");
    call.out.set_text(row, sum);
  });
}

void append_base64_lines(std::string& out, std::string_view bytes) {
  std::string line;
  append_base64(line, bytes);
  for (size_t at = 0; at < line.size(); at += kBase64LineBytes) {
    if (at != 0) out += '\n';
    out.append(line, at, kBase64LineBytes);
  }
}

void append_escape(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte == 0 || byte >= 0x80) {
      out += fmt::format("\\{:03o}", byte);
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
}

using Append = void (*)(std::string&, std::string_view);

// A null pointer for an unknown encoding.
Append encoding_named(std::string_view name) {
  if (name == "hex") return append_hex;
  if (name == "base64") return append_base64_lines;
  if (name == "escape") return append_escape;
  return nullptr;
}

std::string unknown_encoding(std::string_view name) {
  return fmt::format("unrecognized encoding: \"{}\": use hex, base64 or escape", name);
}

Result<std::unique_ptr<Prepared>> check_encoding(Arguments args) {
  const std::string* name = constant_text(args, 1);
  if (name != nullptr && encoding_named(*name) == nullptr) {
    return user_error(unknown_encoding(*name));
  }
  return std::unique_ptr<Prepared>();
}

void encode(const KernelCall& call) {
  const TextValues bytes(call.args[0]);
  const TextValues encoding(call.args[1]);
  std::string encoded;
  call.rows.each([&](uint32_t row) {
    const Append append = encoding_named(encoding[row]);
    if (append == nullptr) return call.fail(row, unknown_encoding(encoding[row]));
    encoded.clear();
    append(encoded, bytes[row]);
    put_bounded(call, row, encoded);
  });
}

Result<std::string> decode_hex(std::string_view text) {
  return parse_bytea(std::string("\\x").append(text));
}

Result<std::string> decode_base64(std::string_view text) {
  std::string in_one_piece;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') in_one_piece += c;
  }
  return parse_base64(in_one_piece);
}

Result<std::string> decode_escape(std::string_view text) {
  if (text.starts_with("\\x")) return user_error(fmt::format("invalid escape in \"{}\"", text));
  return parse_bytea(text);
}

using Decode = Result<std::string> (*)(std::string_view);

// A null pointer for an unknown encoding.
Decode decoding_named(std::string_view name) {
  if (name == "hex") return decode_hex;
  if (name == "base64") return decode_base64;
  if (name == "escape") return decode_escape;
  return nullptr;
}

void decode(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues encoding(call.args[1]);
  call.rows.each([&](uint32_t row) {
    const Decode decoding = decoding_named(encoding[row]);
    if (decoding == nullptr) return call.fail(row, unknown_encoding(encoding[row]));
    const Result<std::string> decoded = decoding(text[row]);
    if (!decoded.ok()) return call.fail(row, decoded.error().message);
    call.out.set_text(row, *decoded);
  });
}

constexpr TypeKind kText = TypeKind::kText;
constexpr TypeKind kBytea = TypeKind::kBytea;

constexpr Function kFunctions[] = {
    {.name = "md5", .args = takes(kText), .result = kText, .kernel = md5},
    {.name = "md5", .args = takes(kBytea), .result = kText, .kernel = md5},
    {.name = "sha256", .args = takes(kBytea), .result = kBytea, .kernel = sha256},
    {.name = "encode",
     .args = takes(kBytea, kText),
     .result = kText,
     .kernel = encode,
     .prepare = check_encoding},
    {.name = "decode",
     .args = takes(kText, kText),
     .result = kBytea,
     .kernel = decode,
     .prepare = check_encoding},
};

}  // namespace

FunctionFamily digest_functions() { return kFunctions; }

}  // namespace weir
