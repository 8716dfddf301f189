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

/// The first part of the text, from `start` on, that matches, and the parts of it that the expression captures: `places` gets the
/// start and end of each, -1 twice for one that took no part; the first pair is the whole. false: nothing matches, and `places` is
/// as it was. For expressions that were compiled with `cre2_compile_capturing`.
bool cre2_capture(
    const cre2_regex *regex, const unsigned char *_Nullable text, size_t length, size_t start, int *places, int pairs);

/// As `cre2_compile`, for `cre2_capture`. With `is_utf8`, a character is one of UTF-8, and not a byte.
cre2_regex *_Nullable cre2_compile_capturing(
    const char *pattern, size_t length, bool is_utf8, long most_memory, char *reason, size_t capacity);

/// How many groups an expression captures.
int cre2_groups(const cre2_regex *regex);

void cre2_free(cre2_regex *regex);

/// Many expressions that are looked for together, in one pass over the text.
typedef struct cre2_set cre2_set;

cre2_set *_Nullable cre2_set_new(long most_memory);

/// The expression's number, from 0 on. -1: it is none, and `reason` says why.
int cre2_set_add(cre2_set *set, const char *pattern, size_t length, char *reason, size_t capacity);

/// Makes it ready: nothing can be added after that. false: there is not enough memory.
bool cre2_set_compile(cre2_set *set);

/// How many of the expressions match; the numbers of the first `capacity` of them go to `numbers`. -1: the automaton needs more
/// memory than it may have, and nothing is known. May run on several threads at the same time.
int cre2_set_match(
    const cre2_set *set, const unsigned char *_Nullable text, size_t length, int *numbers, int capacity);

void cre2_set_free(cre2_set *set);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
