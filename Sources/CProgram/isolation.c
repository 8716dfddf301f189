#define _GNU_SOURCE

#ifdef __linux__

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "instance.h"

// Written out: older headers have them under other names, or not at all.
struct tree_attributes {
    uint64_t set, clear, propagation, user_namespace;
};
enum { tree_read_only = 1, tree_no_suid = 2 };

static int seal_tree(const char *path, uint64_t attributes) {
    struct tree_attributes wanted = {.set = attributes};
    return (int)syscall(442 /* mount_setattr, Linux 5.12 */, AT_FDCWD, path, 0x8000 /* AT_RECURSIVE */, &wanted, sizeof wanted);
}

/// Nothing stands in the way of a folder that is there.
static int folder(const char *path, mode_t mode) { return mkdir(path, mode) && errno != EEXIST ? -1 : 0; }

/// Devices that hold nothing of the machine's.
static int devices(const char **step) {
    static const struct {
        const char *path;
        unsigned major, minor;
    } nodes[] = {{"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7},
                 {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
                                           {"pts/ptmx", "/dev/ptmx"}};
    *step = "/dev";
    if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k")) return errno;
    mode_t mask = umask(0);
    for (size_t index = 0; index < sizeof nodes / sizeof *nodes; index++)
        if (mknod(nodes[index].path, S_IFCHR | 0666, makedev(nodes[index].major, nodes[index].minor))) return errno;
    umask(mask);
    for (size_t index = 0; index < sizeof links / sizeof *links; index++)
        if (symlink(links[index][0], links[index][1])) return errno;
    if (folder("/dev/pts", 0755) || folder("/dev/shm", 01777)) return errno;
    *step = "/dev/pts";
    if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")) return errno;
    *step = "/dev/shm";
    if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=64m")) return errno;
    return 0;
}

static int read_only(const char *path) {
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL)) return errno == ENOENT ? 0 : -1;
    return mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/// Puts nothing where something was.
static int cover(const char *path) {
    struct stat about;
    if (stat(path, &about)) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
    if (S_ISDIR(about.st_mode)) return mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0,mode=755");
    return mount("/dev/null", path, NULL, MS_BIND, NULL);
}

/// Its own processes, and none of the kernel's switches.
static int processes(const char **step) {
    static const char *const unchangeable[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"};
    static const char *const covered[] = {"/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/sched_debug",
                                          "/proc/latency_stats", "/proc/kallsyms", "/proc/kmsg", "/proc/acpi", "/proc/scsi"};
    *step = "/proc";
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) return errno;
    for (size_t index = 0; index < sizeof unchangeable / sizeof *unchangeable; index++)
        if (read_only(unchangeable[index])) return errno;
    for (size_t index = 0; index < sizeof covered / sizeof *covered; index++)
        if (cover(covered[index])) return errno;
    return 0;
}

static int own_folder(const char *path, const char *options, bool must_be) {
    if (!mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options)) return 0;
    return errno == ENOENT && !must_be ? 0 : -1;
}

/// The machine's files, for reading, without what is private in them.
static int machine_files(const instance_settings *settings, const char **step) {
    *step = "read-only files (Linux 5.12 has what that takes; a root folder needs none of it)";
    if (seal_tree("/", tree_read_only | tree_no_suid)) return errno;
    int error = devices(step);
    if (!error) error = processes(step);
    if (error) return error;
    static const char *const own[] = {"/run", "/var/tmp", "/var/run"};
    *step = "/tmp";
    if (own_folder("/tmp", "mode=1777", true)) return errno;
    for (size_t index = 0; index < sizeof own / sizeof *own; index++) {
        struct stat about;
        *step = own[index];
        if (lstat(own[index], &about) || !S_ISDIR(about.st_mode)) continue;
        if (own_folder(own[index], "mode=1777", false)) return errno;
    }
    static const char *const covered[] = {"/root", "/home", "/sys", "/boot", "/var/log", "/var/lib/private", "/etc/ssl/private",
                                          "/etc/ssh", "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/var/spool", "/lost+found"};
    for (size_t index = 0; index < sizeof covered / sizeof *covered; index++)
        if ((*step = covered[index]) && cover(covered[index])) return errno;
    return 0;
}

/// A folder becomes `/`. All names are looked up within it from then on: what an instance has written leads nowhere else.
static int folder_files(const instance_settings *settings, const char **step) {
    *step = "the root folder";
    if (mount(settings->root, settings->root, NULL, MS_BIND, NULL) || chdir(settings->root)) return errno;
    if (syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/")) return errno;
    *step = "/dev and /proc of the root folder";
    if (folder("/dev", 0755) || folder("/proc", 0555)) return errno;
    int error = devices(step);
    if (!error) error = processes(step);
    if (error) return error;
    if (settings->is_read_only) {
        *step = "the read-only root folder";
        if (mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL)) return errno;
        static const char *const own[] = {"/tmp", "/run", "/var/tmp"};
        for (size_t index = 0; index < sizeof own / sizeof *own; index++) {
            struct stat about;
            *step = own[index];
            if (lstat(own[index], &about) || !S_ISDIR(about.st_mode)) continue;
            if (own_folder(own[index], "mode=1777", false)) return errno;
        }
    }
    return 0;
}

static const char resolver_file[] = "/etc/resolv.conf";

/// Makes an empty file where there is none, or where a link leads to that has no end yet. What can't be made is not there.
static void make_resolver_file(void) {
    struct stat about;
    if (!stat(resolver_file, &about)) return;
    char target[PATH_MAX] = "", path[PATH_MAX];
    ssize_t length = readlink(resolver_file, target, sizeof target - 1);
    int size = length <= 0 ? snprintf(path, sizeof path, "%s", resolver_file)
                           : snprintf(path, sizeof path, "%s%s", *target == '/' ? "" : "/etc/", target);
    if (size < 0 || (size_t)size >= sizeof path) return;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        folder(path, 0755);
        *slash = '/';
    }
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file >= 0) close(file);
}

/// Says where names are asked for, in a file of its own above the one that is there. Files that have no place for it go without.
static int resolver(const instance_settings *settings, const char **step) {
    static const char made[] = "/dev/.resolv.conf";
    if (!settings->resolver) return 0;
    *step = resolver_file;
    mode_t mask = umask(022);
    int file = open(made, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    int error = file < 0 ? errno : 0;
    size_t length = strlen(settings->resolver);
    if (!error && write(file, settings->resolver, length) != (ssize_t)length) error = EIO;
    if (file >= 0) close(file);
    if (!error) {
        make_resolver_file();
        mount(made, resolver_file, NULL, MS_BIND, NULL);
        unlink(made);
    }
    umask(mask);
    return error;
}

int instance_files(const instance_settings *settings, const char **step) {
    *step = "private mounts";
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return errno;
    if (settings->root) {
        int error = folder_files(settings, step);
        return error ? error : resolver(settings, step);
    }
    // Before others are put above them.
    for (size_t index = 0; settings->hidden[index]; index++) {
        *step = "what is hidden";
        if (cover(settings->hidden[index])) return errno;
    }
    int error = machine_files(settings, step);
    return error ? error : resolver(settings, step);
}

/// What root may do in an instance: nothing to the kernel, to devices, to mounts or to the network's addresses.
static const unsigned char kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID,
                                     CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT, CAP_AUDIT_WRITE};

int instance_rights(const instance_settings *settings, const char **step) {
    uint32_t wanted[2] = {0, 0};
    for (size_t index = 0; index < sizeof kept; index++) wanted[kept[index] / 32] |= 1U << (kept[index] % 32);
    *step = "capabilities";
    for (int number = 0; number < 64; number++) {
        bool is_kept = wanted[number / 32] >> (number % 32) & 1 && settings->user == 0;
        if (!is_kept && prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, number, 0, 0, 0)) return errno;
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    *step = "the user";
    if (setgroups(0, NULL) || setresgid(settings->group, settings->group, settings->group) ||
        setresuid(settings->user, settings->user, settings->user))
        return errno;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data)) return errno;
    for (int half = 0; half < 2; half++) {
        data[half].permitted &= wanted[half];
        data[half].effective = data[half].permitted;
        data[half].inheritable = 0;
    }
    *step = "capabilities";
    if (syscall(SYS_capset, &header, data)) return errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno;
    return 0;
}

enum { most_processes = 65536 };

static pid_t parent_of(pid_t process) {
    char path[40], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return 0;
    text[count] = 0;
    // The name is in parentheses, and may have some itself.
    char *behind = strrchr(text, ')');
    int parent = 0;
    return behind && sscanf(behind + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

int instance_signal_descendants(int number) {
    static pid_t all[most_processes], parents[most_processes];
    static bool mine[most_processes];
    size_t count = 0;
    DIR *list = opendir("/proc");
    if (!list) return 0;
    for (struct dirent *entry; (entry = readdir(list)) && count < most_processes;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        all[count] = (pid_t)strtol(entry->d_name, NULL, 10);
        parents[count] = parent_of(all[count]);
        mine[count++] = false;
    }
    closedir(list);
    pid_t self = getpid();
    int found = 0;
    for (bool is_new = true; is_new;) {
        is_new = false;
        for (size_t index = 0; index < count; index++) {
            if (mine[index]) continue;
            bool is_mine = parents[index] == self;
            for (size_t other = 0; other < count && !is_mine; other++) is_mine = mine[other] && all[other] == parents[index];
            if (!is_mine) continue;
            mine[index] = is_new = true;
            found++;
            kill(all[index], number);
            if (number == SIGTERM) kill(all[index], SIGCONT);
        }
    }
    return found;
}

#endif
