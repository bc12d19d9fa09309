/* Decodes a payload of guest/LAUNCHER.md. Each tag has one place in `struct request`; lists are bounded. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "internal.h"

static char **string_place(struct request *r, uint8_t tag) {
  switch (tag) {
    case HF_TAG_HOME: return &r->home;
    case HF_TAG_LAUNCH_MODE: return &r->mode;
    case HF_TAG_LAUNCHER: return &r->launcher;
    case HF_TAG_SANDBOX: return &r->sandbox;
    case HF_TAG_UPPER: return &r->upper;
    case HF_TAG_WORK: return &r->work;
    case HF_TAG_SOCKET: return &r->socket;
    case HF_TAG_HOSTNAME: return &r->hostname;
    case HF_TAG_MACHINE_ID: return &r->machine_id;
    case HF_TAG_CGROUP: return &r->cgroup;
    case HF_TAG_PATH: return &r->path;
    case HF_TAG_TARGET: return &r->target;
    case HF_TAG_FRESH_WORK: return &r->fresh_work;
    case HF_TAG_PREVIOUS: return &r->previous;
    case HF_TAG_INCARNATION: return &r->incarnation;
    case HF_TAG_GENERATION: return &r->generation;
    default: return NULL;
  }
}

static uint64_t *int_place(struct request *r, uint8_t tag) {
  switch (tag) {
    case HF_TAG_USER: return &r->user;
    case HF_TAG_MEMORY_BYTES: return &r->limits.memory_bytes;
    case HF_TAG_CPU_MILLIS: return &r->limits.cpu_millis;
    case HF_TAG_PROCESSES: return &r->limits.processes;
    case HF_TAG_OPEN_FILES: return &r->limits.open_files;
    case HF_TAG_DISK_BYTES: return &r->limits.disk_bytes;
    case HF_TAG_LEASE_MS: return &r->lease_ms;
    case HF_TAG_FLAGS: return &r->flags;
    case HF_TAG_PID: return &r->pid;
    case HF_TAG_START_TICKS: return &r->start_ticks;
    case HF_TAG_COUNT: return &r->clients;
    case HF_TAG_CLOCK_NS: return &r->clock_ns;
    default: return NULL;
  }
}

static bool malformed(struct fault *fault, uint8_t tag) { return fail(fault, EINVAL, "field %u is malformed", tag); }

static bool take_string(const struct hf_field *field, char **place, struct fault *fault) {
  *place = hf_field_string(field);
  if (!*place || strlen(*place) >= max_path) return malformed(fault, field->tag);
  return true;
}

static bool parse_bind(struct request *r, const struct hf_field *outer, struct fault *fault) {
  if (r->bind_count == max_binds) return fail(fault, E2BIG, "more than %d binds", max_binds);
  struct bind *bind = &r->binds[r->bind_count++];
  unsigned char *bytes = outer->bytes;
  size_t length = outer->length;
  struct hf_field field;
  int more;
  while ((more = hf_next_field(&bytes, &length, &field)) > 0) {
    if (field.tag == HF_TAG_PATH && !take_string(&field, &bind->source, fault)) return false;
    if (field.tag == HF_TAG_TARGET && !take_string(&field, &bind->target, fault)) return false;
  }
  if (more < 0 || !bind->source || !bind->target) return malformed(fault, outer->tag);
  return true;
}

static bool parse_entry(struct request *r, const struct hf_field *outer, struct fault *fault) {
  if (r->entry_count == max_entries) return fail(fault, E2BIG, "more than %d entries", max_entries);
  unsigned char *bytes = outer->bytes;
  size_t length = outer->length, at = r->entry_count++;
  struct hf_field field;
  int more;
  while ((more = hf_next_field(&bytes, &length, &field)) > 0) {
    if (field.tag == HF_TAG_PID && !hf_field_int(&field, &r->entries[at].pid)) return malformed(fault, field.tag);
    if (field.tag == HF_TAG_START_TICKS && !hf_field_int(&field, &r->entries[at].start_ticks))
      return malformed(fault, field.tag);
  }
  return more == 0 || malformed(fault, outer->tag);
}

static bool parse_file(struct request *r, const struct hf_field *outer, struct fault *fault) {
  if (r->file_count == max_given) return fail(fault, E2BIG, "more than %d files", max_given);
  struct given *given = &r->files[r->file_count++];
  unsigned char *bytes = outer->bytes;
  size_t length = outer->length;
  struct hf_field field;
  int more;
  while ((more = hf_next_field(&bytes, &length, &field)) > 0) {
    if (field.tag == HF_TAG_PATH && !take_string(&field, &given->path, fault)) return false;
    if (field.tag == HF_TAG_FLAGS && !hf_field_int(&field, &given->flags)) return malformed(fault, field.tag);
  }
  return (more == 0 && given->path) || malformed(fault, outer->tag);
}

static bool add_string(const struct hf_field *field, char **list, size_t *count, size_t most, struct fault *fault) {
  if (*count == most) return fail(fault, E2BIG, "more than %zu of field %u", most, field->tag);
  return take_string(field, &list[(*count)++], fault);
}

static bool parse_list(struct request *r, const struct hf_field *field, struct fault *fault) {
  switch (field->tag) {
    case HF_TAG_LOWER:
      if (r->lower_count == max_layers) return fail(fault, E2BIG, "more than %d layers", max_layers);
      return take_string(field, &r->lower[r->lower_count++], fault);
    case HF_TAG_LIMIT_GROUP:
      if (r->limit_group_count == sizeof r->limit_groups / sizeof *r->limit_groups)
        return fail(fault, E2BIG, "more limit groups than hierarchies");
      return take_string(field, &r->limit_groups[r->limit_group_count++], fault);
    case HF_TAG_BIND: return parse_bind(r, field, fault);
    case HF_TAG_ENTROPY: r->entropy = (struct seed){field->bytes, field->length}; return true;
    case HF_TAG_SEED: r->seed = (struct seed){field->bytes, field->length}; return true;
    case HF_TAG_ENTRY: return parse_entry(r, field, fault);
    case HF_TAG_ARGV: return add_string(field, r->arguments, &r->argument_count, max_arguments, fault);
    case HF_TAG_AGAIN: return add_string(field, r->again, &r->again_count, max_arguments, fault);
    case HF_TAG_CONTROL: return add_string(field, r->controls, &r->control_count, max_controls, fault);
    case HF_TAG_LISTENER: return add_string(field, r->listeners, &r->listener_count, max_given, fault);
    case HF_TAG_FILE: return parse_file(r, field, fault);
    default: return true;
  }
}

bool request_parse(struct request *r, unsigned char *payload, size_t length, struct fault *fault) {
  memset(r, 0, sizeof *r);
  struct hf_field field;
  int more;
  while ((more = hf_next_field(&payload, &length, &field)) > 0) {
    char **string = string_place(r, field.tag);
    uint64_t *number = int_place(r, field.tag);
    if (string && !take_string(&field, string, fault)) return false;
    if (number && !hf_field_int(&field, number)) return malformed(fault, field.tag);
    if (!string && !number && !parse_list(r, &field, fault)) return false;
  }
  return more == 0 || fail(fault, EINVAL, "the payload is malformed");
}

bool name_valid(const char *name) {
  size_t length = name ? strlen(name) : 0;
  if (length == 0 || length >= max_name || name[0] == '.') return false;
  return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}
