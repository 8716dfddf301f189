/*
 * For wrk, by LD_PRELOAD: each connection to the loopback interface comes from another address of 127.0.0.0/8.
 *
 * Shield divides what the web front has among its clients; a load that comes from one address would measure that one's share.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

int connect(int socket, const struct sockaddr *to, socklen_t length) {
    static int (*next)(int, const struct sockaddr *, socklen_t);
    static uint32_t last;
    if (!next) next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    if (to->sa_family == AF_INET) {
        struct sockaddr_in from = {.sin_family = AF_INET};
        int without_port = 1;
        /* Steps by a prime, so that neighbours are in different networks. */
        last = (last + 65537 * 3 + 257) % 0xFFFFFD;
        from.sin_addr.s_addr = htonl(0x7F000001 + last);
        setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &without_port, sizeof without_port);
        bind(socket, (struct sockaddr *)&from, sizeof from);
    }
    return next(socket, to, length);
}
