#include "internal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <limits.h>
#include <pthread.h>
#include <string.h>

static const EVP_MD *hashes[libcrypto_sha512 + 1];
static pthread_once_t hashes_are_found = PTHREAD_ONCE_INIT;

const char *hash_name(libcrypto_hash hash) {
    switch (hash) {
    case libcrypto_sha1: return "SHA1";
    case libcrypto_sha224: return "SHA2-224";
    case libcrypto_sha256: return "SHA2-256";
    case libcrypto_sha384: return "SHA2-384";
    case libcrypto_sha512: return "SHA2-512";
    }
}

static void find_hashes(void) {
    for (libcrypto_hash hash = libcrypto_sha1; hash <= libcrypto_sha512; hash++) {
        hashes[hash] = EVP_MD_fetch(NULL, hash_name(hash), NULL);
    }
}

const EVP_MD *library_hash(libcrypto_hash hash) {
    pthread_once(&hashes_are_found, find_hashes);
    return hashes[hash];
}

ptrdiff_t libcrypto_digest(libcrypto_hash hash, const unsigned char *message, size_t count, unsigned char *output) {
    unsigned int written = 0;
    bool is_hashed = library_hash(hash) != NULL
        && EVP_Digest(message, count, output, &written, library_hash(hash), NULL) == 1;
    ERR_clear_error();
    return is_hashed ? (ptrdiff_t)written : -1;
}

ptrdiff_t libcrypto_hmac(
    libcrypto_hash hash, const unsigned char *key, size_t key_count, const unsigned char *message, size_t count,
    unsigned char *output) {
    size_t written = 0;
    unsigned char *result = EVP_Q_mac(
        NULL, "HMAC", NULL, hash_name(hash), NULL, key, key_count, message, count, output, LIBCRYPTO_HASH_SIZE, &written);
    ERR_clear_error();
    return result == NULL ? -1 : (ptrdiff_t)written;
}

static EVP_CIPHER *sealing_cipher;
static pthread_once_t sealing_cipher_is_found = PTHREAD_ONCE_INIT;

static void find_sealing_cipher(void) { sealing_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL); }

/// What a thread has left from its last message in one direction: the next one with the same key needs no new schedule, which
/// for a small message is half of the work.
typedef struct {
    EVP_CIPHER_CTX *context;
    unsigned char key[32];
    bool has_key;
} libcrypto_cipher;

/// Those of a thread: for opening and for sealing.
static pthread_key_t threads_ciphers;
static bool has_threads_ciphers;

static void free_ciphers(void *ciphers) {
    for (int direction = 0; direction < 2; direction++) {
        EVP_CIPHER_CTX_free(((libcrypto_cipher *)ciphers)[direction].context);
    }
    OPENSSL_clear_free(ciphers, 2 * sizeof(libcrypto_cipher));
}

static pthread_once_t threads_ciphers_are_set_up = PTHREAD_ONCE_INIT;

static void set_up_ciphers(void) { has_threads_ciphers = pthread_key_create(&threads_ciphers, free_ciphers) == 0; }

static libcrypto_cipher *cipher_of_thread(bool encrypts) {
    pthread_once(&threads_ciphers_are_set_up, set_up_ciphers);
    if (!has_threads_ciphers) return NULL;
    libcrypto_cipher *ciphers = pthread_getspecific(threads_ciphers);
    if (ciphers == NULL) {
        ciphers = OPENSSL_zalloc(2 * sizeof(libcrypto_cipher));
        if (ciphers == NULL) return NULL;
        if (pthread_setspecific(threads_ciphers, ciphers) != 0) {
            OPENSSL_free(ciphers);
            return NULL;
        }
    }
    return &ciphers[encrypts ? 1 : 0];
}

/// What encrypts or decrypts one message, with all but the message itself; NULL when the library refuses. It is the thread's,
/// and good until the next message of the same direction.
static EVP_CIPHER_CTX *begin_message(
    bool encrypts, const unsigned char *key, const unsigned char *nonce, const unsigned char *authenticated,
    size_t authenticated_count) {
    pthread_once(&sealing_cipher_is_found, find_sealing_cipher);
    libcrypto_cipher *cipher = cipher_of_thread(encrypts);
    if (sealing_cipher == NULL || cipher == NULL || authenticated_count > INT_MAX) return NULL;
    if (cipher->context == NULL) cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL) return NULL;
    bool has_key = cipher->has_key && CRYPTO_memcmp(cipher->key, key, sizeof cipher->key) == 0;
    cipher->has_key = false;
    int written = 0;
    if (EVP_CipherInit_ex2(
            cipher->context, has_key ? NULL : sealing_cipher, has_key ? NULL : key, nonce, encrypts ? 1 : 0, NULL) != 1
        || (authenticated_count > 0
            && EVP_CipherUpdate(cipher->context, NULL, &written, authenticated, (int)authenticated_count) != 1)) {
        // Nobody knows what state it is in.
        EVP_CIPHER_CTX_free(cipher->context);
        cipher->context = NULL;
        return NULL;
    }
    if (!has_key) memcpy(cipher->key, key, sizeof cipher->key);
    cipher->has_key = true;
    return cipher->context;
}

/// Takes a thread's cipher away after a message that has failed: the next one begins with a new one.
static void forget_message(bool encrypts) {
    libcrypto_cipher *cipher = cipher_of_thread(encrypts);
    if (cipher != NULL) {
        EVP_CIPHER_CTX_free(cipher->context);
        OPENSSL_cleanse(cipher, sizeof *cipher);
        cipher->context = NULL;
        cipher->has_key = false;
    }
    ERR_clear_error();
}

ptrdiff_t libcrypto_seal(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *authenticated, size_t authenticated_count,
    const unsigned char *plaintext, size_t count, unsigned char *output) {
    if (count > INT_MAX - LIBCRYPTO_TAG_SIZE) return -1;
    EVP_CIPHER_CTX *message = begin_message(true, key, nonce, authenticated, authenticated_count);
    int written = 0, last = 0;
    bool is_sealed = message != NULL
        && (count == 0 || EVP_CipherUpdate(message, output, &written, plaintext, (int)count) == 1)
        && EVP_CipherFinal_ex(message, output + written, &last) == 1 && (size_t)written + (size_t)last == count
        && EVP_CIPHER_CTX_ctrl(message, EVP_CTRL_AEAD_GET_TAG, LIBCRYPTO_TAG_SIZE, output + count) == 1;
    if (is_sealed) return (ptrdiff_t)(count + LIBCRYPTO_TAG_SIZE);
    forget_message(true);
    return -1;
}

ptrdiff_t libcrypto_open(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *authenticated, size_t authenticated_count,
    const unsigned char *sealed, size_t count, unsigned char *output) {
    if (count < LIBCRYPTO_TAG_SIZE || count > INT_MAX) return -1;
    size_t length = count - LIBCRYPTO_TAG_SIZE;
    EVP_CIPHER_CTX *message = begin_message(false, key, nonce, authenticated, authenticated_count);
    int written = 0, last = 0;
    // The tag is checked by the last step, and is not written to.
    bool is_opened = message != NULL
        && (length == 0 || EVP_CipherUpdate(message, output, &written, sealed, (int)length) == 1)
        && EVP_CIPHER_CTX_ctrl(
               message, EVP_CTRL_AEAD_SET_TAG, LIBCRYPTO_TAG_SIZE, (void *)(uintptr_t)(sealed + length)) == 1
        && EVP_CipherFinal_ex(message, output + written, &last) == 1 && (size_t)written + (size_t)last == length;
    if (is_opened) return (ptrdiff_t)length;
    forget_message(false);
    // What is not authentic is shown to nobody.
    if (length > 0) OPENSSL_cleanse(output, length);
    return -1;
}

static const EVP_CIPHER *wrapping_cipher(size_t key_count) {
    switch (key_count) {
    case 16: return EVP_aes_128_wrap_pad();
    case 24: return EVP_aes_192_wrap_pad();
    case 32: return EVP_aes_256_wrap_pad();
    default: return NULL;
    }
}

ptrdiff_t libcrypto_unwrap(
    const unsigned char *key, size_t key_count, const unsigned char *wrapped, size_t count, unsigned char *output) {
    const EVP_CIPHER *cipher = wrapping_cipher(key_count);
    // RFC 5649, section 4.2: two blocks of 64 bits at least.
    if (cipher == NULL || count < 16 || count % 8 != 0 || count > INT_MAX) return -1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    if (context != NULL) EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    bool is_unwrapped = context != NULL && EVP_DecryptInit_ex2(context, cipher, key, NULL, NULL) == 1
        && EVP_DecryptUpdate(context, output, &written, wrapped, (int)count) == 1 && written > 0;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    return is_unwrapped ? written : -1;
}

bool libcrypto_scrypt(
    const unsigned char *password, size_t password_count, const unsigned char *salt, size_t salt_count, uint64_t rounds,
    uint64_t block_size, uint64_t parallelism, unsigned char *output, size_t count) {
    // Of NULL for a password the library makes a test of the numbers, and derives nothing.
    bool is_derived = EVP_PBE_scrypt(
        password == NULL ? "" : (const char *)password, password_count, salt, salt_count, rounds, block_size, parallelism,
        256u << 20, output, count) == 1;
    ERR_clear_error();
    return is_derived;
}

bool libcrypto_equal(const unsigned char *first, const unsigned char *second, size_t count) {
    return count == 0 || CRYPTO_memcmp(first, second, count) == 0;
}

void libcrypto_cleanse(unsigned char *bytes, size_t count) {
    if (bytes != NULL) OPENSSL_cleanse(bytes, count);
}
