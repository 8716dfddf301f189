#define _GNU_SOURCE

#include "CProgram.h"

#include "internal.h"

#include <errno.h>
#include <fcntl.h>

#ifdef __linux__

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Files in memory are all that it needs: nobody has to read while it writes.
static int write_all(int file, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return lseek(file, 0, SEEK_SET) < 0 ? errno : 0;
}

static void read_all(int file, char *bytes, size_t capacity) {
    size_t length = 0;
    while (file >= 0 && length + 1 < capacity) {
        ssize_t count = pread(file, bytes + length, capacity - 1 - length, (off_t)length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        length += (size_t)count;
    }
    bytes[length] = 0;
}

/// All that a file has; nil where there is no memory for it.
static char *whole(int file, size_t *length) {
    struct stat about;
    *length = 0;
    if (file < 0 || fstat(file, &about) || about.st_size < 0) return NULL;
    size_t capacity = (size_t)about.st_size + 1;
    char *bytes = malloc(capacity);
    if (!bytes) return NULL;
    read_all(file, bytes, capacity);
    *length = capacity - 1;
    return bytes;
}

/// - Parameter passed: a file that the program gets as number 3; -1: none.
static int start(pid_t *process, const char *path, char *const *arguments, const int files[3], int passed) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    for (int file = 0; file < 3 && !error; file++) error = posix_spawn_file_actions_adddup2(&actions, files[file], file);
    if (!error && passed >= 0) error = posix_spawn_file_actions_adddup2(&actions, passed, 3);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, passed >= 0 ? 4 : 3);
    // What the server has made of signals is not for others.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!error) error = posix_spawnattr_setpgroup(&attributes, 0);
    if (!error) {
        short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
        error = posix_spawnattr_setflags(&attributes, flags);
    }
    char *environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Where the kernel can't tell of its end, it asks from time to time.
static program_result wait_for(pid_t process, int seconds) {
    program_result result = {-1, 0};
    int64_t end = milliseconds() + (int64_t)seconds * 1000;
    struct pollfd ends = {(int)syscall(SYS_pidfd_open, process, 0), POLLIN, 0};
    int pause = 1;
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(process, &status, result.error ? 0 : WNOHANG)) <= 0) {
        if (ended < 0) {
            if (errno == EINTR) continue;
            break;
        }
        int64_t rest = end - milliseconds();
        if (rest <= 0) {
            kill(process, SIGKILL);
            result.error = ETIMEDOUT;
            continue;
        }
        poll(&ends, 1, ends.fd < 0 && pause < rest ? pause : (int)rest);
        if (pause < 50) pause *= 2;
    }
    if (ends.fd >= 0) close(ends.fd);
    if (ended == process && WIFEXITED(status)) result.status = WEXITSTATUS(status);
    return result;
}

program_result program_run(
    const char *path, char *const *arguments, const char *input, size_t length, int seconds, char *output,
    size_t output_capacity, char *errors, size_t errors_capacity) {
    program_result result = {-1, 0};
    int files[3] = {-1, -1, -1};
    for (int file = 0; file < 3 && !result.error; file++) {
        files[file] = memfd_create("gatehouse", MFD_CLOEXEC);
        if (files[file] < 0) result.error = errno;
    }
    if (!result.error) result.error = write_all(files[0], input, length);
    pid_t process = 0;
    if (!result.error) result.error = start(&process, path, arguments, files, -1);
    if (!result.error) result = wait_for(process, seconds);
    read_all(files[1], output, output_capacity);
    read_all(files[2], errors, errors_capacity);
    for (int file = 0; file < 3; file++)
        if (files[file] >= 0) close(files[file]);
    return result;
}

program_result program_run_in(
    int network, int passed, const char *path, char *const *arguments, const char *input, size_t length, int seconds,
    char **output, size_t *output_length, char *errors, size_t errors_capacity) {
    program_result result = {-1, 0};
    int files[3] = {-1, -1, -1};
    int given = -1;
    for (int file = 0; file < 3 && !result.error; file++) {
        files[file] = memfd_create("gatehouse", MFD_CLOEXEC);
        if (files[file] < 0) result.error = errno;
    }
    // Number 3 itself would be handed on closed.
    if (!result.error && passed >= 0 && (given = fcntl(passed, F_DUPFD_CLOEXEC, 10)) < 0) result.error = errno;
    if (!result.error) result.error = write_all(files[0], input, length);
    pid_t process = 0;
    if (!result.error) {
        // What is started is where this thread is at that moment.
        int before = network_enter(network);
        if (before < 0) {
            result.error = -before;
        } else {
            result.error = start(&process, path, arguments, files, given);
            network_leave(before);
        }
    }
    if (!result.error) result = wait_for(process, seconds);
    *output = whole(files[1], output_length);
    read_all(files[2], errors, errors_capacity);
    for (int file = 0; file < 3; file++)
        if (files[file] >= 0) close(files[file]);
    if (given >= 0) close(given);
    return result;
}

int program_feed_start(program_feed *feed, const char *path, char *const *arguments) {
    int pair[2] = {-1, -1};
    *feed = (program_feed){-1, -1, -1, -1};
    feed->output = memfd_create("gatehouse", MFD_CLOEXEC);
    feed->errors = memfd_create("gatehouse", MFD_CLOEXEC);
    int error = feed->output < 0 || feed->errors < 0 ? errno : 0;
    // Of a pipe whose reader is gone the signal could not be kept away.
    if (!error && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) error = errno;
    pid_t process = -1;
    if (!error) error = start(&process, path, arguments, (int[3]){pair[1], feed->output, feed->errors}, -1);
    if (pair[1] >= 0) close(pair[1]);
    if (error) {
        if (pair[0] >= 0) close(pair[0]);
        if (feed->output >= 0) close(feed->output);
        if (feed->errors >= 0) close(feed->errors);
        return error;
    }
    feed->process = process;
    feed->input = pair[0];
    return 0;
}

int program_feed_write(const program_feed *feed, const void *bytes, size_t length, int seconds) {
    const char *rest = bytes;
    int64_t end = milliseconds() + (int64_t)seconds * 1000;
    while (length > 0) {
        ssize_t count = send(feed->input, rest, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            rest += count;
            length -= (size_t)count;
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return errno;
        int64_t left = end - milliseconds();
        if (left <= 0) return ETIMEDOUT;
        struct pollfd ready = {feed->input, POLLOUT, 0};
        poll(&ready, 1, (int)left);
    }
    return 0;
}

program_result program_feed_end(program_feed *feed, int seconds, char *errors, size_t errors_capacity) {
    close(feed->input);
    program_result result = wait_for(feed->process, seconds);
    read_all(feed->errors, errors, errors_capacity);
    close(feed->errors);
    feed->process = feed->input = feed->errors = -1;
    return result;
}

#else

int program_feed_start(program_feed *feed, const char *path, char *const *arguments) { return ENOSYS; }

int program_feed_write(const program_feed *feed, const void *bytes, size_t length, int seconds) { return ENOSYS; }

program_result program_feed_end(program_feed *feed, int seconds, char *errors, size_t errors_capacity) {
    errors[0] = 0;
    return (program_result){-1, ENOSYS};
}

program_result program_run_in(
    int network, int passed, const char *path, char *const *arguments, const char *input, size_t length, int seconds,
    char **output, size_t *output_length, char *errors, size_t errors_capacity) {
    *output = NULL;
    *output_length = 0;
    errors[0] = 0;
    return (program_result){-1, ENOSYS};
}

program_result program_run(
    const char *path, char *const *arguments, const char *input, size_t length, int seconds, char *output,
    size_t output_capacity, char *errors, size_t errors_capacity) {
    output[0] = errors[0] = 0;
    return (program_result){-1, ENOSYS};
}

#endif
