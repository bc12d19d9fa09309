#ifndef HF_LISTEN_H
#define HF_LISTEN_H

/* A listening unix socket at a path that is free, or -1. */
int hf_listen(const char *path);

#endif
