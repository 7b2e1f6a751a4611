/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "urlsession/loader/u-http-memory-private.h"
#include "urlsession/loader/u-loader-private.h"

G_BEGIN_DECLS

/* From here on libsoup has a window per HTTP/2 stream that follows the reader, completes a body that was cut off with an
 * error of its own, and can be told to speak HTTP/1. Below it, one header decides for all files. */
#define U_SOUP_HAS_FLOW_CONTROL SOUP_CHECK_VERSION (3, 4, 0)

/*
 * The connections of one loader: SoupSessions on one thread, made when first needed. The general one may speak HTTP/2.
 * The bulk one speaks HTTP/1.1 only, so that a slow reader is felt by the server through TCP. Each of them has a twin,
 * in which every server has been asked about: loads that ask share no connection with those that do not.
 *
 * Reference-counted, not thread-safe. The loader holds one reference and so does each load: dropping idle connections
 * means that the loader makes a new engine, and the old one goes with its last load.
 */
typedef struct _UHttpEngine UHttpEngine;

typedef enum {
  U_HTTP_LANE_GENERAL,
  U_HTTP_LANE_BULK,
  /* HTTP/1.1, for logins that are bound to a connection: nobody else is to go by the name of the user. */
  U_HTTP_LANE_NEGOTIATE,
  U_HTTP_LANE_NTLM,
  U_HTTP_N_LANES,
} UHttpLane;

/* @memory: (transfer none); outlives what the loader makes anew. */
UHttpEngine *u_http_engine_new         (const ULoaderSettings *settings,
                                        UHttpMemory           *memory);
UHttpEngine *u_http_engine_ref         (UHttpEngine           *self);
void         u_http_engine_unref       (UHttpEngine           *self);
UHttpMemory *u_http_engine_get_memory  (UHttpEngine           *self);
UTlsRules   *u_http_engine_get_rules   (UHttpEngine           *self);
SoupSession *u_http_engine_get_session (UHttpEngine           *self,
                                        UHttpLane              lane,
                                        gboolean               asked);
/* One for a single load, which nobody else shares; to be given back with release_session(). */
SoupSession *u_http_engine_new_session (UHttpEngine           *self,
                                        UHttpLane              lane);
void         u_http_engine_release_session (UHttpEngine       *self,
                                            SoupSession       *session);
/* What every message of that session needs before it is sent. */
void         u_http_engine_prepare     (UHttpEngine           *self,
                                        UHttpLane              lane,
                                        SoupMessage           *message);
void         u_http_engine_forget      (UHttpEngine           *self,
                                        SoupMessage           *message);
/* A connection of HTTP/2 broke while it was in use: the engine finishes what it has, and is not to be used again. */
void         u_http_engine_set_broken  (UHttpEngine           *self);
gboolean     u_http_engine_is_broken   (UHttpEngine           *self);
/* The same, for another reason: connections and all are well, but would never ask for the login at a proxy again. */
void         u_http_engine_retire      (UHttpEngine           *self);

G_END_DECLS
