/* Between the lists of system calls and the program made of them. */
#ifndef HOLDFAST_SECCOMP_H
#define HOLDFAST_SECCOMP_H

#include <stddef.h>

enum call_action { call_unknown, call_allowed, call_refused, call_socket, call_clone, call_ioctl, call_personality };

enum { highest_call = 469 };

extern const unsigned short allowed_calls[], refused_calls[];
extern const size_t allowed_count, refused_count;

#endif
