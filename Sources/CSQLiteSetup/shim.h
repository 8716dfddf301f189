// What SQLite's header declares, and Swift can't call, because it takes whatever follows.
int sqlite3_config(int, ...);

/// Has SQLite no longer count the bytes that it allocates, for which it takes a lock at each allocation.
/// It has an effect only before anything else of SQLite is called.
/// <https://www.sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus>
static inline int sqlite3_config_without_memory_statistics(void) {
    const int memstatus = 9;  // SQLITE_CONFIG_MEMSTATUS
    return sqlite3_config(memstatus, 0);
}
