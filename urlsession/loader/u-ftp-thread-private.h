/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>

#include "urlsession/loader/u-ftp-exchange-private.h"
#include "urlsession/loader/u-ftp-listing-private.h"

G_BEGIN_DECLS

/* What is inside of an exchange, for the two files that make it: u-ftp-exchange.c is the side of the load,
 * u-ftp-thread.c that of the thread. */

typedef enum {
  U_FTP_PLAIN,
  U_FTP_IMPLICIT_TLS,         /* from the first byte on */
  U_FTP_EXPLICIT_TLS,         /* AUTH TLS (RFC 4217) */
} UFtpSecurity;

struct _UFtpExchange
{
  gatomicrefcount ref_count;  /* the load, and the thread */
  GSource *source;            /* owned; in the context of the load */

  /* What is to be done: not changed once the thread runs. */
  UFtpVerb verb;
  UFtpSecurity security;
  gboolean may_be_explicit;   /* if the server turns out not to begin with TLS */
  gboolean converts_lines;
  char *location;             /* owned */
  char *name;                 /* owned */
  char *url;                  /* owned */
  char *masked_url;           /* owned */
  char *user;                 /* owned; never NULL */
  char *password;             /* owned; never NULL */
  char *proxy;                /* owned, nullable */
  char *ca_file;              /* owned, nullable */
  GTlsProtocolVersion minimum;
  GTlsProtocolVersion maximum;
  gboolean forward_secrecy;
  gint64 offset;
  char *validator;            /* owned, nullable */
  gint64 body_length;

  /* Of the thread alone. */
  CURL *easy;                 /* owned */
  GArray *sockets;            /* owned; of curl_socket_t: those that are open */
  UFtpListing *listing;       /* owned, nullable */
  gboolean is_other_version;  /* what is to be gone on with has changed */
  long reply;                 /* the last one of the server */
  long multi_line;            /* inside of this reply; 0: not inside of one */
  char *modified;             /* owned, nullable; as the server says */
  gint64 size;                /* of the whole; -1: unknown */
  gboolean has_begun;         /* the server began with the data */
  char text[CURL_ERROR_SIZE]; /* what libcurl says of a failure */

  GMutex lock;                /* of what follows */
  GCond cond;
  CURLM *multi;               /* owned by the thread; NULL when it is over */
  gboolean stopped;
  gint64 credit;
  gint64 send_credit;
  GByteArray *arrived;        /* owned */
  GQueue blocks;              /* owned; of GBytes */
  gsize block_offset;         /* bytes of the first one that were sent */
  gboolean body_ended;
  UFtpNews news;              /* owned; bytes and wants_body are made when it is taken */
};

/* Of any thread. */
void     u_ftp_exchange_wake       (UFtpExchange *self);
gboolean u_ftp_exchange_is_stopped (UFtpExchange *self);

/* All that the thread does. */
void     u_ftp_thread_run          (UFtpExchange *self);

G_END_DECLS
