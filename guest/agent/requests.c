/* One whole frame of the host -> the part that serves it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static bool serve(struct connection *c, struct hf_header header, struct fields *f);
static bool control(struct connection *c, struct hf_header header, unsigned char *payload, bool *handled);
static bool hello(struct connection *c, uint32_t id, struct fields *f);

/* Tags whose value is text, and of those the ones a request must bring are checked where it is served. */
static bool is_string(uint8_t tag) {
  switch (tag) {
    case HF_TAG_INCARNATION:
    case HF_TAG_GENERATION:
    case HF_TAG_MESSAGE:
    case HF_TAG_CWD:
    case HF_TAG_PROCESS_ID:
    case HF_TAG_PATH:
    case HF_TAG_TARGET:
    case HF_TAG_PATTERN:
    case HF_TAG_GLOB:
    case HF_TAG_TEXT:
    case HF_TAG_TAG: return true;
    default: return false;
  }
}

/* Frames that belong to a process whose own may be held together; whoever sends another one waits for its answer. */
static bool may_gather(uint8_t type) {
  return type == HF_ATTACH || type == HF_STDIN || type == HF_DATA || type == HF_END || type == HF_CREDIT;
}

/* A process is forgotten, and a lease renewed, with the next request: nobody waits for that answer, but for what it finds held already. */
static bool goes_along(uint8_t type) { return type == HF_FORGET || type == HF_LEASE; }

static void release_held(struct connection *c, uint8_t type) {
  bool held = c->out.length > 0 && c->hold_until > c->agent->now;
  if (c->out.length == 0) c->prompt = false;
  if (may_gather(type) || type == HF_SPAWN) return;
  if (held || !goes_along(type)) c->prompt = true;
  c->hold_until = 0;
}

bool request_dispatch(struct connection *c, struct hf_header header, unsigned char *payload) {
  bool handled = false;
  release_held(c, header.type);
  bool valid = control(c, header, payload, &handled);
  if (handled) return valid;
  if (header.id >> 31) return false; /* the agent's to give */
  for (struct request *r = c->requests; r; r = r->next)
    if (r->id == header.id) return false;
  struct fields fields;
  int error = fields_parse(&fields, payload, header.length);
  if (error == EBADMSG) valid = false;
  else if (error) answer_error(c, header.id, error, NULL);
  else valid = serve(c, header, &fields);
  fields_free(&fields);
  return valid;
}

/* PING, CLAIM, and the frames that belong to an open request. Those for a request that is gone were under way when it ended
 * and are dropped. */
static bool control(struct connection *c, struct hf_header header, unsigned char *payload, bool *handled) {
  *handled = true;
  if (header.type == HF_PING) {
    if (header.length > 64) return false;
    hf_buffer_append(frame_open(c, HF_OK, header.id), payload, header.length);
    frame_close(c);
    return true;
  }
  if (header.type == HF_CLAIM) return stream_claim(c, header.id, payload, header.length);
  bool valid = tunnels_frame(c, header, payload, handled);
  if (*handled) return valid;
  *handled = true;
  struct request *r = c->requests;
  while (r && r->id != header.id) r = r->next;
  switch (header.type) {
    case HF_CANCEL:
      if (header.length != 0) return false;
      if (r) request_fail(r, ECANCELED, "cancelled");
      return true;
    case HF_CREDIT:
      if (header.length != 4) return false;
      if (!r) return true;
      if (!r->kind->credit || r->credit > UINT64_MAX / 2) return false;
      r->credit += hf_get_u32(payload);
      return true;
    case HF_DATA: return !r || (r->kind->data && r->kind->data(r, payload, header.length));
    case HF_END: return !r || (r->kind->end && r->kind->end(r));
    case HF_CLOSE:
    case HF_DATAGRAM: return !r;
    default: *handled = false; return true;
  }
}

/* What would start or open something while the sandbox is being emptied. */
static bool opens(uint8_t type) {
  return type == HF_SPAWN || type == HF_READ || type == HF_WRITE || type == HF_REMOVE || type == HF_SEARCH ||
         type == HF_WATCH || type == HF_DIAL;
}

static bool serve(struct connection *c, struct hf_header header, struct fields *f) {
  uint32_t id = header.id;
  if (opens(header.type) && (c->agent->resetting || c->agent->shutting_down)) {
    answer_error(c, id, EBUSY, c->agent->resetting ? "the sandbox is being reset" : "the agent is shutting down");
    return true;
  }
  switch (header.type) {
    case HF_HELLO: return hello(c, id, f);
    case HF_SPAWN: process_spawn(c, id, f); return true;
    case HF_ATTACH: process_attach(c, id, f); return true;
    case HF_STDIN: process_stdin(c, id, f); return true;
    case HF_SIGNAL: process_signal(c, id, f); return true;
    case HF_RESIZE: process_resize(c, id, f); return true;
    case HF_LIST_PROCESSES: process_list(c, id, f); return true;
    case HF_FORGET: process_forget(c, id, f); return true;
    case HF_STAT: file_stat(c, id, f); return true;
    case HF_LIST: file_list(c, id, f); return true;
    case HF_READ: file_read(c, id, f); return true;
    case HF_WRITE: file_write(c, id, f); return true;
    case HF_MKDIR: file_mkdir(c, id, f); return true;
    case HF_MOVE: file_move(c, id, f); return true;
    case HF_REMOVE: file_remove(c, id, f); return true;
    case HF_SEARCH: file_search(c, id, f); return true;
    case HF_WATCH: file_watch(c, id, f); return true;
    case HF_CHMOD: file_chmod(c, id, f); return true;
    case HF_SYMLINK: file_symlink(c, id, f); return true;
    case HF_LISTEN: tunnel_listen(c, id, f); return true;
    case HF_DIAL: tunnel_dial(c, id, f); return true;
    case HF_LEASE: life_lease(c, id, f); return true;
    case HF_RESET: life_reset(c, id); return true;
    case HF_QUIET: life_quiet(c, id); return true;
    case HF_SHUTDOWN: life_shutdown(c, id, f); return true;
    case HF_RENEW: agent_renew(c, id, f); return true;
    case HF_STILL: life_still(c, id); return true;
    default: return false;
  }
}

static bool hello(struct connection *c, uint32_t id, struct fields *f) {
  if (c->greeted) return false;
  if (!has(f, HF_TAG_VERSION)) {
    answer_error(c, id, EINVAL, "HELLO needs version");
    return true;
  }
  if (f->ints[HF_TAG_VERSION] != HF_VERSION) {
    answer_error(c, id, EPROTONOSUPPORT, "this agent speaks version 1");
    return true;
  }
  c->greeted = true;
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  hf_put_int(out, HF_TAG_VERSION, HF_VERSION);
  hf_put_string(out, HF_TAG_INCARNATION, c->agent->incarnation);
  hf_put_int(out, HF_TAG_PID, (uint64_t)getpid());
  hf_put_int(out, HF_TAG_STARTED_MS, c->agent->started_wall);
  hf_put_int(out, HF_TAG_FLAGS, (c->agent->groups ? hello_groups : 0) | (c->is_port ? 0 : hello_hands_over));
  frame_close(c);
  return true;
}

/* Counts the list fields and checks the frame of every other, so that decoding can allocate once and never fail. */
static int count_lists(struct fields *fields, unsigned char *payload, size_t length) {
  struct hf_field field;
  int step;
  while ((step = hf_next_field(&payload, &length, &field)) > 0) {
    if (field.tag == HF_TAG_ARGV) fields->argc++;
    if (field.tag == HF_TAG_ENV) fields->envc++;
  }
  if (step < 0) return EBADMSG;
  if (fields->argc + fields->envc == 0) return 0;
  fields->argv = calloc(fields->argc + fields->envc + 2, sizeof(char *));
  if (!fields->argv) return ENOMEM;
  fields->env = fields->argv + fields->argc + 1;
  return 0;
}

int fields_parse(struct fields *fields, unsigned char *payload, size_t length) {
  fields->present = 0;
  fields->argv = fields->env = NULL;
  fields->argc = fields->envc = 0;
  int error = count_lists(fields, payload, length);
  if (error) return error;
  size_t args = 0, envs = 0;
  struct hf_field field;
  while (hf_next_field(&payload, &length, &field) > 0) {
    if (field.tag == 0 || field.tag > HF_TAG_GENERATION || field.tag == HF_TAG_ENTRY) continue;
    if (field.tag == HF_TAG_ARGV || field.tag == HF_TAG_ENV || is_string(field.tag)) {
      char *text = hf_field_string(&field);
      if (!text) return EBADMSG;
      if (field.tag == HF_TAG_ARGV) fields->argv[args++] = text;
      else if (field.tag == HF_TAG_ENV) fields->env[envs++] = text;
      else fields->strings[field.tag] = text;
    } else if (!hf_field_int(&field, &fields->ints[field.tag])) {
      return EBADMSG;
    }
    fields->present |= UINT64_C(1) << field.tag;
  }
  return 0;
}

void fields_free(struct fields *fields) { free(fields->argv); }
