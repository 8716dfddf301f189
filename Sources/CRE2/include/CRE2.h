// Regular expressions in linear time, by RE2 (https://github.com/google/re2/wiki/Syntax). A compiled expression may be used by
// several threads at the same time.

#ifndef CRE2_H
#define CRE2_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct cre2_regex cre2_regex;

/// Compiles an expression over bytes. NULL: it is none, and `reason`, of `capacity` bytes, says why. `most_memory`, in bytes,
/// bounds what the compiled expression and its automata take.
cre2_regex *_Nullable cre2_compile(
    const char *pattern, size_t length, long most_memory, char *reason, size_t capacity);

/// Whether any part of the text matches.
bool cre2_matches(const cre2_regex *regex, const unsigned char *_Nullable text, size_t length);

void cre2_free(cre2_regex *regex);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
