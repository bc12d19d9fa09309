#ifndef HF_UNIX_H
#define HF_UNIX_H

/* A listening unix socket at a path that is free, or -1. The path is there once it listens. */
int hf_listen(const char *path);
/* Connected to whoever listens at a path, without blocking; or -1: also of one that takes no callers now. */
int hf_connect(const char *path);

#endif
