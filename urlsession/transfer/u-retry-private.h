/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-retry-rules-private.h"

G_BEGIN_DECLS

/* What happened, and under which circumstances. */
typedef struct
{
  const GError *error;        /* nullable: there was a response */
  guint status;               /* of the response; 0: there was none */
  gboolean transient;         /* whatever the status is, it will be another one later */
  const char *retry_after;    /* nullable; the field of the response */
  const char *method;
  gboolean nothing_sent;      /* no byte of the request left */
  gboolean continues;         /* a download that goes on where it stopped */
  guint n_attempts;           /* that were made already, at least 1 */
  gint64 now;                 /* seconds since the epoch */
  double time_left;           /* seconds of the resource timer; negative: it does not run */
  double chance;              /* from 0 to 1: the random number */
} URetryFacts;

/* Whether to try again, and after how many seconds. @rules: NULL: never. */
gboolean u_retry_decide             (const URetryRules *rules,
                                     const URetryFacts *facts,
                                     double            *delay);
/* Whether it may go well another time, seen by itself. */
gboolean u_retry_is_transient_error (const GError      *error);
/* RFC 9110 section 9.2.2: to do it twice is to do it once. */
gboolean u_retry_is_idempotent      (const char        *method);
/* Whether the error is that there was no way to the host, so that a change of the network may help. */
gboolean u_retry_is_unreachable     (const GError      *error);
/* Seconds from @now that a Retry-After field asks for; -1: it is none. */
double   u_retry_parse_after        (const char        *value,
                                     gint64             now);

G_END_DECLS
