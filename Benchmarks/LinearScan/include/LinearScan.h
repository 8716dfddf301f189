// The straightforward way to evaluate policies, as a yardstick: statements parsed beforehand, looked at one after the
// other, each pattern matched with the usual backtracking matcher.

#pragma once
#include <stdbool.h>
#include <stddef.h>

/// `Key: value` of a request.
struct linear_scan_pair {
    const char *key;
    const char *value;
};

struct linear_scan_statement {
    bool is_deny;
    size_t action_count;
    const char *const *actions;
    size_t resource_count;
    const char *const *resources;
    /// StringEquals, all of which must hold.
    size_t condition_count;
    const struct linear_scan_pair *conditions;
};

enum linear_scan_outcome { LINEAR_SCAN_IMPLICIT_DENY, LINEAR_SCAN_ALLOW, LINEAR_SCAN_DENY };

/// What the statements say together. An allow ends nothing, as a deny may follow it.
enum linear_scan_outcome linear_scan_decide(
    const struct linear_scan_statement *statements, size_t count, const char *action, const char *resource,
    const struct linear_scan_pair *context, size_t context_count);

/// How many blocks of memory this thread has allocated so far.
size_t allocation_count(void);

/// The memory that the process holds in use, in bytes.
size_t allocated_bytes(void);
