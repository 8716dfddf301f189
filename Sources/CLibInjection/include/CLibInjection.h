// Detection of SQL injection and cross-site scripting by libinjection, which Debian has inside of libmodsecurity3. It is loaded
// when the first rule needs it: whoever has no such rule needs none.
//
// No function prints. All may run on several threads at the same time.

#ifndef CLIBINJECTION_H
#define CLIBINJECTION_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Whether the library can be loaded. `reason`, of `capacity` bytes, says why not.
bool injection_load(char *reason, size_t capacity);

/// Whether a text is SQL injection. `fingerprint` gets the kinds of its first tokens, at most five, and a NUL. false where the
/// library can't be loaded.
bool injection_is_sql(const unsigned char *_Nullable text, size_t length, char fingerprint[_Nonnull 8]);

/// The size of a token's room, with the NUL at its end, and how many tokens there are at most.
enum { injection_token_size = 32, injection_most_tokens = 5 };

/// The tokens by which a text was recognised as SQL injection, cut to their rooms: their number. 0 where it is none, or where the
/// library has another layout than is known. `tokens` has room for all of them.
size_t injection_sql_tokens(const unsigned char *_Nullable text, size_t length, char *tokens);

/// Whether a text is cross-site scripting. false where the library can't be loaded.
bool injection_is_xss(const unsigned char *_Nullable text, size_t length);

#pragma clang assume_nonnull end

#endif
