/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "download-fixture.h"

G_BEGIN_DECLS

/* A download of SIZE bytes that was cancelled, for resume data, when OFFSET of them were there. */
#define SIZE 100000
#define OFFSET 60000

/* Sends OFFSET bytes and waits; what is left after them is less, so the second answer is not held. */
#define HELD "/bytes/100000?pause-after=60000"

#define WHOLE_AGAIN "resumed 0/100000, wrote, finished, completed"
#define GOES_ON "resumed 60000/100000, wrote, finished, completed"

/* These leave the log of the server empty. */
GBytes     *resume_interrupt_request (Fixture    *self,
                                      URequest   *request);
GBytes     *resume_interrupt         (Fixture    *self,
                                      const char *target);
JsonObject *resume_parse             (GBytes     *resume_data);
GBytes     *resume_print             (JsonObject *object);
char       *resume_dup_partial       (GBytes     *resume_data);
void        resume_assert_complete   (Download   *download,
                                      const char *events,
                                      guint64     seed);
guint       resume_get_status        (Download   *download);

G_END_DECLS
