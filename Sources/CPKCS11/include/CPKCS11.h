// A token by PKCS #11 (https://docs.oasis-open.org/pkcs11/pkcs11-base/v2.40/): the little that keeping one key in it takes.
//
// No function prints. None of them may run at the same time as another one of the same session, or as `pkcs11_restart`.

#ifndef CPKCS11_H
#define CPKCS11_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// A module: the library that speaks to tokens of one make. Once loaded, it stays for the life of the process.
typedef struct pkcs11_module pkcs11_module;

typedef enum {
    pkcs11_ok,
    /// The file can't be loaded; or it can, and is no module.
    pkcs11_not_a_module,
    /// No token has the label.
    pkcs11_no_token,
    /// Several tokens have the label.
    pkcs11_several_tokens,
    pkcs11_wrong_pin,
    /// The token takes no PIN any more: too many were wrong.
    pkcs11_locked,
    /// The token has no such key.
    pkcs11_no_key,
    /// There is such a key, but it could be taken out of the token.
    pkcs11_loose_key,
    /// The token does not have AES-GCM, or makes no AES keys.
    pkcs11_no_mechanism,
    /// The token may not be written to.
    pkcs11_read_only,
    /// The bytes were not sealed with the key, or were changed.
    pkcs11_not_authentic,
    /// The session is over: the token was taken out, or started anew.
    pkcs11_lost,
    pkcs11_failed,
} pkcs11_status;

/// What came of it, and the token's own code (`CKR_…`), 0 where there is none.
typedef struct {
    pkcs11_status status;
    unsigned long code;
} pkcs11_result;

/// A session with a token, in which its user is logged in.
typedef struct {
    unsigned long handle;
} pkcs11_session;

typedef struct {
    unsigned long handle;
} pkcs11_key;

#define PKCS11_NONCE_SIZE 12
#define PKCS11_TAG_SIZE 16

/// Loads a module and makes it ready. `reason`, of `capacity` bytes, says why it can't be.
pkcs11_result pkcs11_load(const char *path, pkcs11_module *_Nullable *_Nonnull module, char *reason, size_t capacity);

/// Has a module look for its tokens anew. All sessions are over.
pkcs11_result pkcs11_restart(pkcs11_module *module);

/// Opens a session with the token of that label, and logs its user in.
pkcs11_result pkcs11_open(
    pkcs11_module *module, const char *label, const unsigned char *_Nullable pin, size_t pin_count, pkcs11_session *session);

void pkcs11_close(pkcs11_module *module, pkcs11_session session);

/// Looks for the AES key of that label. It can neither be read nor be taken out of the token.
pkcs11_result pkcs11_find_key(pkcs11_module *module, pkcs11_session session, const char *label, pkcs11_key *key);

/// Has the token make such a key of 256 bits.
pkcs11_result pkcs11_make_key(pkcs11_module *module, pkcs11_session session, const char *label, pkcs11_key *key);

/// Encrypts with AES-GCM. `nonce` is given random, and is overwritten by tokens that choose their own. `output` has room
/// for `count` bytes and the tag behind them.
pkcs11_result pkcs11_seal(
    pkcs11_module *module, pkcs11_session session, pkcs11_key key, unsigned char *nonce,
    const unsigned char *_Nullable context, size_t context_count, const unsigned char *_Nullable plaintext, size_t count,
    unsigned char *output);

/// Decrypts what `pkcs11_seal` made; `count` is with the tag. `output` has room for as many bytes.
pkcs11_result pkcs11_unseal(
    pkcs11_module *module, pkcs11_session session, pkcs11_key key, const unsigned char *nonce,
    const unsigned char *_Nullable context, size_t context_count, const unsigned char *_Nullable sealed, size_t count,
    unsigned char *output);

/// Random bytes of the token's own making.
pkcs11_result pkcs11_random(pkcs11_module *module, pkcs11_session session, unsigned char *output, size_t count);

#pragma clang assume_nonnull end

#endif
