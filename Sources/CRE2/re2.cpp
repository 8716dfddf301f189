#include "CRE2.h"

#include <re2/re2.h>

#include <cstdio>
#include <new>

struct cre2_regex {
    re2::RE2 expression;
    cre2_regex(const re2::StringPiece &pattern, const re2::RE2::Options &options) : expression(pattern, options) {}
};

cre2_regex *cre2_compile(const char *pattern, size_t length, long most_memory, char *reason, size_t capacity) {
    re2::RE2::Options options;
    // Requests are bytes: what is no UTF-8 has to be matched as well.
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(most_memory);
    auto *regex = new (std::nothrow) cre2_regex(re2::StringPiece(pattern, length), options);
    if (regex == nullptr) {
        snprintf(reason, capacity, "out of memory");
        return nullptr;
    }
    if (!regex->expression.ok()) {
        snprintf(reason, capacity, "%s", regex->expression.error().c_str());
        delete regex;
        return nullptr;
    }
    return regex;
}

bool cre2_matches(const cre2_regex *regex, const unsigned char *text, size_t length) {
    re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
    return regex->expression.Match(piece, 0, length, re2::RE2::UNANCHORED, nullptr, 0);
}

void cre2_free(cre2_regex *regex) { delete regex; }
