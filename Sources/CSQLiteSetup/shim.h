// What SQLite's header declares, and Swift can't call, because it takes whatever follows.
int sqlite3_config(int, ...);
typedef struct sqlite3 sqlite3;
int sqlite3_db_config(sqlite3 *, int, ...);

/// Has SQLite no longer count the bytes that it allocates, for which it takes a lock at each allocation.
/// It has an effect only before anything else of SQLite is called.
/// <https://www.sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus>
static inline int sqlite3_config_without_memory_statistics(void) {
    const int memstatus = 9;  // SQLITE_CONFIG_MEMSTATUS
    return sqlite3_config(memstatus, 0);
}

/// The most bytes that what is no file takes, each for itself: what a query puts aside (VFS "memdb").
/// It has an effect only before anything else of SQLite is called.
static inline int sqlite3_config_memory_file_size(long long bytes) {
    const int memdb_maxsize = 29;  // SQLITE_CONFIG_MEMDB_MAXSIZE
    return sqlite3_config(memdb_maxsize, bytes);
}

/// Keeps in memory what a savepoint needs to be undone, and never in a file, of which SQLite would make one in the system's
/// temporary folder for every transaction that changes more than 64 KiB.
/// It has an effect only before anything else of SQLite is called.
/// <https://www.sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigstmtjrnlspill>
static inline int sqlite3_config_statement_journals_in_memory(void) {
    const int stmtjrnl_spill = 26;  // SQLITE_CONFIG_STMTJRNL_SPILL
    return sqlite3_config(stmtjrnl_spill, -1);
}

/// Takes from a connection what statements of strangers could harm with: writing to its schema, and texts in the quotation
/// marks of names.
static inline int sqlite3_make_defensive(sqlite3 *db) {
    int result = sqlite3_db_config(db, 1010, 1, (int *)0);  // SQLITE_DBCONFIG_DEFENSIVE
    result |= sqlite3_db_config(db, 1013, 0, (int *)0);     // SQLITE_DBCONFIG_DQS_DML
    result |= sqlite3_db_config(db, 1014, 0, (int *)0);     // SQLITE_DBCONFIG_DQS_DDL
    result |= sqlite3_db_config(db, 1017, 0, (int *)0);     // SQLITE_DBCONFIG_TRUSTED_SCHEMA
    return result;
}
