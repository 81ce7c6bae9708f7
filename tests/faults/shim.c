/* Makes the system calls of a process fail that write below one folder, as a disk does that is full or breaks.
 *
 *     cc -shared -fPIC -O2 -o shim.so shim.c -ldl
 *     FAULTS=control FAULTS_BELOW=/the/folder LD_PRELOAD=./shim.so epochcast
 *
 * `control` is a file of the numbers in `struct control`, which others may write while the process runs: calls are
 * counted in `seen`, and the one that is number `at` (and all later ones where `lasting` is not 0) fails with `error`;
 * where `error` is 0 it writes half of what it was given. 0 in `at`: none fails. `failed` counts those that did.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct control { uint64_t seen, at, error, lasting, failed; };

#define MOST 65536
static struct control none, *control = &none;
static const char *below;
static unsigned char ours[MOST];

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS");
    below = getenv("FAULTS_BELOW");
    int fd = path ? REAL(open)(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *mapped = mmap(0, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) control = mapped;
    close(fd);
}

static int is_ours(int fd) { return fd >= 0 && fd < MOST && ours[fd]; }

static int is_below(const char *path) { return below && path && !strncmp(path, below, strlen(below)); }

enum fate { GOES_WELL, FAILS, IS_SHORT };

/* What becomes of the next call; one that takes no space does well on a full disk. */
static enum fate next(int takes_space) {
    uint64_t at = __atomic_load_n(&control->at, __ATOMIC_SEQ_CST);
    uint64_t error = control->error;
    if (error == ENOSPC && !takes_space) return GOES_WELL;
    uint64_t number = __atomic_add_fetch(&control->seen, 1, __ATOMIC_SEQ_CST);
    if (!at || !(number == at || (control->lasting && number > at))) return GOES_WELL;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    if (!error) return IS_SHORT;
    errno = (int)error;
    return FAILS;
}

static int opened(int fd, const char *path) {
    if (fd >= 0 && fd < MOST) ours[fd] = is_below(path);
    return fd;
}

#define MODE(flags, last) ({ \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); } \
    mode; })

#define REFUSED(path, flags) \
    (is_below(path) && ((flags) & (O_ACCMODE | O_CREAT)) && next(((flags) & __O_TMPFILE) == __O_TMPFILE || \
     (((flags) & O_CREAT) && access(path, F_OK))) == FAILS)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        mode_t mode = MODE(flags, flags); \
        if (REFUSED(path, flags)) return -1; \
        return opened(REAL(name)(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        mode_t mode = MODE(flags, flags); \
        if (REFUSED(path, flags)) return -1; \
        return opened(REAL(name)(folder, path, flags, mode), path); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    if (fd >= 0 && fd < MOST) ours[fd] = 0;
    return REAL(close)(fd);
}

ssize_t write(int fd, const void *bytes, size_t n) {
    enum fate fate = is_ours(fd) ? next(1) : GOES_WELL;
    return fate == FAILS ? -1 : REAL(write)(fd, bytes, fate == IS_SHORT ? (n + 1) / 2 : n);
}

#define PWRITE(name, offset) \
    ssize_t name(int fd, const void *bytes, size_t n, offset at) { \
        enum fate fate = is_ours(fd) ? next(1) : GOES_WELL; \
        return fate == FAILS ? -1 : REAL(name)(fd, bytes, fate == IS_SHORT ? (n + 1) / 2 : n, at); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define SYNC(name) \
    int name(int fd) { return is_ours(fd) && next(0) == FAILS ? -1 : REAL(name)(fd); }
SYNC(fsync)
SYNC(fdatasync)

static off_t size(int fd) {
    struct stat known;
    return fstat(fd, &known) ? 0 : known.st_size;
}

#define TRUNCATE(name, offset) \
    int name(int fd, offset length) { \
        int grows = is_ours(fd) && size(fd) < (off_t)length; \
        return is_ours(fd) && next(grows) == FAILS ? -1 : REAL(name)(fd, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int fallocate(int fd, int how, off_t from, off_t length) {
    return is_ours(fd) && next(1) == FAILS ? -1 : REAL(fallocate)(fd, how, from, length);
}

int posix_fallocate(int fd, off_t from, off_t length) {
    return is_ours(fd) && next(1) == FAILS ? errno : REAL(posix_fallocate)(fd, from, length);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t n, unsigned flags) {
    return is_ours(out) && next(1) == FAILS ? -1 : REAL(copy_file_range)(in, from, out, to, n, flags);
}

int rename(const char *from, const char *to) {
    return is_below(to) && next(0) == FAILS ? -1 : REAL(rename)(from, to);
}
