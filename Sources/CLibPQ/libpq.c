#include "CLibPQ.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

// The functions that are used, each by its own name.
#define FUNCTIONS(each) \
    each(PQclear) each(PQcmdStatus) each(PQcmdTuples) each(PQconnectdbParams) each(PQconninfoFree) \
    each(PQconninfoParse) each(PQconsumeInput) each(PQenterPipelineMode) each(PQerrorMessage) each(PQexec) \
    each(PQfinish) each(PQfreemem) each(PQgetResult) each(PQgetisnull) each(PQgetlength) each(PQgetvalue) \
    each(PQisBusy) each(PQnfields) each(PQnotifies) each(PQntuples) each(PQpipelineSync) each(PQresultErrorField) \
    each(PQresultStatus) each(PQsendPrepare) each(PQsendQueryPrepared) each(PQsetNoticeProcessor) each(PQsocket) \
    each(PQstatus) each(PQtransactionStatus)

static struct {
#define POINTER(name) __typeof__(&name) name;
    FUNCTIONS(POINTER)
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char problem[256];
static bool is_loaded = false;

static void load(void) {
    void *handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *error = dlerror();
        snprintf(
            problem, sizeof problem, "libpq (Debian's libpq5) can't be loaded: %s",
            error == NULL ? "it is not there" : error);
        return;
    }
#define FIND(name) \
    library.name = (__typeof__(&name))dlsym(handle, #name); \
    if (library.name == NULL) { \
        snprintf(problem, sizeof problem, "libpq lacks " #name ": PostgreSQL 14 or newer is needed"); \
        return; \
    }
    FUNCTIONS(FIND)
    is_loaded = true;
}

bool libpq_load(char *reason, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) snprintf(reason, capacity, "%s", problem);
    return is_loaded;
}

void PQclear(PGresult *result) { library.PQclear(result); }
char *PQcmdStatus(PGresult *result) { return library.PQcmdStatus(result); }
char *PQcmdTuples(PGresult *result) { return library.PQcmdTuples(result); }
PGconn *PQconnectdbParams(const char *const *keywords, const char *const *values, int expand) {
    return library.PQconnectdbParams(keywords, values, expand);
}
void PQconninfoFree(PQconninfoOption *options) { library.PQconninfoFree(options); }
PQconninfoOption *PQconninfoParse(const char *info, char **message) { return library.PQconninfoParse(info, message); }
int PQconsumeInput(PGconn *connection) { return library.PQconsumeInput(connection); }
int PQenterPipelineMode(PGconn *connection) { return library.PQenterPipelineMode(connection); }
char *PQerrorMessage(const PGconn *connection) { return library.PQerrorMessage(connection); }
PGresult *PQexec(PGconn *connection, const char *query) { return library.PQexec(connection, query); }
void PQfinish(PGconn *connection) { library.PQfinish(connection); }
void PQfreemem(void *memory) { library.PQfreemem(memory); }
PGresult *PQgetResult(PGconn *connection) { return library.PQgetResult(connection); }
int PQgetisnull(const PGresult *result, int row, int column) { return library.PQgetisnull(result, row, column); }
int PQgetlength(const PGresult *result, int row, int column) { return library.PQgetlength(result, row, column); }
char *PQgetvalue(const PGresult *result, int row, int column) { return library.PQgetvalue(result, row, column); }
int PQisBusy(PGconn *connection) { return library.PQisBusy(connection); }
int PQnfields(const PGresult *result) { return library.PQnfields(result); }
PGnotify *PQnotifies(PGconn *connection) { return library.PQnotifies(connection); }
int PQntuples(const PGresult *result) { return library.PQntuples(result); }
int PQpipelineSync(PGconn *connection) { return library.PQpipelineSync(connection); }
char *PQresultErrorField(const PGresult *result, int field) { return library.PQresultErrorField(result, field); }
ExecStatusType PQresultStatus(const PGresult *result) { return library.PQresultStatus(result); }
int PQsendPrepare(PGconn *connection, const char *name, const char *query, int count, const Oid *types) {
    return library.PQsendPrepare(connection, name, query, count, types);
}
int PQsendQueryPrepared(
    PGconn *connection, const char *name, int count, const char *const *values, const int *lengths, const int *formats, int format
) {
    return library.PQsendQueryPrepared(connection, name, count, values, lengths, formats, format);
}
PQnoticeProcessor PQsetNoticeProcessor(PGconn *connection, PQnoticeProcessor processor, void *argument) {
    return library.PQsetNoticeProcessor(connection, processor, argument);
}
int PQsocket(const PGconn *connection) { return library.PQsocket(connection); }
ConnStatusType PQstatus(const PGconn *connection) { return library.PQstatus(connection); }
PGTransactionStatusType PQtransactionStatus(const PGconn *connection) {
    return library.PQtransactionStatus(connection);
}
