/* Counts and times what a night does for its own safety; loaded with LD_PRELOAD into a night and its reading children.
 *
 * Waits for the disk (fsync, fdatasync) and moves of files (rename, link, copies by the kernel) are added up over all
 * threads and processes in a file that they share. With `skip` set no wait is made, so that a night can be run without.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct control { int64_t skip, waits, wait_ns, moves, move_ns; };

static struct control *shared;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("AVVIK_WAITS");
    int handle = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (handle < 0) return;
    void *place = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (place != MAP_FAILED) shared = place;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

#define TIMED(type, name, parameters, arguments, count, total, skippable)        \
    type name parameters {                                                      \
        static type (*real) parameters;                                         \
        if (!real) real = (type (*) parameters)dlsym(RTLD_NEXT, #name);         \
        if (!shared) return real arguments;                                     \
        if (skippable && shared->skip) return 0;                                \
        int64_t began = now();                                                  \
        type result = real arguments;                                           \
        __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);                \
        __atomic_add_fetch(&shared->total, now() - began, __ATOMIC_SEQ_CST);    \
        return result;                                                          \
    }

TIMED(int, fsync, (int handle), (handle), waits, wait_ns, 1)
TIMED(int, fdatasync, (int handle), (handle), waits, wait_ns, 1)
TIMED(int, rename, (const char *from, const char *to), (from, to), moves, move_ns, 0)
TIMED(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), moves, move_ns, 0)
TIMED(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags), moves,
      move_ns, 0)
TIMED(int, link, (const char *from, const char *to), (from, to), moves, move_ns, 0)
TIMED(int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), moves, move_ns,
      0)
TIMED(ssize_t, sendfile, (int to, int from, off_t *offset, size_t count), (to, from, offset, count), moves, move_ns, 0)
TIMED(ssize_t, copy_file_range, (int from, off_t *in, int to, off_t *out, size_t count, unsigned flags),
      (from, in, to, out, count, flags), moves, move_ns, 0)
