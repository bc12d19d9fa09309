/* Between the launcher's loop (main.c) and the operations it has under way (operations.c). */
#ifndef HOLDFAST_OPERATIONS_H
#define HOLDFAST_OPERATIONS_H

#include "internal.h"

enum { read_chunk = 64 << 10 };

struct operation {
  bool used, answered, dead;
  uint8_t type;
  uint32_t id;
  pid_t pid; /* its process, the sandbox's first one for LAUNCH, or 0 behind the door */
  int status, line;
  int feed_to;           /* TAKE: the pipe its frames go to, until END, else -1 */
  struct hf_buffer feed; /* those that wait */
  bool cancelled;
  uint64_t deadline_us; /* LAUNCH only, else 0 */
  struct hf_buffer in;
  struct launch launch;
};

extern struct launcher launcher;
extern struct operation operations[max_operations];
extern struct hf_buffer output; /* to descriptor 0 */
/* Of a machine's sandbox: it has ended (at `over_since`), and so does the machine when that was told and what is under way has
 * had a moment to end. */
extern bool over;
extern uint64_t over_since;

_Noreturn void leave(int status);

struct operation *operation_free_slot(void);
void operation_configure(uint32_t id, unsigned char *payload, size_t length);
/* Both need a free slot. */
void operation_launch(uint32_t id, unsigned char *payload, size_t length);
void operation_start(uint8_t type, uint32_t id, unsigned char *payload, size_t length);
void operation_renew(uint32_t id, unsigned char *payload, size_t length);
void operation_stand(uint8_t type, uint32_t id, unsigned char *payload, size_t length);
void operation_cancel(uint32_t id);
/* Ends without an answer what can be ended, and drops the answers of the rest. */
void operations_forget(void);
/* Bytes of an operation's process, or its end. */
void operation_relay(struct operation *operation);
void operations_reap(void);
void operations_expire(void);
bool operations_have_deadline(void);
bool operations_none(void);

/* feed.c */
/* A frame that belongs to an operation. One for an operation that has ended was under way and is dropped. */
void feed_take(struct hf_header header, const unsigned char *payload);
/* Passes on what waits. */
void feed_pump(struct operation *operation);
void feed_close(struct operation *operation);
/* True while one awaits frames: then others must not keep them from coming. */
bool feeds_open(void);
/* All of them, in a new process. */
void feeds_close(void);

#endif
