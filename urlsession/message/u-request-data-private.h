/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/message/u-body-parts-private.h"
#include "urlsession/message/u-body-source-private.h"
#include "urlsession/message/u-header-list-private.h"
#include "urlsession/message/u-retry-rules-private.h"

G_BEGIN_DECLS

typedef enum {
  U_BODY_NONE,
  U_BODY_BYTES,
  U_BODY_FILE,
  U_BODY_PARTS,
  U_BODY_SOURCE,
} UBodyKind;

/* What a request says, without the object: immutable once shared, atomically reference-counted, free to cross threads.
 * A sealed URequest is a view of one. */
typedef struct
{
  gatomicrefcount ref_count;
  char *uri;                  /* as the application gave it; nullable */
  GUri *parsed;               /* owned; NULL when `uri` is not an absolute URL; flags U_URI_FLAGS */
  char *method;               /* never NULL */
  UHeaderList *headers;       /* owned; never NULL */
  UBodyKind body_kind;
  GBytes *body_bytes;         /* owned; U_BODY_BYTES */
  char *body_path;            /* owned; U_BODY_FILE */
  UBodyParts *body_parts;     /* owned; U_BODY_PARTS */
  UBodySource *body_source;   /* owned; U_BODY_SOURCE: a stream of the application */
  char *body_content_type;    /* owned; nullable: the application named none */
  double timeout;             /* seconds without progress; 0: the session's */
  gboolean handles_cookies;   /* sends those that are stored, and stores those that come */
  char *main_document_uri;    /* of what this is a part, for the rules on cookies; nullable: of itself */
  gboolean allows_cellular_access;
  gboolean allows_constrained_access;
  gboolean allows_expensive_access;
  gint64 maximum_body_length; /* of the response, decoded; 0: any */
  URetryRules *retry;         /* owned, never changed; nullable: the session's */
  GHashTable *attributes;     /* owned, nullable: name → GVariant, for the application; never changed, but replaced */
} URequestData;

URequestData *u_request_data_new   (const char   *uri);
URequestData *u_request_data_ref   (URequestData *self);
void          u_request_data_unref (URequestData *self);
/* A deep enough copy, held by nobody else: headers are shared until changed. */
URequestData *u_request_data_copy  (URequestData *self);
/* Consumes the reference; returns data that nobody else holds, the same where possible. */
URequestData *u_request_data_unshare (URequestData *self);
gboolean      u_request_data_equal (URequestData *a,
                                    URequestData *b);
/* Replaces the URL, and what was parsed of it. */
void          u_request_data_set_uri (URequestData *self,
                                      const char   *uri);
/* For data that nobody else holds: no body from now on. */
void          u_request_data_clear_body (URequestData *self);
/* For data that nobody else holds: @source is the body from now on, and the content type stays. */
void          u_request_data_set_body_source (URequestData *self,
                                              UBodySource  *source);
/* Bytes; -1: known only when it is sent. */
gint64        u_request_data_get_body_length (URequestData *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (URequestData, u_request_data_unref)

G_END_DECLS
