#include "LinearScan.h"

#include <ctype.h>
#include <string.h>

static bool is_same(char a, char b, bool ignoring_case) {
    return ignoring_case ? tolower((unsigned char)a) == tolower((unsigned char)b) : a == b;
}

/// `*` is any text, `?` any character; on a mismatch the last `*` takes up one more.
static bool matches(const char *pattern, const char *text, bool ignoring_case) {
    const char *star = NULL, *start = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            start = text;
        } else if (*pattern == '?' || is_same(*pattern, *text, ignoring_case)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++start;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == 0;
}

static bool matches_any(const char *const *patterns, size_t count, const char *text, bool ignoring_case) {
    for (size_t i = 0; i < count; i++)
        if (matches(patterns[i], text, ignoring_case)) return true;
    return false;
}

static bool holds(const struct linear_scan_pair *wanted, const struct linear_scan_pair *context, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(wanted->key, context[i].key)) return !strcmp(wanted->value, context[i].value);
    return false;
}

static bool applies(
    const struct linear_scan_statement *statement, const char *action, const char *resource,
    const struct linear_scan_pair *context, size_t context_count) {
    if (!matches_any(statement->actions, statement->action_count, action, true)) return false;
    if (!matches_any(statement->resources, statement->resource_count, resource, false)) return false;
    for (size_t i = 0; i < statement->condition_count; i++)
        if (!holds(&statement->conditions[i], context, context_count)) return false;
    return true;
}

enum linear_scan_outcome linear_scan_decide(
    const struct linear_scan_statement *statements, size_t count, const char *action, const char *resource,
    const struct linear_scan_pair *context, size_t context_count) {
    enum linear_scan_outcome outcome = LINEAR_SCAN_IMPLICIT_DENY;
    for (size_t i = 0; i < count; i++) {
        if (!statements[i].is_deny && outcome == LINEAR_SCAN_ALLOW) continue;
        if (!applies(&statements[i], action, resource, context, context_count)) continue;
        if (statements[i].is_deny) return LINEAR_SCAN_DENY;
        outcome = LINEAR_SCAN_ALLOW;
    }
    return outcome;
}
