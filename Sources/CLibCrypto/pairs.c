#include "internal.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <limits.h>

/// Has a context do what `start` begins, with a scheme and a hash.
static EVP_PKEY_CTX *signing_context(
    const libcrypto_key *key, int (*start)(EVP_PKEY_CTX *), libcrypto_scheme scheme, libcrypto_hash hash) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, library_key(key), NULL);
    bool is_ready = context != NULL && start(context) == 1;
    if (is_ready && scheme != libcrypto_ecdsa) {
        int padding = scheme == libcrypto_pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
        is_ready = EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1;
    }
    is_ready = is_ready && EVP_PKEY_CTX_set_signature_md(context, library_hash(hash)) == 1;
    if (is_ready && scheme == libcrypto_pss) {
        is_ready = EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    }
    if (is_ready) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

libcrypto_signer *libcrypto_make_signer(const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_hash hash) {
    EVP_PKEY_CTX *context = signing_context(key, EVP_PKEY_sign_init, scheme, hash);
    ERR_clear_error();
    return (libcrypto_signer *)context;
}

void libcrypto_free_signer(libcrypto_signer *signer) { EVP_PKEY_CTX_free((EVP_PKEY_CTX *)signer); }

ptrdiff_t libcrypto_sign(
    libcrypto_signer *signer, const unsigned char *digest, size_t digest_count, unsigned char *output, size_t capacity) {
    size_t count = capacity;
    bool is_signed = EVP_PKEY_sign((EVP_PKEY_CTX *)signer, output, &count, digest, digest_count) == 1;
    if (!is_signed) ERR_clear_error();
    return is_signed ? (ptrdiff_t)count : -1;
}

bool libcrypto_verify(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_hash hash, const unsigned char *digest, size_t digest_count,
    const unsigned char *signature, size_t signature_count) {
    EVP_PKEY_CTX *context = signing_context(key, EVP_PKEY_verify_init, scheme, hash);
    bool holds = context != NULL && EVP_PKEY_verify(context, signature, signature_count, digest, digest_count) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return holds;
}

ptrdiff_t libcrypto_sign_ed25519(
    const libcrypto_key *key, const unsigned char *message, size_t count, unsigned char *output, size_t capacity) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t written = capacity;
    bool is_signed = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, library_key(key)) == 1
        && EVP_DigestSign(context, output, &written, message, count) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return is_signed ? (ptrdiff_t)written : -1;
}

bool libcrypto_verify_ed25519(
    const libcrypto_key *key, const unsigned char *message, size_t count, const unsigned char *signature,
    size_t signature_count) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool holds = context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, library_key(key)) == 1
        && EVP_DigestVerify(context, signature, signature_count, message, count) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return holds;
}

static EVP_PKEY_CTX *oaep_context(const libcrypto_key *key, int (*start)(EVP_PKEY_CTX *), libcrypto_hash hash) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, library_key(key), NULL);
    bool is_ready = context != NULL && start(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, library_hash(hash)) == 1
        && EVP_PKEY_CTX_set_rsa_mgf1_md(context, library_hash(hash)) == 1;
    if (is_ready) return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

ptrdiff_t libcrypto_encrypt_oaep(
    const libcrypto_key *key, libcrypto_hash hash, const unsigned char *plaintext, size_t count, unsigned char *output,
    size_t capacity) {
    EVP_PKEY_CTX *context = oaep_context(key, EVP_PKEY_encrypt_init, hash);
    size_t written = capacity;
    bool is_encrypted = context != NULL && EVP_PKEY_encrypt(context, output, &written, plaintext, count) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return is_encrypted ? (ptrdiff_t)written : -1;
}

ptrdiff_t libcrypto_decrypt_oaep(
    const libcrypto_key *key, libcrypto_hash hash, const unsigned char *ciphertext, size_t count, unsigned char *output,
    size_t capacity) {
    EVP_PKEY_CTX *context = oaep_context(key, EVP_PKEY_decrypt_init, hash);
    size_t written = capacity;
    bool is_decrypted = context != NULL && EVP_PKEY_decrypt(context, output, &written, ciphertext, count) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return is_decrypted ? (ptrdiff_t)written : -1;
}

ptrdiff_t libcrypto_derive(const libcrypto_key *key, const libcrypto_key *peer, unsigned char *output, size_t capacity) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, library_key(key), NULL);
    size_t written = capacity;
    // Setting the peer also verifies that its point is a valid one.
    bool is_derived = context != NULL && EVP_PKEY_derive_init(context) == 1
        && EVP_PKEY_derive_set_peer(context, library_key(peer)) == 1
        && EVP_PKEY_derive(context, output, &written) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return is_derived ? (ptrdiff_t)written : -1;
}
