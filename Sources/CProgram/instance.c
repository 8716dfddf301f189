#define _GNU_SOURCE

#include "CProgram.h"

#include <errno.h>

#ifdef __linux__

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance.h"
#include "internal.h"

// The processes of an instance:
//
//     Gatehouse ── supervisor ── init (process 1 of the instance) ── its command, and all that comes of it
//
// The supervisor watches a socket of Gatehouse's. When that is closed, Gatehouse is gone, and so is the instance. If the supervisor
// itself is killed, the kernel kills init, and with process 1 all of its namespace. Without namespaces there is no init: the
// supervisor starts the command, and adopts all that its children leave behind.
//
// Settings are texts that end with a zero byte each: `apart=1`, `root=/srv/web`, `readonly=1`, `host=ip-10-0-0-7`, `dir=/`, `uid=0`,
// `gid=0`, and any number of `hide=PATH`, `env=NAME=VALUE`, `arg=WORD`; `resolver=…`;
// `script=#!…`.

static const char marker[] = "GATEHOUSE_INSTANCE_PROCESS";
enum { control_file = 3, network_file = 4 };
extern char **environ;

static void append(const char ***list, size_t *count, const char *text) {
    const char **longer = realloc(*list, (*count + 2) * sizeof(char *));
    if (!longer) _exit(70);
    longer[(*count)++] = text;
    longer[*count] = NULL;
    *list = longer;
}

static const char *value(const char *text, const char *key) {
    size_t length = strlen(key);
    return strncmp(text, key, length) == 0 && text[length] == '=' ? text + length + 1 : NULL;
}

/// The settings stay where they are as long as the process runs.
static instance_settings read_settings(void) {
    instance_settings settings = {.folder = "/", .host_name = "instance", .user = getuid(), .group = getgid()};
    struct stat about;
    if (fstat(0, &about) || about.st_size <= 0) _exit(70);
    size_t length = (size_t)about.st_size;
    char *bytes = calloc(length + 1, 1);
    if (!bytes || pread(0, bytes, length, 0) != (ssize_t)length) _exit(70);
    size_t hidden = 0, variables = 0, words = 0;
    const char *found;
    settings.hidden = settings.environment = settings.command = NULL;
    for (const char *text = bytes; text < bytes + length; text += strlen(text) + 1) {
        if ((found = value(text, "apart"))) settings.is_apart = *found == '1';
        else if ((found = value(text, "root"))) settings.root = found;
        else if ((found = value(text, "readonly"))) settings.is_read_only = *found == '1';
        else if ((found = value(text, "host"))) settings.host_name = found;
        else if ((found = value(text, "dir"))) settings.folder = found;
        else if ((found = value(text, "uid"))) settings.user = (uid_t)strtoul(found, NULL, 10);
        else if ((found = value(text, "gid"))) settings.group = (gid_t)strtoul(found, NULL, 10);
        else if ((found = value(text, "hide"))) append(&settings.hidden, &hidden, found);
        else if ((found = value(text, "env"))) append(&settings.environment, &variables, found);
        else if ((found = value(text, "arg"))) append(&settings.command, &words, found);
        else if ((found = value(text, "resolver"))) settings.resolver = found;
        else if ((found = value(text, "script"))) settings.script = found;
    }
    if (!settings.hidden) settings.hidden = calloc(1, sizeof(char *));
    if (!settings.environment) settings.environment = calloc(1, sizeof(char *));
    if (!settings.command) settings.command = calloc(1, sizeof(char *));
    if (!settings.hidden || !settings.environment || !settings.command) _exit(70);
    return settings;
}

static void say(int file, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t written = send(file, text, length, MSG_NOSIGNAL);
        if (written < 0 && errno == ENOTSOCK) written = write(file, text, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text += written;
        length -= (size_t)written;
    }
}

static void complain(int file, const char *step, int error) {
    char text[300];
    snprintf(text, sizeof text, "%s: %s", step, strerror(error));
    say(file, text);
}

static void block(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGCHLD);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    sigprocmask(SIG_SETMASK, signals, NULL);
}

/// Starts a program. `problems` tells of what keeps it from being run, and is closed by its beginning; -1: the console does.
static pid_t begin(const instance_settings *settings, const char *const *words, int problems, bool dies_with_parent) {
    pid_t process = fork();
    if (process != 0) return process;
    setsid();
    if (dies_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(settings->folder) && chdir("/")) _exit(126);
    environ = (char **)settings->environment;
    execvpe(words[0], (char *const *)words, environ);
    char step[200];
    snprintf(step, sizeof step, "%s can't be run", words[0]);
    complain(problems >= 0 ? problems : 2, step, errno);
    if (problems < 0) say(2, "\n");
    _exit(errno == ENOENT ? 127 : 126);
}

/// Runs the script by a file that is nowhere: so it needs no folder that can be written to.
static pid_t begin_script(const instance_settings *settings, bool dies_with_parent) {
    int file = memfd_create("user-data", 0);
    size_t length = strlen(settings->script);
    if (file < 0 || write(file, settings->script, length) != (ssize_t)length || fchmod(file, 0500) ||
        fchown(file, settings->user, settings->group)) {
        complain(2, "user data", errno);
        say(2, "\n");
        return -1;
    }
    // A file that is open for writing can't be run.
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int readable = open(path, O_RDONLY);
    close(file);
    if (readable < 0) return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", readable);
    const char *words[] = {path, NULL};
    pid_t process = begin(settings, words, -1, dies_with_parent);
    close(readable);
    return process;
}

static int status_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

/// What runs now: the script, then the command. One that has no command runs until it is ended.
typedef struct {
    const instance_settings *settings;
    pid_t script, command;
    bool is_apart, is_ending, has_ended;
    int status;
} running;

static void begin_command(running *now, int problems) {
    if (!now->settings->command[0]) return;
    now->command = begin(now->settings, now->settings->command, problems, !now->is_apart);
    if (now->command < 0) {
        now->has_ended = true;
        now->status = 126;
    }
}

/// Takes note of all that have ended; returns whether any are left.
static bool reap(running *now) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended == now->script) {
            now->script = 0;
            if (status_of(status) != 0) {
                char text[80];
                snprintf(text, sizeof text, "gatehouse: the user data's script ended with status %d\n", status_of(status));
                say(2, text);
            }
            if (!now->is_ending) begin_command(now, -1);
        } else if (ended == now->command) {
            now->command = 0;
            now->has_ended = true;
            now->status = status_of(status);
        }
    }
    return ended == 0;
}

/// Process 1 of an instance.
static int init(const instance_settings *settings, int problems) {
    const char *step = "the network";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int error = 0;
    if (setns(network_file, CLONE_NEWNET)) error = errno;
    if (!error && (step = "the host's name") && sethostname(settings->host_name, strlen(settings->host_name))) error = errno;
    if (!error) error = instance_files(settings, &step);
    if (!error) {
        step = "/dev/null";
        int nothing = open("/dev/null", O_RDONLY);
        if (nothing < 0 || dup2(nothing, 0) < 0) error = errno;
        if (nothing > 0) close(nothing);
    }
    // A key ring of the session would be Gatehouse's.
    syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
    if (!error) error = instance_rights(settings, &step);
    if (!error) {
        // Changing the user has undone it.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int kept = fcntl(problems, F_DUPFD_CLOEXEC, 5);
        close_range(3, 4, 0);
        if (kept > 5) close_range(5, (unsigned)kept - 1, 0);
        close_range((unsigned)kept + 1, ~0U, 0);
        problems = kept;
    }
    if (error) {
        complain(problems, step, error);
        return 1;
    }
    sigset_t signals;
    block(&signals);
    running now = {.settings = settings, .is_apart = true};
    if (settings->script) now.script = begin_script(settings, false);
    if (now.script <= 0) {
        now.script = 0;
        begin_command(&now, problems);
    }
    close(problems);
    while (1) {
        bool has_children = reap(&now);
        if (now.is_ending ? !has_children : now.has_ended) break;
        siginfo_t about;
        int number = sigwaitinfo(&signals, &about);
        // Only the supervisor asks: what is within the instance is not outside.
        if (number == SIGTERM && about.si_pid == 0 && !now.is_ending) {
            now.is_ending = true;
            kill(-1, SIGTERM);
            kill(-1, SIGCONT);
        }
    }
    return now.has_ended ? (now.status < 0 ? 128 - now.status : now.status) : 0;
}

static pid_t begin_init(const instance_settings *settings, int problems) {
    long flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | SIGCHLD;
    pid_t process = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
    if (process == 0) _exit(init(settings, problems));
    return process;
}

/// Whether it is asked to end them; -1: nobody is there any more.
static int asked(int control) {
    char letter = 0;
    ssize_t count = read(control, &letter, 1);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
    return count <= 0 ? -1 : letter;
}

static int supervise(void) {
    static instance_settings settings;
    settings = read_settings();
    prctl(PR_SET_NAME, "gatehouse-inst");
    umask(022);
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    sigset_t signals;
    block(&signals);
    int ends = signalfd(-1, &signals, SFD_CLOEXEC);
    int problems[2];
    if (ends < 0 || pipe2(problems, O_CLOEXEC)) return 70;
    fcntl(control_file, F_SETFD, FD_CLOEXEC);
    fcntl(network_file, F_SETFD, FD_CLOEXEC);
    // Whoever opens /dev/stdout opens the console.
    if (settings.is_apart && (fchown(1, settings.user, settings.group) || fchown(2, settings.user, settings.group))) return 70;

    running now = {.settings = &settings, .is_apart = settings.is_apart};
    pid_t first;
    if (settings.is_apart) {
        now.command = first = begin_init(&settings, problems[1]);
    } else {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int nothing = open("/dev/null", O_RDONLY);
        if (nothing < 0 || dup2(nothing, 0) < 0) return 70;
        if (settings.script) now.script = first = begin_script(&settings, true);
        if (now.script <= 0) {
            now.script = 0;
            begin_command(&now, problems[1]);
            first = now.command;
        }
    }
    close(problems[1]);
    char text[400] = "failed ";
    if (first < 0) {
        snprintf(text, sizeof text, "failed processes: %s\n", strerror(errno));
        say(control_file, text);
        return 1;
    }
    size_t length = 7;
    ssize_t count;
    while (length + 2 < sizeof text && (count = read(problems[0], text + length, sizeof text - 2 - length)) != 0) {
        if (count < 0 && errno != EINTR) break;
        if (count > 0) length += (size_t)count;
    }
    close(problems[0]);
    if (length > 7) {
        text[length] = '\n';
        text[length + 1] = 0;
        say(control_file, text);
        if (first > 0) kill(first, SIGKILL);
        return 1;
    }
    snprintf(text, sizeof text, "started %d\n", first);
    say(control_file, text);

    bool is_watched = true;
    while (1) {
        bool has_children = reap(&now);
        if (now.has_ended || (!now.is_apart && now.is_ending && !has_children)) break;
        struct pollfd watched[2] = {{ends, POLLIN, 0}, {is_watched ? control_file : -1, POLLIN, 0}};
        if (poll(watched, 2, -1) < 0) continue;
        if (watched[0].revents) {
            struct signalfd_siginfo about;
            (void)!read(ends, &about, sizeof about);
        }
        if (!watched[1].revents) continue;
        int letter = asked(control_file);
        if (letter == 'T') {
            now.is_ending = true;
            if (now.is_apart) kill(first, SIGTERM);
            else instance_signal_descendants(SIGTERM);
        } else if (letter != 0) {
            is_watched = letter > 0;
            now.is_ending = true;
            if (now.is_apart) kill(first, SIGKILL);
            else instance_signal_descendants(SIGKILL);
        }
    }
    // What a plain process has left behind.
    while (!now.is_apart && instance_signal_descendants(SIGKILL) > 0)
        while (waitpid(-1, NULL, 0) > 0) {}
    snprintf(text, sizeof text, "ended %d\n", now.status);
    say(control_file, text);
    return 0;
}

/// Before anything else of the program begins.
__attribute__((constructor)) static void begin_supervisor(void) {
    if (!getenv(marker)) return;
    unsetenv(marker);
    _exit(supervise());
}

int instance_channels(int *console, int *console_end, int *control, int *control_end) {
    int pipe[2], pair[2];
    if (pipe2(pipe, O_CLOEXEC)) return errno;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        int error = errno;
        close(pipe[0]);
        close(pipe[1]);
        return error;
    }
    *console = pipe[0];
    *console_end = pipe[1];
    *control = pair[0];
    *control_end = pair[1];
    return 0;
}

int instance_start(const char *bytes, size_t length, int console, int control, int network) {
    int settings = memfd_create("instance", MFD_CLOEXEC);
    if (settings < 0) return -errno;
    int error = 0;
    for (size_t done = 0; done < length && !error;) {
        ssize_t written = write(settings, bytes + done, length - done);
        if (written < 0 && errno != EINTR) error = errno;
        if (written > 0) done += (size_t)written;
    }
    // Numbers that are out of the way of those that they become.
    int from[5] = {settings, console, console, control, network}, files[5] = {-1, -1, -1, -1, -1};
    for (int file = 0; file < 5 && !error; file++) {
        if (from[file] < 0) continue;
        files[file] = fcntl(from[file], F_DUPFD_CLOEXEC, 10);
        if (files[file] < 0) error = errno;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t process = 0;
    if (!error) error = posix_spawn_file_actions_init(&actions);
    if (!error) {
        error = posix_spawnattr_init(&attributes);
        if (!error) {
            for (int file = 0; file < 5 && !error; file++)
                if (files[file] >= 0) error = posix_spawn_file_actions_adddup2(&actions, files[file], file);
            if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, network < 0 ? 4 : 5);
            sigset_t none;
            sigemptyset(&none);
            if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
            // Signals from the terminal are not for it.
            if (!error) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
            char *words[] = {"gatehouse-instance", NULL};
            char *variables[] = {"GATEHOUSE_INSTANCE_PROCESS=1", NULL};
            if (!error) error = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, words, variables);
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    for (int file = 0; file < 5; file++)
        if (files[file] >= 0) close(files[file]);
    close(settings);
    return error ? -error : process;
}

#else

int instance_channels(int *console, int *console_end, int *control, int *control_end) { return ENOSYS; }
int instance_start(const char *settings, size_t length, int console, int control, int network) { return -ENOSYS; }

#endif
