/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/auth/u-credential-data-private.h"
#include "urlsession/loader/u-ftp-target-private.h"
#include "urlsession/message/u-response-data-private.h"

G_BEGIN_DECLS

/*
 * One exchange of FTP, on a thread of its own. libcurl waits for some replies without giving the thread back, whatever
 * interface of it is used: for that to the end of a transfer, for example. A server that withholds it would hold up all
 * other loads if that happened on an I/O thread.
 *
 * Everything here is called in the context in which it is made, and nothing of it blocks. The thread itself holds a
 * reference and touches no other object. Between the two there is never more than one block of each body.
 */
typedef struct _UFtpExchange UFtpExchange;

/* What it is to do. Plain values; the pointers are borrowed while it is made. */
typedef struct
{
  const UFtpTarget *target;
  const char *url;            /* of the response */
  const char *masked_url;     /* for messages */
  UCredentialData *credential; /* nullable: anonymous */
  const char *proxy;          /* URL; nullable: none */
  const char *ca_file;        /* nullable: what the TLS library trusts in */
  GTlsProtocolVersion minimum; /* of TLS; G_TLS_PROTOCOL_VERSION_UNKNOWN: any */
  GTlsProtocolVersion maximum;
  gboolean forward_secrecy;
  gint64 offset;              /* GET: bytes that are there; 0: none */
  const char *validator;      /* nullable; of what they were of */
  gint64 body_length;         /* PUT; -1: unknown */
} UFtpPlan;

/* What came since it was asked for last. */
typedef struct
{
  UResponseData *response;    /* (transfer full) (nullable): once */
  GBytes *bytes;              /* (transfer full) (nullable): of the body, as many as there was credit for */
  gint64 n_sent;              /* of the body of the request */
  gboolean wants_body;        /* more of it is to be given */
  gboolean done;              /* nothing follows */
  GError *error;              /* (transfer full) (nullable) */
  gboolean nothing_sent;
  gboolean is_measured;       /* connected: what follows is known, in microseconds since the start, 0: not */
  gint64 lookup, connect, secure, request;
  char *remote_address;       /* (transfer full) (nullable) */
  char *local_address;        /* (transfer full) (nullable) */
  guint remote_port, local_port;
} UFtpNews;

/* @changed: is called in the thread-default context when there is something to take. */
UFtpExchange *u_ftp_exchange_new             (const UFtpPlan *plan,
                                              GSourceFunc     changed,
                                              gpointer        user_data);
void          u_ftp_exchange_set_credit      (UFtpExchange   *self,
                                              gint64          credit);
void          u_ftp_exchange_set_send_credit (UFtpExchange   *self,
                                              gint64          credit);
/* The next piece of the body of the request. @bytes: NULL: that was all */
void          u_ftp_exchange_give            (UFtpExchange   *self,
                                              GBytes         *bytes);
void          u_ftp_exchange_take            (UFtpExchange   *self,
                                              UFtpNews       *news);
void          u_ftp_news_clear               (UFtpNews       *news);
/* Ends it, and lets go of it. */
void          u_ftp_exchange_free            (UFtpExchange   *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UFtpNews, u_ftp_news_clear)

G_END_DECLS
