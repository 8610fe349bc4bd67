/* Faults on command, for the crash gates (R1-R3). Loaded with LD_PRELOAD into a night and its reading children.
 *
 * Counts the calls that a crash or a full disk can fall between, on paths below one folder only, over all processes
 * of the night (the counter lives in a shared file). At the chosen count it kills the whole process group, or lets
 * the call fail with an error number. Or it copies the folder after every counted call: what a killed night leaves is
 * what the kernel holds at that moment, so the copies are all the ways in which one night can be killed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 1, WRITES = 2 };                       /* which calls are counted */
enum { COUNT = 0, KILL_BEFORE = 1, KILL_AFTER = 2, FAIL = 3, COPY = 4 }; /* what happens at the chosen one */

struct control {
    int64_t family, what, at, error, count, fired;
    char root[PATH_MAX], copies[PATH_MAX];
};

static struct control *shared;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("AVVIK_FAULTS");
    int handle = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (handle < 0) return;
    void *place = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (place != MAP_FAILED) shared = place;
}

static int below(const char *path) {
    size_t length = strlen(shared->root);
    return length && !strncmp(path, shared->root, length);
}

static int file_below(int handle) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return below(path);
}

static void copy(int64_t number) {
    char target[PATH_MAX + 32];
    char *words[] = {"cp", "-a", shared->root, target, NULL}, *nothing[] = {NULL};
    pid_t child;
    snprintf(target, sizeof target, "%s/%06lld", shared->copies, (long long)number);
    if (!posix_spawn(&child, "/bin/cp", NULL, NULL, words, nothing)) waitpid(child, NULL, 0);
}

/* 0: go on. -1: fail with errno set. Above: go on, then kill (1) or copy (number + 1). */
static int64_t reached(int family) {
    int64_t number = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);
    if (shared->what == COPY) return number + 1;
    if (shared->what == COUNT || number != shared->at || family != shared->family) return 0;
    __atomic_store_n(&shared->fired, number, __ATOMIC_SEQ_CST);
    if (shared->what == KILL_BEFORE) kill(0, SIGKILL);
    if (shared->what == KILL_AFTER) return 1;
    errno = (int)shared->error;
    return -1;
}

#define WATCHED(family_, here, real_call)                              \
    if (!shared || shared->family != (family_) || !(here)) return real_call; \
    int64_t verdict = reached(family_);                                \
    if (verdict < 0) return -1;                                        \
    __typeof__(real_call) result = real_call;                          \
    int kept = errno;                                                  \
    if (verdict == 1) kill(0, SIGKILL);                                \
    if (verdict > 1) copy(verdict - 1);                                \
    errno = kept;                                                      \
    return result

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) { WATCHED(STEPS, file_below(fd), REAL(fsync)(fd)); }
int fdatasync(int fd) { WATCHED(STEPS, file_below(fd), REAL(fdatasync)(fd)); }
int rename(const char *a, const char *b) { WATCHED(STEPS, below(b), REAL(rename)(a, b)); }
int renameat(int x, const char *a, int y, const char *b) { WATCHED(STEPS, below(b), REAL(renameat)(x, a, y, b)); }
int renameat2(int x, const char *a, int y, const char *b, unsigned f) {
    WATCHED(STEPS, below(b), REAL(renameat2)(x, a, y, b, f));
}
int link(const char *a, const char *b) { WATCHED(STEPS, below(b), REAL(link)(a, b)); }
int symlink(const char *a, const char *b) { WATCHED(STEPS, below(b), REAL(symlink)(a, b)); }
int unlink(const char *a) { WATCHED(STEPS, below(a), REAL(unlink)(a)); }

ssize_t write(int fd, const void *b, size_t n) { WATCHED(WRITES, file_below(fd), REAL(write)(fd, b, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { WATCHED(WRITES, file_below(fd), REAL(pwrite)(fd, b, n, o)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) {
    WATCHED(WRITES, file_below(fd), REAL(pwrite64)(fd, b, n, o));
}
ssize_t writev(int fd, const struct iovec *v, int n) { WATCHED(WRITES, file_below(fd), REAL(writev)(fd, v, n)); }
