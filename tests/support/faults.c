/* Preloaded into tokctl: makes calls of the operating system fail with an I/O error.
 * $FAULT is CALL:FIRST:LAST. CALL is fsync (of a file), fsync-folder or unlink; it fails from the FIRST
 * to the LAST time, counted from 1. The call is not made. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fails(const char *call) {
    static int count;
    char name[32];
    int first, last;
    const char *fault = getenv("FAULT");
    if (!fault || sscanf(fault, "%31[^:]:%d:%d", name, &first, &last) != 3 || strcmp(name, call))
        return 0;
    count++;
    if (count < first || count > last)
        return 0;
    errno = EIO;
    return 1;
}

static int sync_with(const char *name, int fd) {
    struct stat found;
    int is_folder = fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
    if (fails(is_folder ? "fsync-folder" : "fsync"))
        return -1;
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }

int fdatasync(int fd) { return sync_with("fdatasync", fd); }

int unlink(const char *path) {
    if (fails("unlink"))
        return -1;
    return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(path);
}
