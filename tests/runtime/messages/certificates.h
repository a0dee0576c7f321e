// Certificates made on the spot: authorities, and certificates of theirs for the loopback address.
#pragma once

#include "engine/base/check.h"
#include "runtime/messages/security.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace weir {

// From now on, in seconds; a negative `until` is an expired certificate.
struct Lifetime {
  long from = -3'600;
  long until = 3'600;
};

class Authority {
 public:
  explicit Authority(const std::string& name)
      : name_(name), key_(new_key()), certificate_(new_certificate(name, *key_, {}, true)) {}

  std::string pem() const { return pem_of(*certificate_); }

  // A certificate of this authority and its key, and this authority to know others by.
  Security issue(const std::string& name, const Lifetime& lifetime = {}) const {
    const Key key = new_key();
    const Certificate certificate = new_certificate(name, *key, lifetime, false);
    return {.tls_cert = pem_of(*certificate), .tls_key = pem_of(*key), .tls_ca = pem()};
  }

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
  using Certificate = std::unique_ptr<X509, FreeCertificate>;

  static Key new_key() { return Key(EVP_EC_gen("P-256")); }

  Certificate new_certificate(const std::string& name, EVP_PKEY& key, const Lifetime& lifetime,
                              bool is_authority) const {
    Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), lifetime.from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), lifetime.until);
    X509_set_pubkey(made.get(), &key);
    put_name(X509_get_subject_name(made.get()), name);
    put_name(X509_get_issuer_name(made.get()), name_);
    add(*made, NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!is_authority) add(*made, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    CHECK(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
    return made;
  }

  static void put_name(X509_NAME* out, const std::string& name) {
    X509_NAME_add_entry_by_txt(out, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  }

  static void add(X509& certificate, int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    CHECK(extension != nullptr);
    X509_add_ext(&certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  template <typename Write>
  static std::string written(const Write& write) {
    BIO* bio = BIO_new(BIO_s_mem());
    write(bio);
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<size_t>(length));
    BIO_free(bio);
    return pem;
  }
  static std::string pem_of(X509& certificate) {
    return written([&](BIO* bio) { PEM_write_bio_X509(bio, &certificate); });
  }
  static std::string pem_of(EVP_PKEY& key) {
    return written([&](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, &key, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  std::string name_;
  Key key_;
  Certificate certificate_;
};

}  // namespace weir
