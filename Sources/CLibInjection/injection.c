#include "CLibInjection.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What is used of the library: <https://github.com/libinjection/libinjection/blob/main/src/libinjection.h>
static struct {
    int (*sqli)(const char *, size_t, char *);
    int (*xss)(const char *, size_t);
    void (*start)(void *, const char *, size_t, int);
    int (*is_sqli)(void *);
} library;

/// What the library keeps of a text: as far as its tokens, which stand in this order since its first release.
struct token {
    size_t position;
    size_t length;
    int count;
    char type;
    char open;
    char close;
    char value[injection_token_size];
};

struct state {
    const char *text;
    size_t length;
    void *lookup;
    void *context;
    int flags;
    size_t position;
    struct token tokens[8];
    struct token *current;
    char fingerprint[8];
    // More than the library has behind it.
    char rest[4096];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static void load(void) {
    void *handle = dlopen("libmodsecurity.so.3", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *error = dlerror();
        snprintf(
            problem, sizeof problem, "libmodsecurity (Debian's libmodsecurity3) can't be loaded: %s",
            error == NULL ? "it is not there" : error);
        return;
    }
    library.sqli = (int (*)(const char *, size_t, char *))dlsym(handle, "libinjection_sqli");
    library.xss = (int (*)(const char *, size_t))dlsym(handle, "libinjection_xss");
    if (library.sqli == NULL || library.xss == NULL) {
        snprintf(problem, sizeof problem, "libmodsecurity lacks libinjection's functions");
        return;
    }
    // Without these nobody is told what was found.
    library.start = (void (*)(void *, const char *, size_t, int))dlsym(handle, "libinjection_sqli_init");
    library.is_sqli = (int (*)(void *))dlsym(handle, "libinjection_is_sqli");
    is_loaded = true;
}

bool injection_load(char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) snprintf(reason, capacity, "%s", problem);
    return is_loaded;
}

bool injection_is_sql(const unsigned char *text, size_t length, char fingerprint[8]) {
    fingerprint[0] = 0;
    pthread_once(&once, load);
    if (!is_loaded || length == 0) return false;
    return library.sqli((const char *)text, length, fingerprint) != 0;
}

bool injection_is_xss(const unsigned char *text, size_t length) {
    pthread_once(&once, load);
    if (!is_loaded || length == 0) return false;
    return library.xss((const char *)text, length) != 0;
}

size_t injection_sql_tokens(const unsigned char *text, size_t length, char *tokens) {
    char fingerprint[8] = {0};
    if (!injection_is_sql(text, length, fingerprint) || library.start == NULL || library.is_sqli == NULL) return 0;
    struct state *state = calloc(1, sizeof(struct state));
    if (state == NULL) return 0;
    library.start(state, (const char *)text, length, 0);
    size_t count = 0;
    // Another layout than the one above would not have the same fingerprint at the same place.
    if (library.is_sqli(state) != 0 && memcmp(state->fingerprint, fingerprint, strnlen(fingerprint, 7) + 1) == 0) {
        while (count < injection_most_tokens && fingerprint[count] != 0) {
            struct token *token = &state->tokens[count];
            if (token->type != fingerprint[count] || memchr(token->value, 0, injection_token_size) == NULL) break;
            memcpy(tokens + count * injection_token_size, token->value, injection_token_size);
            count++;
        }
    }
    free(state);
    return count;
}
