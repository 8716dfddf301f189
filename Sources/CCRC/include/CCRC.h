// The folding of cyclic redundancy checks by the processor's multiplication without carries, for which Swift has no words.

#ifndef CCRC_H
#define CCRC_H

#include <stddef.h>
#include <stdint.h>

/// What 64 bytes, and 16, are multiplied by to have the same remainder so much further on, for the first eight bytes of
/// sixteen and for the second: of a reflected check, x to the power of 575, 511, 191 and 127, each in 64 bits with its highest
/// coefficient in the lowest.
typedef struct {
    uint64_t far_first, far_second, near_first, near_second;
} ccrc_factors;

/// Whether this processor can.
int ccrc_can_fold(void);

/// Makes of many bytes sixteen that leave the same remainder.
///
/// - `count`: at least 64, and a multiple of 16.
/// - `state`: of the check so far, which is added to the first bytes.
/// - `folded`: gets the sixteen bytes.
///
/// Call it only where `ccrc_can_fold` says so.
void ccrc_fold(const uint8_t *bytes, size_t count, uint64_t state, const ccrc_factors *factors, uint8_t *folded);

#endif
