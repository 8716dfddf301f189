#include "CLibCrypto.h"

#include <openssl/bn.h>
#include <openssl/err.h>

#include <limits.h>

/// A number of the context's, which it overwrites at the end. What is secret is worked with in a time that does not depend on
/// its value, where the library has a way to do so.
static BIGNUM *read_number(BN_CTX *context, const unsigned char *bytes, size_t count, bool is_secret) {
    BIGNUM *number = BN_CTX_get(context);
    if (number == NULL || count > INT_MAX || BN_bin2bn(bytes, (int)count, number) == NULL) return NULL;
    if (is_secret) BN_set_flags(number, BN_FLG_CONSTTIME);
    return number;
}

typedef int operation(BIGNUM *, const BIGNUM *, const BIGNUM *, const BIGNUM *, BN_CTX *);

static int exponentiate(BIGNUM *result, const BIGNUM *base, const BIGNUM *exponent, const BIGNUM *modulus, BN_CTX *context) {
    return BN_mod_exp_mont_consttime(result, base, exponent, modulus, context, NULL);
}

static bool calculate(
    operation *operation, const unsigned char *first, size_t first_count, const unsigned char *second, size_t second_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output) {
    BN_CTX *context = BN_CTX_secure_new();
    if (context == NULL) return false;
    BN_CTX_start(context);
    BIGNUM *a = read_number(context, first, first_count, true);
    BIGNUM *b = read_number(context, second, second_count, true);
    BIGNUM *m = read_number(context, modulus, modulus_count, false);
    BIGNUM *result = BN_CTX_get(context);
    bool is_done = a != NULL && b != NULL && m != NULL && result != NULL && BN_is_odd(m)
        && operation(result, a, b, m, context) == 1 && BN_bn2binpad(result, output, (int)modulus_count) >= 0;
    BN_CTX_end(context);
    BN_CTX_free(context);
    ERR_clear_error();
    return is_done;
}

bool libcrypto_mod_exp(
    const unsigned char *base, size_t base_count, const unsigned char *exponent, size_t exponent_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output) {
    return calculate(exponentiate, base, base_count, exponent, exponent_count, modulus, modulus_count, output);
}

bool libcrypto_mod_mul(
    const unsigned char *first, size_t first_count, const unsigned char *second, size_t second_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output) {
    return calculate(BN_mod_mul, first, first_count, second, second_count, modulus, modulus_count, output);
}

bool libcrypto_mod_add(
    const unsigned char *first, size_t first_count, const unsigned char *second, size_t second_count,
    const unsigned char *modulus, size_t modulus_count, unsigned char *output) {
    return calculate(BN_mod_add, first, first_count, second, second_count, modulus, modulus_count, output);
}
