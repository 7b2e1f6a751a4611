/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-enums.h"
#include "urlsession/message/u-digest-private.h"
#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-resume-data-private.h"
#include "urlsession/message/u-upload-resume-data-private.h"
#include "urlsession/transfer/u-body-pipe-private.h"
#include "urlsession/transfer/u-conduit-private.h"

G_BEGIN_DECLS

/* Where the body goes. */
typedef enum {
  U_DELIVER_EVENTS,           /* piece by piece to the application, as it keeps up */
  U_DELIVER_WHOLE,            /* in one piece, with the end */
  U_DELIVER_PIPE,             /* to a stream that the application reads */
  U_DELIVER_FILE,
  U_DELIVER_CONDUIT,          /* nowhere: the connection itself is what is wanted */
} UDelivery;

/* One transfer, described: filled once by who makes it, then never changed. Atomically reference-counted. */
typedef struct
{
  gatomicrefcount ref_count;
  URequestData *request;      /* owned; what the application asked for */
  UHeaderList *headers;       /* owned, nullable: the session's, for requests that do not have them */
  double request_timeout;     /* seconds without progress; 0: none */
  gboolean may_idle;          /* once the response is there, request_timeout does not count */
  double resource_timeout;    /* seconds in all; 0: none */
  gboolean asks_trust;        /* somebody listens to questions: also whether to trust a server whose chain is valid */
  gboolean tells_informational; /* somebody listens to responses with a status of 1xx */
  gboolean waits_for_connectivity; /* does not fail for want of a network */
  gboolean allows_cellular_access; /* as the session says; the request has a word, too */
  gboolean allows_expensive_access;
  gboolean allows_constrained_access;
  URetryRules *retry;         /* owned, nullable: nothing is retried, unless the request says so */
  gint64 rate_limit;          /* bytes per second, 0: none of its own */
  UDelivery delivery;
  gboolean also_events;       /* U_DELIVER_WHOLE: somebody listens to the pieces, too */
  UBodyPipe *pipe;            /* owned; U_DELIVER_PIPE */
  gboolean measure;           /* DONE is to tell what was measured of the exchanges */

  /* U_DELIVER_CONDUIT */
  const UConduitClass *conduit_class;
  UConduitSettings *conduit_settings; /* owned, nullable */

  /* The body of the request */
  gboolean resumable_upload;  /* the server is told that it may offer to go on after a break */
  UUploadResumeData *upload;  /* owned, nullable: what an earlier transfer left; its request is not used */

  /* U_DELIVER_FILE */
  char *destination;          /* owned, nullable: a path, of a file or of a folder that exists; NULL: a temporary file
                               * that is handed over */
  gboolean release_file;      /* without a destination: the temporary file goes to the caller for good */
  UFileConflict conflict;     /* what to do when the destination exists */
  UResumeData *resume;        /* owned, nullable: what an earlier transfer left */
  UDigest *digest;            /* owned, nullable: what the file must have */
} UTransferSpec;

UTransferSpec *u_transfer_spec_new   (URequestData *request);
UTransferSpec *u_transfer_spec_ref   (UTransferSpec *self);
void           u_transfer_spec_unref (UTransferSpec *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UTransferSpec, u_transfer_spec_unref)

G_END_DECLS
