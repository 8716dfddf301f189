#include "CMail.h"

// The types of options are for the compiler of other programs: here the functions are pointers.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/// What is used of the library.
static struct {
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_perform)(CURL *);
    void (*easy_cleanup)(CURL *);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static void load(void) {
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *error = dlerror();
        snprintf(problem, sizeof problem, "libcurl can't be loaded: %s", error == NULL ? "it is not there" : error);
        return;
    }
    CURLcode (*global_init)(long) = (CURLcode(*)(long))dlsym(handle, "curl_global_init");
    library.easy_init = (CURL * (*)(void)) dlsym(handle, "curl_easy_init");
    library.easy_setopt = (CURLcode(*)(CURL *, CURLoption, ...))dlsym(handle, "curl_easy_setopt");
    library.easy_perform = (CURLcode(*)(CURL *))dlsym(handle, "curl_easy_perform");
    library.easy_cleanup = (void (*)(CURL *))dlsym(handle, "curl_easy_cleanup");
    library.easy_strerror = (const char *(*)(CURLcode))dlsym(handle, "curl_easy_strerror");
    library.slist_append = (struct curl_slist * (*)(struct curl_slist *, const char *)) dlsym(handle, "curl_slist_append");
    library.slist_free_all = (void (*)(struct curl_slist *))dlsym(handle, "curl_slist_free_all");
    if (global_init == NULL || library.easy_init == NULL || library.easy_setopt == NULL || library.easy_perform == NULL
        || library.easy_cleanup == NULL || library.easy_strerror == NULL || library.slist_append == NULL
        || library.slist_free_all == NULL) {
        snprintf(problem, sizeof problem, "libcurl lacks a function");
        return;
    }
    if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(problem, sizeof problem, "libcurl can't be made ready");
        return;
    }
    is_loaded = true;
}

bool mail_load(char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) snprintf(reason, capacity, "%s", problem);
    return is_loaded;
}

typedef struct {
    const unsigned char *bytes;
    size_t left;
} source;

static size_t next_bytes(char *buffer, size_t size, size_t count, void *context) {
    source *from = context;
    size_t room = size * count;
    size_t length = from->left < room ? from->left : room;
    memcpy(buffer, from->bytes, length);
    from->bytes += length;
    from->left -= length;
    return length;
}

bool mail_send(
    const mail_server *server, const char *sender, const char *recipient, const unsigned char *message, size_t length,
    char *reason, size_t capacity) {
    if (!mail_load(reason, capacity)) return false;
    CURL *curl = library.easy_init();
    struct curl_slist *recipients = library.slist_append(NULL, recipient);
    if (curl == NULL || recipients == NULL) {
        snprintf(reason, capacity, "there is no memory left");
        if (curl != NULL) library.easy_cleanup(curl);
        if (recipients != NULL) library.slist_free_all(recipients);
        return false;
    }
    source from = {message, length};
    char details[CURL_ERROR_SIZE] = "";
    CURLcode code = CURLE_OK;
#define SET(option, value) \
    if (code == CURLE_OK) code = library.easy_setopt(curl, option, value)
    SET(CURLOPT_ERRORBUFFER, details);
    SET(CURLOPT_URL, server->url);
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_SMTP | CURLPROTO_SMTPS));
    // No variable of the environment sends mail elsewhere.
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT, server->seconds);
    SET(CURLOPT_USE_SSL, (long)(server->requires_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    if (server->authorities != NULL) SET(CURLOPT_CAINFO, server->authorities);
    if (server->username != NULL) SET(CURLOPT_USERNAME, server->username);
    if (server->password != NULL) SET(CURLOPT_PASSWORD, server->password);
    SET(CURLOPT_MAIL_FROM, sender);
    SET(CURLOPT_MAIL_RCPT, recipients);
    SET(CURLOPT_READFUNCTION, next_bytes);
    SET(CURLOPT_READDATA, &from);
    SET(CURLOPT_UPLOAD, 1L);
#undef SET
    if (code == CURLE_OK) code = library.easy_perform(curl);
    if (code != CURLE_OK) snprintf(reason, capacity, "%s", details[0] ? details : library.easy_strerror(code));
    library.slist_free_all(recipients);
    library.easy_cleanup(curl);
    return code == CURLE_OK;
}
