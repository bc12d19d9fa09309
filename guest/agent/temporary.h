/* Names of the temporary files of WRITE, which WATCH does not show. */
#ifndef HOLDFAST_TEMPORARY_H
#define HOLDFAST_TEMPORARY_H

static const char temporary_created[] = ".holdfast-new-";
static const char temporary_modified[] = ".holdfast-old-";
enum { temporary_prefix_bytes = sizeof temporary_created - 1, temporary_name_bytes = 40 };

#endif
