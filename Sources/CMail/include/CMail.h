// Mail by SMTP, as libcurl speaks it (https://curl.se/libcurl/c/). The library is loaded when the first mail is sent: whoever
// sends none needs none.
//
// No function prints. All may run on several threads at the same time.

#ifndef CMAIL_H
#define CMAIL_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

typedef struct {
    /// `smtp://host:port` or `smtps://host:port`
    const char *url;
    /// Whether the server has to speak STARTTLS; of no meaning for `smtps`.
    bool requires_tls;
    /// NULL: the server asks for none.
    const char *_Nullable username;
    const char *_Nullable password;
    /// A PEM file with authorities to trust besides the system's; NULL: none.
    const char *_Nullable authorities;
    /// For the whole exchange.
    long seconds;
} mail_server;

/// Whether the library can be loaded. `reason`, of `capacity` bytes, says why not.
bool mail_load(char *reason, size_t capacity);

/// Hands a message to a server. It blocks until the server has taken it, or has not. `sender` and `recipient` are addresses
/// alone; `message` has its header, and lines that end with CR LF. `reason`, of `capacity` bytes, says why it was not taken.
bool mail_send(
    const mail_server *server, const char *sender, const char *recipient, const unsigned char *message, size_t length,
    char *reason, size_t capacity);

#pragma clang assume_nonnull end

#endif
