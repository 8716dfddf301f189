#include "internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <limits.h>

X509 *read_certificate(const unsigned char *der, size_t count) {
    if (count > LONG_MAX) return NULL;
    const unsigned char *end = der;
    return d2i_X509(NULL, &end, (long)count);
}

static const EVP_MD *library_hash(revocation_hash hash) {
    switch (hash) {
    case revocation_sha256: return EVP_sha256();
    case revocation_sha384: return EVP_sha384();
    case revocation_sha512: return EVP_sha512();
    }
    return NULL;
}

bool read_issuer(const revocation_issuer *issuer, library_issuer *result) {
    *result = (library_issuer){.hash = library_hash(issuer->hash)};
    if (result->hash == NULL || issuer->key_count > LONG_MAX) return false;
    result->certificate = read_certificate(issuer->certificate, issuer->certificate_count);
    const unsigned char *end = issuer->key;
    result->key = d2i_AutoPrivateKey(NULL, &end, (long)issuer->key_count);
    return result->certificate != NULL && result->key != NULL;
}

void free_issuer(library_issuer *issuer) {
    X509_free(issuer->certificate);
    EVP_PKEY_free(issuer->key);
}

void revocation_free(unsigned char *bytes) { OPENSSL_free(bytes); }
