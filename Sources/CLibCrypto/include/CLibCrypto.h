// AES-GCM, key pairs, message authentication codes, key wrapping, hashes of passwords and arithmetic with large numbers by
// OpenSSL's libcrypto: the little that Keyring, KeyMaterial, Platform and Cognito need.
//
// No function prints, and none leaves anything in the thread's queue of errors. Those that write bytes return how many
// they wrote, or -1 when they refuse or `capacity` does not suffice. A key may be used by several threads at a time.

#ifndef CLIBCRYPTO_H
#define CLIBCRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A private key with its public key, or a public key alone.
typedef struct libcrypto_key libcrypto_key;

typedef enum {
    libcrypto_rsa_2048,
    libcrypto_rsa_3072,
    libcrypto_rsa_4096,
    libcrypto_p256,
    libcrypto_p384,
    libcrypto_p521,
    libcrypto_secp256k1,
    libcrypto_ed25519,
} libcrypto_kind;

typedef enum {
    libcrypto_sha1,
    libcrypto_sha224,
    libcrypto_sha256,
    libcrypto_sha384,
    libcrypto_sha512,
} libcrypto_hash;

typedef enum {
    /// ECDSA: the signature is the DER encoding of r and s.
    libcrypto_ecdsa,
    /// RSASSA-PKCS1-v1_5.
    libcrypto_pkcs1,
    /// RSASSA-PSS; MGF1 with the same hash, and a salt as long as the hash.
    libcrypto_pss,
} libcrypto_scheme;

/// The longest hash.
#define LIBCRYPTO_HASH_SIZE 64

/// Makes a key pair. Freed by `libcrypto_free`.
libcrypto_key *_Nullable libcrypto_generate(libcrypto_kind kind);

/// Reads a private key from PKCS #8 (RFC 5208) in DER. NULL when it is of another kind or can't be read, or when bytes
/// follow. `is_checked` says whether it is looked at thoroughly: the primes are prime, and private and public key belong
/// together. Freed by `libcrypto_free`.
libcrypto_key *_Nullable libcrypto_read_private(
    libcrypto_kind kind, const unsigned char *der, size_t count, bool is_checked);

/// Reads a public key from a SubjectPublicKeyInfo (RFC 5280) in DER, like `libcrypto_read_private`. Points are on their curve.
libcrypto_key *_Nullable libcrypto_read_public(libcrypto_kind kind, const unsigned char *der, size_t count);

void libcrypto_free(libcrypto_key *_Nullable key);

/// Writes the private key as PKCS #8 in DER.
ptrdiff_t libcrypto_write_private(const libcrypto_key *key, unsigned char *output, size_t capacity);

/// Writes the public key as SubjectPublicKeyInfo in DER.
ptrdiff_t libcrypto_write_public(const libcrypto_key *key, unsigned char *output, size_t capacity);

/// Hashes a message; `output` has room for `LIBCRYPTO_HASH_SIZE`.
ptrdiff_t libcrypto_digest(libcrypto_hash hash, const unsigned char *_Nullable message, size_t count, unsigned char *output);

/// What signs digests with one key in one way, one after another. To make one takes as long as a good part of a signature.
typedef struct libcrypto_signer libcrypto_signer;

/// Makes a signer of digests made with `hash`. Freed by `libcrypto_free_signer`; the key may be freed before.
libcrypto_signer *_Nullable libcrypto_make_signer(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_hash hash);

void libcrypto_free_signer(libcrypto_signer *_Nullable signer);

/// Signs a digest.
ptrdiff_t libcrypto_sign(
    libcrypto_signer *signer, const unsigned char *digest, size_t digest_count, unsigned char *output, size_t capacity);

/// Whether a signature over a digest holds.
bool libcrypto_verify(
    const libcrypto_key *key, libcrypto_scheme scheme, libcrypto_hash hash, const unsigned char *digest, size_t digest_count,
    const unsigned char *_Nullable signature, size_t signature_count);

/// Signs a message with an Ed25519 key (RFC 8032).
ptrdiff_t libcrypto_sign_ed25519(
    const libcrypto_key *key, const unsigned char *_Nullable message, size_t count, unsigned char *output, size_t capacity);

/// Whether an Ed25519 signature of a message holds.
bool libcrypto_verify_ed25519(
    const libcrypto_key *key, const unsigned char *_Nullable message, size_t count,
    const unsigned char *_Nullable signature, size_t signature_count);

/// RSAES-OAEP (RFC 8017) with an empty label; `hash` also for MGF1.
ptrdiff_t libcrypto_encrypt_oaep(
    const libcrypto_key *key, libcrypto_hash hash, const unsigned char *_Nullable plaintext, size_t count,
    unsigned char *output, size_t capacity);

ptrdiff_t libcrypto_decrypt_oaep(
    const libcrypto_key *key, libcrypto_hash hash, const unsigned char *_Nullable ciphertext, size_t count,
    unsigned char *output, size_t capacity);

/// The shared secret of two keys on the same curve (ECDH): the x coordinate, as long as the field's elements.
ptrdiff_t libcrypto_derive(
    const libcrypto_key *key, const libcrypto_key *peer, unsigned char *output, size_t capacity);

/// HMAC (RFC 2104); `output` has room for `LIBCRYPTO_HASH_SIZE`.
ptrdiff_t libcrypto_hmac(
    libcrypto_hash hash, const unsigned char *key, size_t key_count, const unsigned char *_Nullable message, size_t count,
    unsigned char *output);

/// How many bytes longer than its plaintext a sealed message is.
#define LIBCRYPTO_TAG_SIZE 16

/// Encrypts and authenticates with AES-256-GCM (NIST SP 800-38D): a key of 32 bytes, and a nonce of 12 that no other message
/// of the key has. Writes the ciphertext and the tag; `output` has room for `count + LIBCRYPTO_TAG_SIZE` bytes.
ptrdiff_t libcrypto_seal(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *_Nullable authenticated,
    size_t authenticated_count, const unsigned char *_Nullable plaintext, size_t count, unsigned char *output);

/// Opens what `libcrypto_seal` wrote; -1 when anything differs, and then `output`, which has room for
/// `count - LIBCRYPTO_TAG_SIZE` bytes, holds nothing of it.
ptrdiff_t libcrypto_open(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *_Nullable authenticated,
    size_t authenticated_count, const unsigned char *sealed, size_t count, unsigned char *output);

/// Unwraps with AES key wrap with padding (RFC 5649) and a key of 16, 24 or 32 bytes; -1 when the integrity check fails.
/// `output` has room for `count` bytes.
ptrdiff_t libcrypto_unwrap(
    const unsigned char *key, size_t key_count, const unsigned char *_Nullable wrapped, size_t count, unsigned char *output);

/// Derives bytes from a password with scrypt (RFC 7914). `rounds` is a power of two (N), `block_size` its r, `parallelism` its p.
/// Refused when it needs more than 256 MiB.
bool libcrypto_scrypt(
    const unsigned char *_Nullable password, size_t password_count, const unsigned char *_Nullable salt, size_t salt_count,
    uint64_t rounds, uint64_t block_size, uint64_t parallelism, unsigned char *output, size_t count);

/// Whether two strings of the same length are the same, in a time that does not depend on where they differ.
bool libcrypto_equal(const unsigned char *_Nullable first, const unsigned char *_Nullable second, size_t count);

/// Overwrites what was secret.
void libcrypto_cleanse(unsigned char *_Nullable bytes, size_t count);

/// base ^ exponent modulo an odd modulus. Numbers are unsigned, their most significant byte first; `output` has room for as many
/// bytes as the modulus, and is filled. The time does not depend on the values of base and exponent, only on their lengths.
bool libcrypto_mod_exp(
    const unsigned char *base, size_t base_count, const unsigned char *exponent, size_t exponent_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output);

/// first * second modulo an odd modulus, like `libcrypto_mod_exp`.
bool libcrypto_mod_mul(
    const unsigned char *first, size_t first_count, const unsigned char *second, size_t second_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output);

/// first + second modulo an odd modulus, like `libcrypto_mod_exp`.
bool libcrypto_mod_add(
    const unsigned char *first, size_t first_count, const unsigned char *second, size_t second_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output);

#pragma clang assume_nonnull end

#endif
