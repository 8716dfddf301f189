// The Public Suffix List (<https://publicsuffix.org>), as libpsl knows it, which libcurl brings along. It is loaded when it is first
// asked; without it nothing is known to be a public suffix.
//
// The function may run on several threads at the same time.

#ifndef CPUBLICSUFFIX_H
#define CPUBLICSUFFIX_H

#include <stdbool.h>

#pragma clang assume_nonnull begin

/// Whether strangers have names directly below a domain, as below `co.uk`. It is given in lower case, labels that are not of ASCII
/// as `xn--…`. false where the list can't be loaded.
bool is_public_suffix(const char *domain);

#pragma clang assume_nonnull end

#endif
