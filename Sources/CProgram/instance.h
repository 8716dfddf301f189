// What the files of an instance's processes share.

#ifndef CPROGRAM_INSTANCE_H
#define CPROGRAM_INSTANCE_H

#include <stdbool.h>
#include <sys/types.h>

/// As the settings say it.
typedef struct {
    /// Whether it is in namespaces of its own; else it is a plain process.
    bool is_apart;
    /// `/` of the instance; nil: the machine's own files, for reading.
    const char *root;
    bool is_read_only;
    const char *host_name;
    /// Where its first process begins.
    const char *folder;
    uid_t user;
    gid_t group;
    /// Folders and files of the machine that it must not see. Each list ends with nil.
    const char **hidden;
    const char **environment;
    /// Its first process: a program with arguments; empty: there is none.
    const char **command;
    /// What `/etc/resolv.conf` says; nil: what its files have.
    const char *resolver;
    /// What is run before, once: it begins with `#!`; nil: nothing.
    const char *script;
} instance_settings;

/// Gives this process files of its own, and nothing of the machine's.
/// Returns 0, or why it failed, as in errno; `step` says at what.
int instance_files(const instance_settings *settings, const char **step);

/// Takes all rights from this process that an instance has no use for.
int instance_rights(const instance_settings *settings, const char **step);

/// Sends a signal to all that have come of this process; returns how many there were.
int instance_signal_descendants(int number);

#endif
