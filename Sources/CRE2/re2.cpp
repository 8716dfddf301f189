#include "CRE2.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

struct cre2_regex {
    re2::RE2 expression;
    cre2_regex(const re2::StringPiece &pattern, const re2::RE2::Options &options) : expression(pattern, options) {}
};

static re2::RE2::Options options_for(long most_memory) {
    re2::RE2::Options options;
    // Requests are bytes: what is no UTF-8 has to be matched as well.
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    options.set_max_mem(most_memory);
    return options;
}

static cre2_regex *compile(
    const char *pattern, size_t length, const re2::RE2::Options &options, char *reason, size_t capacity) {
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

cre2_regex *cre2_compile(const char *pattern, size_t length, long most_memory, char *reason, size_t capacity) {
    re2::RE2::Options options = options_for(most_memory);
    options.set_never_capture(true);
    return compile(pattern, length, options, reason, capacity);
}

cre2_regex *cre2_compile_capturing(
    const char *pattern, size_t length, bool is_utf8, long most_memory, char *reason, size_t capacity) {
    re2::RE2::Options options = options_for(most_memory);
    if (is_utf8) options.set_encoding(re2::RE2::Options::EncodingUTF8);
    return compile(pattern, length, options, reason, capacity);
}

int cre2_groups(const cre2_regex *regex) { return regex->expression.NumberOfCapturingGroups(); }

bool cre2_matches(const cre2_regex *regex, const unsigned char *text, size_t length) {
    re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
    return regex->expression.Match(piece, 0, length, re2::RE2::UNANCHORED, nullptr, 0);
}

bool cre2_capture(
    const cre2_regex *regex, const unsigned char *text, size_t length, size_t start, int *places, int pairs) {
    re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
    std::vector<re2::StringPiece> found(pairs);
    // Asking for more groups than there are is an error.
    int groups = std::min(pairs, regex->expression.NumberOfCapturingGroups() + 1);
    if (!regex->expression.Match(piece, start, length, re2::RE2::UNANCHORED, found.data(), groups)) return false;
    for (int pair = 0; pair < pairs; pair++) {
        bool is_there = pair < groups && found[pair].data() != nullptr;
        places[2 * pair] = is_there ? static_cast<int>(found[pair].data() - piece.data()) : -1;
        places[2 * pair + 1] = is_there ? places[2 * pair] + static_cast<int>(found[pair].size()) : -1;
    }
    return true;
}

void cre2_free(cre2_regex *regex) { delete regex; }

struct cre2_set {
    re2::RE2::Set expressions;
    explicit cre2_set(const re2::RE2::Options &options) : expressions(options, re2::RE2::UNANCHORED) {}
};

cre2_set *cre2_set_new(long most_memory) {
    re2::RE2::Options options = options_for(most_memory);
    options.set_never_capture(true);
    return new (std::nothrow) cre2_set(options);
}

int cre2_set_add(cre2_set *set, const char *pattern, size_t length, char *reason, size_t capacity) {
    std::string error;
    int number = set->expressions.Add(re2::StringPiece(pattern, length), &error);
    if (number < 0) snprintf(reason, capacity, "%s", error.c_str());
    return number;
}

bool cre2_set_compile(cre2_set *set) { return set->expressions.Compile(); }

int cre2_set_match(const cre2_set *set, const unsigned char *text, size_t length, int *numbers, int capacity) {
    re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
    re2::RE2::Set::ErrorInfo problem = {re2::RE2::Set::kNoError};
    // Whether any matches is known faster than which; mostly none does.
    if (!set->expressions.Match(piece, nullptr, &problem)) {
        return problem.kind == re2::RE2::Set::kNoError ? 0 : -1;
    }
    std::vector<int> matching;
    if (!set->expressions.Match(piece, &matching, &problem)) return -1;
    std::copy_n(matching.begin(), std::min<size_t>(matching.size(), capacity), numbers);
    return static_cast<int>(matching.size());
}

void cre2_set_free(cre2_set *set) { delete set; }
