// libpq, PostgreSQL's own client: <https://www.postgresql.org/docs/15/libpq.html>. It is loaded when a database is named. Loading
// it costs 3 ms, for what it brings with it, LDAP, Kerberos and GnuTLS among that; most servers never need it.

#ifndef CLIBPQ_H
#define CLIBPQ_H

#include <stdbool.h>
#include <stddef.h>

#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

/// Whether the library can be loaded. `reason`, of `capacity` bytes, says why not. No function of it may be called before this
/// has said that it can.
bool libpq_load(char *_Nonnull reason, size_t capacity);

#endif
