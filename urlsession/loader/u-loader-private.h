/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/auth/u-challenge-data-private.h"
#include "urlsession/auth/u-tls-rules-private.h"
#include "urlsession/loader/u-protocol-exchange-private.h"
#include "urlsession/message/u-request-data-private.h"
#include "urlsession/message/u-response-data-private.h"
#include "urlsession/message/u-transaction-data-private.h"

G_BEGIN_DECLS

/*
 * The one door to every scheme.
 *
 * A loader does one exchange at a time for one load: it knows no redirect, no retry, no cache and no file; those sit
 * above, once, for all schemes. Everything here happens on one I/O thread, the one whose main context is thread-default
 * when the loader is made. Nothing here blocks.
 *
 * Of a load come, in this order: any number of SENT, INFORMATIONAL and QUESTION, at most one RESPONSE, any number of
 * DATA, and exactly one DONE, after which the load says nothing more. In the place of RESPONSE, DATA and DONE may come
 * one UPGRADED: the connection belongs to who receives it, and the load has no more to do with it. After a QUESTION the load waits for answer(),
 * which comes at any later time, never from inside the event. The first event never comes from inside start(). After
 * cancel() nothing comes at all, not even DONE; cancel() is legal from inside an event. The caller owns the load and
 * frees it with free(), also from inside an event; free() of a load that is not done cancels it.
 *
 * DATA is read straight into memory of the one who receives it: get_buffer() is asked for room before each read, and
 * the event says how much of it was filled. A load reads only while it has credit, and never more than its credit.
 */
typedef struct _ULoader ULoader;
typedef struct _ULoad ULoad;
typedef struct _ULoaderClass ULoaderClass;

typedef enum {
  U_LOAD_SENT,
  U_LOAD_INFORMATIONAL,
  U_LOAD_QUESTION,
  U_LOAD_RESPONSE,
  U_LOAD_DATA,
  U_LOAD_UPGRADED,
  U_LOAD_DONE,
} ULoadEventKind;

typedef struct
{
  ULoadEventKind kind;
  UResponseData *response;    /* RESPONSE, INFORMATIONAL: borrowed; UPGRADED: the same, nullable */
  URequestData *request;      /* RESPONSE: where the load itself says that it leads; nullable, borrowed */
  GIOStream *stream;          /* UPGRADED: open in both directions; borrowed, nobody else uses it any more */
  gboolean untrusted;         /* RESPONSE, UPGRADED: over TLS with a certificate that the application alone trusts */
  gboolean encoded;           /* RESPONSE: the body has a Content-Encoding that the loader takes off */
  gsize length;               /* DATA: how much of the buffer was filled, > 0 */
  GBytes *bytes;              /* DATA: borrowed; set instead of a filled buffer when the loader has them anyway */
  gint64 wire_length;         /* DATA: bytes of the body as transferred that this stands for (before decoding); DONE:
                               * what came after the last DATA and gave no bytes, such as a check sum */
  gint64 n_sent;              /* SENT: bytes of the request body since the last one, whether or not sent before */
  gint64 body_sent;           /* SENT: how far the body is; less than before when it is sent again */
  gint64 body_length;         /* SENT: of what is sent of the request body in all; -1 unknown */
  UChallengeData *challenge;  /* QUESTION: what has to do with the connection; borrowed */
  UTransactionData *transaction; /* DONE: what was measured, if it was asked for; nullable, borrowed */
  gboolean nothing_sent;      /* DONE with an error: no byte of the request left, so that it can be repeated safely */
  const GError *error;        /* DONE: NULL when the body was complete to the last byte; else in U_ERROR. Borrowed */
} ULoadEvent;

typedef struct
{
  /* Room for the next read: at least 4 KiB. NULL is not allowed. */
  guint8 *(*get_buffer) (gpointer user_data, gsize *size);
  void (*event) (gpointer user_data, const ULoadEvent *event);
} ULoadSink;

typedef struct
{
  URequestData *request;      /* borrowed during start(), referenced by the load; `parsed` is set */
  UHeaderList *extra_headers; /* nullable, borrowed: headers of the session and of the transfer (Range, If-Range); a
                               * header of the request wins, one spelling is sent */
  UHeaderList *forced_headers; /* nullable, borrowed: take the place of those of the request (Cookie, Authorization) */
  UProtocolExchange *exchange; /* borrowed; claimed; NULL but for the loader of protocols */
  UCredentialData *credential; /* nullable, borrowed: to log in with, where that is not done by a header field */
  gboolean asks_trust;        /* somebody listens to questions: ask about valid chains, too. Invalid ones are always
                               * asked about */
  gboolean measure;           /* DONE is to have a transaction */
  gint64 measure_since;       /* measure: when somebody began to wait for it, monotonic microseconds; 0: now */
  gboolean bulk;              /* a body that may be large, or read slowly: prefers a connection with flow control */
  gboolean decode;            /* ask for and take off content codings; FALSE: ask for identity, still take off what
                               * the server applies all the same */
  gboolean expect_continue;   /* the body waits until the server wants it (RFC 9110 section 10.1.1), or says nothing */
  double priority;            /* 0 to 1 */
  gint64 credit;              /* bytes that may be read at first; G_MAXINT64: no bound */
  gint64 body_offset;         /* bytes of the body of the request that are left out at its beginning */
  gint64 body_count;          /* bytes that are sent from there at most; 0: all the rest */
  gint64 body_total;          /* bytes that the body has to have in all; 0: any */
  gint64 send_credit;         /* bytes of the body that may be sent at first; G_MAXINT64: no bound */
} ULoadParams;

struct _ULoaderClass
{
  const char * const *schemes; /* lower case, NULL-terminated */
  gboolean uses_network;      /* its loads count against the limits on connections */
  gboolean upgrades;          /* its loads end as UPGRADED, or not well: for who wants a connection only */
  gboolean logs_in;           /* takes a credential with every load: that of the URL is used at once */

  ULoad *(*start)       (ULoader *self, const ULoadParams *params, const ULoadSink *sink, gpointer user_data);
  void   (*set_credit)  (ULoad *load, gint64 credit);     /* the bytes that may be read from now on */
  /* Nullable. The bytes of the body of the request that may be sent from now on. */
  void   (*set_send_credit) (ULoad *load, gint64 credit);
  void   (*set_priority) (ULoad *load, double priority);
  void   (*answer)      (ULoad *load, const UChallengeAnswer *answer); /* nullable: never asks. DEFAULT for trust: only
                                                                        * of a valid chain; for a credential: without */
  /* Nullable. (transfer full) (nullable): what was measured up to now, of a load that is about to be given up; after
   * that, and after DONE, there is none. */
  UTransactionData *(*take_transaction) (ULoad *load);
  void   (*cancel)      (ULoad *load);
  void   (*free)        (ULoad *load);
  /* Nullable: closes idle connections, and uses new ones from now on. @forget: what was answered is asked again. */
  void   (*drop_idle)   (ULoader *self, gboolean forget);
  void   (*free_loader) (ULoader *self);                  /* after its last load is freed */
};

/* First member of every load and loader. */
struct _ULoader
{
  const ULoaderClass *klass;
};

struct _ULoad
{
  const ULoaderClass *klass;
};

/* What a session decides for all its loads; plain values. */
typedef struct
{
  guint max_connections_per_host;
  guint max_connections;
  GTlsDatabase *tls_database; /* nullable: the system's; borrowed */
  GProxyResolver *proxy_resolver; /* nullable: the system's; borrowed; safe on an I/O thread */
  gboolean http1_only;        /* never HTTP/2 */
  UTlsRules *tls_rules;       /* nullable: no rules; borrowed. Of the session's transport security */
} ULoaderSettings;

ULoader *u_http_loader_new (const ULoaderSettings *settings);
ULoader *u_file_loader_new (void);
ULoader *u_data_loader_new (void);
ULoader *u_ftp_loader_new (const ULoaderSettings *settings);

static inline ULoad *
u_loader_start (ULoader *self, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  return self->klass->start (self, params, sink, user_data);
}

static inline void
u_load_set_credit (ULoad *load, gint64 credit)
{
  load->klass->set_credit (load, credit);
}

static inline void
u_load_set_send_credit (ULoad *load, gint64 credit)
{
  if (load->klass->set_send_credit != NULL)
    load->klass->set_send_credit (load, credit);
}

static inline void
u_load_set_priority (ULoad *load, double priority)
{
  load->klass->set_priority (load, priority);
}

static inline void
u_load_answer (ULoad *load, const UChallengeAnswer *answer)
{
  load->klass->answer (load, answer);
}

static inline UTransactionData *
u_load_take_transaction (ULoad *load)
{
  return load->klass->take_transaction != NULL ? load->klass->take_transaction (load) : NULL;
}

static inline void
u_load_cancel (ULoad *load)
{
  load->klass->cancel (load);
}

static inline void
u_load_free (ULoad *load)
{
  load->klass->free (load);
}

G_END_DECLS
