#include "CCRC.h"

// As in V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009: four times
// sixteen bytes are carried along side by side, so that no multiplication waits for another.

#if defined(__x86_64__)

#include <immintrin.h>

int ccrc_can_fold(void) { return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"); }

__attribute__((target("pclmul,sse4.1"))) static inline __m128i moved_on(__m128i bytes, __m128i factors) {
    return _mm_xor_si128(_mm_clmulepi64_si128(bytes, factors, 0x00), _mm_clmulepi64_si128(bytes, factors, 0x11));
}

__attribute__((target("pclmul,sse4.1"))) void ccrc_fold(
    const uint8_t *bytes, size_t count, uint64_t state, const ccrc_factors *factors, uint8_t *folded) {
    const __m128i *next = (const __m128i *)bytes;
    const __m128i far = _mm_set_epi64x((long long)factors->far_second, (long long)factors->far_first);
    const __m128i near = _mm_set_epi64x((long long)factors->near_second, (long long)factors->near_first);
    __m128i a = _mm_xor_si128(_mm_loadu_si128(next), _mm_set_epi64x(0, (long long)state));
    __m128i b = _mm_loadu_si128(next + 1), c = _mm_loadu_si128(next + 2), d = _mm_loadu_si128(next + 3);
    for (next += 4, count -= 64; count >= 64; next += 4, count -= 64) {
        a = _mm_xor_si128(moved_on(a, far), _mm_loadu_si128(next));
        b = _mm_xor_si128(moved_on(b, far), _mm_loadu_si128(next + 1));
        c = _mm_xor_si128(moved_on(c, far), _mm_loadu_si128(next + 2));
        d = _mm_xor_si128(moved_on(d, far), _mm_loadu_si128(next + 3));
    }
    b = _mm_xor_si128(moved_on(a, near), b);
    c = _mm_xor_si128(moved_on(b, near), c);
    d = _mm_xor_si128(moved_on(c, near), d);
    for (; count >= 16; next += 1, count -= 16) d = _mm_xor_si128(moved_on(d, near), _mm_loadu_si128(next));
    _mm_storeu_si128((__m128i *)folded, d);
}

#else

int ccrc_can_fold(void) { return 0; }

void ccrc_fold(const uint8_t *bytes, size_t count, uint64_t state, const ccrc_factors *factors, uint8_t *folded) {
    (void)bytes;
    (void)count;
    (void)state;
    (void)factors;
    (void)folded;
}

#endif
