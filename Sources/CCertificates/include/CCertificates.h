// What swift-certificates lacks, by OpenSSL's libcrypto: certificate revocation lists (RFC 5280, section 5), answers of OCSP
// (RFC 6960), private keys that a passphrase protects (RFC 5958, section 3), name constraints of every form (RFC 5280, section
// 4.2.1.10), and signed messages (RFC 2315).
//
// No function prints, and none leaves anything in the thread's queue of errors. What is returned as bytes is freed by
// `revocation_free`; NULL says that something could not be read or signed. Keys are PKCS #8 in DER, times seconds since 1970.

#ifndef CCERTIFICATES_H
#define CCERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum {
    revocation_sha256,
    revocation_sha384,
    revocation_sha512,
} revocation_hash;

/// Who signs: its certificate and private key, and with what hash.
typedef struct {
    const unsigned char *certificate;
    size_t certificate_count;
    const unsigned char *key;
    size_t key_count;
    revocation_hash hash;
} revocation_issuer;

/// A certificate that is no longer valid. The reason is a CRLReason; 0, "unspecified", is not written.
typedef struct {
    const unsigned char *serial;
    size_t serial_count;
    int64_t time;
    int reason;
} revocation_entry;

/// The longest serial number, in bytes.
#define REVOCATION_SERIAL_SIZE 20

/// Signs a list, version 2, with its number and the issuer's key identifier. `point` is the only distribution point whose
/// certificates the list is about; NULL: it is about all.
unsigned char *_Nullable revocation_list(
    const revocation_issuer *issuer, int64_t this_update, int64_t next_update, uint64_t number,
    const revocation_entry *_Nullable entries, size_t entry_count, const char *_Nullable point, size_t *written);

/// A list that somebody has signed: a CertificateList.
typedef struct revocation_known_list revocation_known_list;

/// Reads a list; NULL when it is none. Freed by `revocation_free_list`. Several threads may ask it at once.
revocation_known_list *_Nullable revocation_read_list(const unsigned char *_Nullable der, size_t count);

void revocation_free_list(revocation_known_list *_Nullable list);

/// Whether a certificate's owner has signed the list as its issuer.
bool revocation_list_is_by(revocation_known_list *list, const unsigned char *certificate, size_t count);

/// When there is to be another list; 0 when it does not say.
int64_t revocation_list_next_update(const revocation_known_list *list);

/// Whether a certificate of the list's issuer is on it, and was not taken off again.
bool revocation_list_has(revocation_known_list *list, const unsigned char *certificate, size_t count);

/// A question about certificates: an OCSPRequest.
typedef struct revocation_query revocation_query;

/// Reads a question; NULL when it is none. Freed by `revocation_free_query`.
revocation_query *_Nullable revocation_read_query(const unsigned char *_Nullable der, size_t count);

void revocation_free_query(revocation_query *_Nullable query);

/// How many certificates it asks about.
size_t revocation_query_count(const revocation_query *query);

/// How many bytes the nonce has that makes its answer one for nobody else; -1 where it has none.
ptrdiff_t revocation_query_nonce_count(const revocation_query *query);

/// The serial numbers that are asked about, without leading zeros. `output` has room for `REVOCATION_SERIAL_SIZE` bytes for each
/// certificate, and `counts` for its number of bytes; -1 when it is not of a certificate of this issuer.
/// - Returns: whether the issuer's certificate can be read.
bool revocation_query_serials(
    const revocation_query *query, const unsigned char *certificate, size_t certificate_count, unsigned char *output,
    ptrdiff_t *counts);

typedef enum {
    revocation_good,
    revocation_revoked,
    revocation_unknown,
} revocation_state;

/// What is answered about one certificate; time and reason count for revoked ones alone.
typedef struct {
    revocation_state state;
    int64_t time;
    int reason;
} revocation_status;

/// Signs an OCSPResponse with a status for each certificate that was asked about, and with the question's nonce.
unsigned char *_Nullable revocation_answer(
    const revocation_query *query, const revocation_issuer *issuer, const revocation_status *statuses, size_t status_count,
    int64_t this_update, int64_t next_update, size_t *written);

typedef enum {
    revocation_malformed_request = 1,
    revocation_internal_error = 2,
    revocation_try_later = 3,
    revocation_unauthorized = 6,
} revocation_refusal_reason;

/// An OCSPResponse that answers nothing, which is not signed.
unsigned char *_Nullable revocation_refusal(revocation_refusal_reason reason, size_t *written);

/// Signs bytes (PKCS #7, RFC 2315), with the bytes in the message and without the certificate: a SignedData in DER, as AWS signs
/// instances' identity documents.
unsigned char *_Nullable signed_message(
    const revocation_issuer *signer, const unsigned char *content, size_t content_count, size_t *written);

/// Encrypts a private key with AES-256 in CBC mode under a key derived from a passphrase by PBKDF2 (RFC 8018).
/// - Returns: an EncryptedPrivateKeyInfo in DER.
unsigned char *_Nullable private_key_encrypt(
    const unsigned char *key, size_t key_count, const char *passphrase, size_t passphrase_count, size_t *written);

/// Whether a certification path holds (RFC 5280, section 6): signatures, validity, basic constraints, path lengths, what keys are
/// for, and name constraints. Its certificates are in DER, one after another; the last one is trusted, whoever signed it.
bool certificate_path_is_valid(const unsigned char *certificates, size_t count, int64_t time);

/// Whether a certificate has the name of an authority's owner as its issuer's, and that one's key has signed it.
bool certificate_is_signed_by(
    const unsigned char *certificate, size_t certificate_count, const unsigned char *authority, size_t authority_count);

/// Whether a certificate's names lie within what the name constraints of an authority above it permit. One without such
/// constraints permits all names; one whose constraints can't be read, or not applied to these names, permits none.
bool certificate_is_permitted(
    const unsigned char *certificate, size_t certificate_count, const unsigned char *authority, size_t authority_count);

/// Whether all name constraints of a certificate are of forms that can be applied: directory names, host names, addresses
/// of mail, IP addresses and URIs.
bool certificate_has_known_constraints(const unsigned char *certificate, size_t count);

void revocation_free(unsigned char *_Nullable bytes);

#pragma clang assume_nonnull end

#endif
