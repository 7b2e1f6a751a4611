/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-connection-settings-private.h"

G_BEGIN_DECLS

/*
 * Makes one connection: names, addresses in turn (RFC 8305) and proxies as GIO has them, TLS with the rules and the
 * questions of a session. Of one I/O thread, nothing blocks, and it can be freed at any moment.
 */
typedef struct _UConnector UConnector;

typedef struct
{
  const char *host;           /* borrowed; a name or an address, without brackets */
  guint16 port;
  const char *subject;        /* borrowed; what errors call it: a masked URL, or "host:port" */
  const char *proxy_scheme;   /* borrowed; the resolver is asked for the proxies of URLs with this scheme: "http",
                               * "https"; "none" for all other protocols */
  gboolean secure;            /* with TLS */
  const char *protocol;       /* borrowed; secure: of protection spaces, such as "https" */
  const char * const *alpn;   /* borrowed, nullable: none */
  gboolean asks_trust;        /* also about valid chains; invalid ones are always asked about */
  UTransactionData *measured; /* nullable, referenced: what is to be filled */
} UConnectorParams;

typedef struct
{
  /* The connector waits for answer(), which comes later. Borrowed. */
  void (*ask)  (gpointer        user_data,
                UChallengeData *challenge);
  /* Once, never from inside start(). @stream: borrowed; NULL: it failed, and @error, in U_ERROR, says why; borrowed.
   * The connector may be freed here. */
  void (*done) (gpointer        user_data,
                GIOStream      *stream,
                const GError   *error);
} UConnectorFuncs;

UConnector *u_connector_start   (UConnectionSettings    *settings,
                                 const UConnectorParams *params,
                                 const UConnectorFuncs  *funcs,
                                 gpointer                user_data);
void        u_connector_answer  (UConnector             *self,
                                 const UChallengeAnswer *answer);
/* What to say of an error that came over the stream, right after it was open: (transfer full), in U_ERROR. With TLS 1.3
 * a server says only then that it wants a certificate of the client. */
GError     *u_connector_explain (UConnector             *self,
                                 const GError           *error);
/* Whether the application trusts the server, which no authority vouches for. */
gboolean    u_connector_is_untrusted (UConnector        *self);
/* Nothing is called any more. The stream, if there is one, is the caller's. */
void        u_connector_free    (UConnector             *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UConnector, u_connector_free)

G_END_DECLS
