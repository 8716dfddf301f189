#define _GNU_SOURCE

#include "CProgram.h"

#include <errno.h>

#ifdef __linux__

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

// Linux 4.15 has it, and older headers do not.
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

static int current(void) { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

int network_enter(int network) {
    int before = current();
    if (before < 0) return -errno;
    if (network >= 0 && setns(network, CLONE_NEWNET)) {
        int error = errno;
        close(before);
        return -error;
    }
    return before;
}

void network_leave(int before) {
    if (setns(before, CLONE_NEWNET) && errno != EPERM) abort();
    close(before);
}

int network_make(void) {
    int before = current();
    if (before < 0) return -errno;
    if (unshare(CLONE_NEWNET)) {
        int error = errno;
        close(before);
        return -error;
    }
    int made = current();
    int error = errno;
    network_leave(before);
    return made < 0 ? -error : made;
}

int network_write(int network, const char *path, const char *text) {
    int before = network_enter(network);
    if (before < 0) return -before;
    int error = 0;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) error = errno;
    if (file >= 0) close(file);
    network_leave(before);
    return error;
}

int network_socket(int network, bool is_datagram, const char *device, const char *address, int port) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
    if (!is_six && inet_pton(AF_INET, address, &four.sin_addr) != 1) return -EINVAL;
    int before = network_enter(network);
    if (before < 0) return before;
    int error = 0, yes = 1;
    int made = socket(is_six ? AF_INET6 : AF_INET, (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (made < 0) error = errno;
    if (!error && !is_datagram && setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes)) error = errno;
    if (!error && is_six && setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes)) error = errno;
    // The address is one of the network's, and not of that device.
    if (!error && is_six && device && setsockopt(made, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes)) error = errno;
    if (!error && device && setsockopt(made, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device))) error = errno;
    if (!error && bind(made, is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four, is_six ? sizeof six : sizeof four))
        error = errno;
    network_leave(before);
    if (!error) return made;
    if (made >= 0) close(made);
    return -error;
}

#else

int network_make(void) { return -ENOSYS; }
int network_write(int network, const char *path, const char *text) { return ENOSYS; }
int network_socket(int network, bool is_datagram, const char *device, const char *address, int port) { return -ENOSYS; }

#endif
