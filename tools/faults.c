/* Makes the calls of a process fail that would change files below a folder, one at a time, or leaves
 * out the syncs that a careless program would leave out. A library for LD_PRELOAD:
 *
 *   cc -shared -fPIC -O2 -o faults.so tools/faults.c -ldl
 *
 * FAULT_PREFIX  the folder, as the kernel names it; calls elsewhere are never touched
 * FAULT_CLASS   open write sync truncate rename unlink, several joined by commas, or any
 * FAULT_AT      number of the call of these classes that fails, from 1
 * FAULT_KIND    once   the call fails with EIO
 *               full   it fails with ENOSPC
 *               short  a write takes half of its bytes, all calls after it are sound
 *               fills  a write takes half; from then on every write and every new file is ENOSPC
 *               dies   it fails with EIO, and so does every call of any class after it
 *               lies   a write does nothing and says that it did
 * FAULT_FROM, FAULT_UNTIL   calls count from the moment the process says a line on stdout that starts
 *               with the one, until it says a line that starts with the other; without, all count
 * FAULT_REPORT  a file that gets `count N`, `fired 0|1`, `renamed N` and `unsynced N` when the process ends;
 *               unsynced is a file that took its name before its bytes were synced, or whose folder was
 *               not when the process said `ack` next
 * FAULT_SKIP    commits      a sync of SQLite's log after a commit does nothing: synchronous=NORMAL
 *               directories  a sync of a directory does nothing
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum class { OPEN = 1, WRITE = 2, SYNC = 4, TRUNCATE = 8, RENAME = 16, UNLINK = 32, ANY = 63 };
enum kind { NONE, ONCE, FULL, SHORT, FILLS, DIES, LIES };

static const char *prefix, *from, *until, *report;
static size_t prefix_length;
static int classes, kind, skip_commits, skip_directories;
static long at, count;
static int armed, fired;
static long renamed, unsynced;

/* A log whose frames were written since its last sync. */
static unsigned char dirty[1024];

static int word(const char *list, const char *wanted) {
  size_t length = strlen(wanted);
  for (const char *place = list; place && *place; place += strcspn(place, ","), place += *place == ',')
    if (strcspn(place, ",") == length && !strncmp(place, wanted, length)) return 1;
  return 0;
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

__attribute__((constructor)) static void begin(void) {
  static const char *const names[] = {"open", "write", "sync", "truncate", "rename", "unlink"};
  static const char *const kinds[] = {"none", "once", "full", "short", "fills", "dies", "lies"};
  prefix = variable("FAULT_PREFIX");
  prefix_length = strlen(prefix);
  from = variable("FAULT_FROM");
  until = variable("FAULT_UNTIL");
  report = variable("FAULT_REPORT");
  at = atol(variable("FAULT_AT"));
  for (int i = 0; i < 6; i++)
    if (word(variable("FAULT_CLASS"), names[i])) classes |= 1 << i;
  for (int i = 0; i < 7; i++)
    if (!strcmp(variable("FAULT_KIND"), kinds[i])) kind = i;
  if (word(variable("FAULT_CLASS"), "any")) classes = ANY;
  skip_commits = word(variable("FAULT_SKIP"), "commits");
  skip_directories = word(variable("FAULT_SKIP"), "directories");
  armed = !*from;
}

__attribute__((destructor)) static void end(void) {
  if (!*report) return;
  FILE *file = fopen(report, "w");
  if (!file) return;
  fprintf(file, "count %ld\nfired %d\nrenamed %ld\nunsynced %ld\n", count, fired, renamed, unsynced);
  fclose(file);
}

static int below(const char *path) {
  return prefix_length && !strncmp(path, prefix, prefix_length) &&
         (path[prefix_length] == '/' || !path[prefix_length]);
}

/* --- What waits for a sync ----------------------------------------------------------------------- */

static ino_t files[256], folders[256];
static size_t file_count, folder_count;

static void remember(ino_t *list, size_t *number, ino_t inode) {
  for (size_t i = 0; i < *number; i++)
    if (list[i] == inode) return;
  if (*number < 256) list[(*number)++] = inode;
}

static int forget(ino_t *list, size_t *number, ino_t inode) {
  for (size_t i = 0; i < *number; i++)
    if (list[i] == inode) {
      list[i] = list[--*number];
      return 1;
    }
  return 0;
}

static void wrote(int fd) {
  struct stat found;
  if (!fstat(fd, &found)) remember(files, &file_count, found.st_ino);
}

static void synced(int fd) {
  struct stat found;
  if (fstat(fd, &found)) return;
  forget(files, &file_count, found.st_ino);
  forget(folders, &folder_count, found.st_ino);
}

static void took_name(const char *path) {
  char folder[PATH_MAX + 4];
  struct stat found;
  renamed++;
  if (!stat(path, &found) && forget(files, &file_count, found.st_ino)) unsynced++;
  snprintf(folder, sizeof folder, "%s", path);
  char *end = strrchr(folder, '/');
  if (end) *end = 0;
  if (!stat(folder, &found)) remember(folders, &folder_count, found.st_ino);
}

/* --- Where a call goes --------------------------------------------------------------------------- */

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = 0;
  return length > 0;
}

static int fd_below(int fd) {
  char path[PATH_MAX];
  return path_of(fd, path) && below(path);
}

static int path_below(int folder, const char *path) {
  char whole[2 * PATH_MAX + 2];
  if (path[0] == '/') return below(path);
  if (folder == AT_FDCWD ? !getcwd(whole, PATH_MAX) : !path_of(folder, whole)) return 0;
  strcat(whole, "/");
  strncat(whole, path, PATH_MAX);
  return below(whole);
}

/* What the process says on stdout begins and ends the count. */
static void listen(int fd, const void *bytes, size_t length) {
  size_t f = strlen(from), u = strlen(until);
  if (fd != STDOUT_FILENO) return;
  if (length > 4 && !memcmp(bytes, "ack ", 4)) {
    unsynced += (long)folder_count;
    folder_count = 0;
  }
  if (f && length >= f && !memcmp(bytes, from, f)) armed = 1;
  else if (u && length >= u && !memcmp(bytes, until, u)) armed = 0;
}

enum fate { SOUND, FAILED, HALF, LOST };

/* Gives what becomes of a call, and sets errno where it fails. */
static enum fate fate(enum class class, int makes) {
  if (fired && kind == DIES) {
    errno = EIO;
    return FAILED;
  }
  if (fired && kind == FILLS && (class == WRITE || makes)) {
    errno = ENOSPC;
    return FAILED;
  }
  if (kind == NONE || !armed || !(classes & class)) {
    count += armed && (classes & class);
    return SOUND;
  }
  if (++count != at) return SOUND;
  fired = 1;
  errno = kind == FULL || kind == FILLS ? ENOSPC : EIO;
  if (class == WRITE && (kind == SHORT || kind == FILLS)) return HALF;
  if (class == WRITE && kind == LIES) return LOST;
  return kind == SHORT || kind == LIES ? SOUND : FAILED;
}

static int fails(enum class class, int makes) { return fate(class, makes) == FAILED; }

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* --- Writes -------------------------------------------------------------------------------------- */

static int is_log(int fd) {
  char path[PATH_MAX];
  size_t length;
  if (!path_of(fd, path) || !below(path)) return 0;
  length = strlen(path);
  return length > 4 && !strcmp(path + length - 4, "-wal");
}

/* A frame, and not the log's header of 32 bytes. */
static void note(int fd, size_t length, off_t offset) {
  if (skip_commits && (length != 32 || offset != 0) && fd >= 0 && fd < (int)sizeof dirty && is_log(fd))
    dirty[fd] = 1;
}

static enum fate fate_of_write(int fd) {
  if (!fd_below(fd)) return SOUND;
  wrote(fd);
  return fate(WRITE, 0);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(write);
  listen(fd, bytes, length);
  note(fd, length, -1);
  switch (fate_of_write(fd)) {
    case FAILED: return -1;
    case LOST: return (ssize_t)length;
    case HALF: return real(fd, bytes, length / 2);
    default: return real(fd, bytes, length);
  }
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  return pwrite64(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  REAL(pwrite64);
  note(fd, length, offset);
  switch (fate_of_write(fd)) {
    case FAILED: return -1;
    case LOST: return (ssize_t)length;
    case HALF: return real(fd, bytes, length / 2, offset);
    default: return real(fd, bytes, length, offset);
  }
}

/* Half of a vectored write is half of its first part. */
ssize_t writev(int fd, const struct iovec *parts, int number) {
  REAL(writev);
  size_t length = 0;
  for (int i = 0; i < number; i++) length += parts[i].iov_len;
  if (number > 0) listen(fd, parts[0].iov_base, parts[0].iov_len);
  note(fd, length, -1);
  struct iovec first = number > 0 ? parts[0] : (struct iovec){0};
  first.iov_len /= 2;
  switch (fate_of_write(fd)) {
    case FAILED: return -1;
    case LOST: return (ssize_t)length;
    case HALF: return real(fd, &first, 1);
    default: return real(fd, parts, number);
  }
}

/* Copies inside the kernel: a program falls back to writes where there are none. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned flags) {
  REAL(copy_file_range);
  if (fd_below(out)) {
    errno = ENOSYS;
    return -1;
  }
  return real(in, in_at, out, out_at, length, flags);
}

/* --- Syncs --------------------------------------------------------------------------------------- */

static int skipped(int fd) {
  struct stat found;
  if (skip_directories && fd_below(fd) && !fstat(fd, &found) && S_ISDIR(found.st_mode)) return 1;
  if (skip_commits && fd >= 0 && fd < (int)sizeof dirty && dirty[fd]) {
    /* The next sync without a write between is that of a checkpoint, which NORMAL does. */
    dirty[fd] = 0;
    return is_log(fd);
  }
  return 0;
}

static int sync_with(int (*real)(int), int fd) {
  int ours = fd_below(fd);
  if (ours && fails(SYNC, 0)) return -1;
  if (skipped(fd)) return 0;
  int code = real(fd);
  if (ours && !code) synced(fd);
  return code;
}

int fsync(int fd) {
  REAL(fsync);
  return sync_with(real, fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return sync_with(real, fd);
}

/* --- Names --------------------------------------------------------------------------------------- */

/* To open for reading alone changes nothing. */
static int refused(int folder, const char *path, int flags) {
  int changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
  return changes && path_below(folder, path) && fails(OPEN, (flags & O_CREAT) != 0);
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) {
  REAL(open);
  MODE(flags);
  return refused(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  REAL(open64);
  MODE(flags);
  return refused(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  REAL(openat);
  MODE(flags);
  return refused(folder, path, flags) ? -1 : real(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
  REAL(openat64);
  MODE(flags);
  return refused(folder, path, flags) ? -1 : real(folder, path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  if (path_below(AT_FDCWD, path) && fails(OPEN, 1)) return -1;
  return real(path, mode);
}

int ftruncate(int fd, off_t length) {
  REAL(ftruncate);
  if (fd_below(fd) && fails(TRUNCATE, 0)) return -1;
  return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  if (fd_below(fd) && fails(TRUNCATE, 0)) return -1;
  return real(fd, length);
}

int rename(const char *old, const char *new) {
  REAL(rename);
  if (!path_below(AT_FDCWD, new)) return real(old, new);
  if (fails(RENAME, 0)) return -1;
  int code = real(old, new);
  if (!code) took_name(new);
  return code;
}

int renameat(int old_folder, const char *old, int new_folder, const char *new) {
  REAL(renameat);
  if (path_below(new_folder, new) && fails(RENAME, 0)) return -1;
  return real(old_folder, old, new_folder, new);
}

int unlink(const char *path) {
  REAL(unlink);
  if (path_below(AT_FDCWD, path) && fails(UNLINK, 0)) return -1;
  return real(path);
}

int unlinkat(int folder, const char *path, int flags) {
  REAL(unlinkat);
  if (path_below(folder, path) && fails(UNLINK, 0)) return -1;
  return real(folder, path, flags);
}
