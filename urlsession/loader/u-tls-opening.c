/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-tls-opening-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-tls-client-interaction-private.h"

struct _UTlsOpening
{
  guint ref_count;            /* the caller, and a handshake under way */
  UConnectionSettings *settings; /* owned */
  UHttpMemory *memory;        /* owned */
  UTlsPeer *peer;             /* NULL once freed */
  char *host;                 /* owned */
  guint port;
  char *protocol;             /* owned */
  char *certificate_space;    /* owned; for the memory */
  gboolean holds;
  UTlsOpeningFuncs funcs;
  gpointer user_data;
  GCancellable *cancellable;  /* owned */
  GTlsClientConnection *connection; /* owned, nullable: it could not be made */
  UTlsClientInteraction *interaction; /* owned, nullable */
  GError *error;              /* owned, nullable; why there is no connection */

  gboolean doubtful;          /* the certificate of the server is to be asked about, after the handshake */
  gboolean certificate_wanted; /* the server has asked for one */
  gboolean certificate_given;
};

static void
opening_unref (UTlsOpening *self)
{
  if (--self->ref_count > 0)
    return;

  u_connection_settings_unref (self->settings);
  u_http_memory_unref (self->memory);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->connection);
  g_clear_object (&self->interaction);
  g_clear_error (&self->error);
  g_free (self->host);
  g_free (self->protocol);
  g_free (self->certificate_space);
  g_free (self);
}

/* In the context of the I/O thread, while the handshake waits on another thread. */
static gboolean
accept_certificate_cb (GTlsConnection *connection, GTlsCertificate *leaf, GTlsCertificateFlags errors,
                       gpointer user_data)
{
  UTlsOpening *self = user_data;

  if (self->peer == NULL)
    return FALSE;
  if (u_tls_peer_accepts (self->peer, leaf, errors))
    return TRUE;

  /* No certificate of the client is shown to who knows whom. */
  self->doubtful = TRUE;

  return self->holds;
}

static void
give_certificate (UTlsOpening *self, GTlsCertificate *identity)
{
  self->certificate_given = identity != NULL;
  u_tls_client_interaction_complete (self->interaction, identity);
}

static void
ask_for_certificate (UTlsOpening *self)
{
  g_autoptr (UProtectionSpaceData) space = NULL;
  g_autoptr (UChallengeData) challenge = NULL;
  GList *names = g_tls_client_connection_get_accepted_cas (self->connection);

  space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE, self->protocol, self->host,
                                       self->port, NULL, FALSE);
  space->authorities = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (GList *l = names; l != NULL; l = l->next)
    {
      GByteArray *name = l->data;

      g_ptr_array_add (space->authorities, g_bytes_new (name->data, name->len));
    }
  g_list_free_full (names, (GDestroyNotify) g_byte_array_unref);
  challenge = u_challenge_data_new (space, NULL, 0, NULL);
  self->funcs.ask (self->user_data, challenge);
}

static void
certificate_wanted (gpointer user_data)
{
  UTlsOpening *self = user_data;
  g_autoptr (UCredentialData) known = NULL;

  self->certificate_wanted = TRUE;
  if (self->doubtful)
    give_certificate (self, NULL);
  else if (u_http_memory_recall (self->memory, self->certificate_space, &known))
    give_certificate (self, known != NULL ? known->identity : NULL);
  else
    ask_for_certificate (self);
}

static void
handshake_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  UTlsOpening *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error);
  if (self->peer != NULL && error != NULL)
    self->funcs.ended (self->user_data, NULL, error);
  else if (self->peer != NULL && !u_tls_peer_check (self->peer, G_TLS_CONNECTION (source), &refusal))
    self->funcs.ended (self->user_data, refusal == NULL ? G_IO_STREAM (source) : NULL, refusal);
  else if (self->peer != NULL)
    self->funcs.ended (self->user_data, G_IO_STREAM (source), NULL);
  opening_unref (self);
}

static gboolean
failed_cb (gpointer user_data)
{
  UTlsOpening *self = user_data;

  if (self->peer != NULL)
    self->funcs.ended (self->user_data, NULL, self->error);
  opening_unref (self);

  return G_SOURCE_REMOVE;
}

static void
fail_later (UTlsOpening *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[urlsession] TLS not available");
  g_source_set_callback (source, failed_cb, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

UTlsOpening *
u_tls_opening_start (GIOStream *base, const UTlsOpeningParams *params, const UTlsOpeningFuncs *funcs,
                     gpointer user_data)
{
  UTlsOpening *self = g_new0 (UTlsOpening, 1);
  g_autoptr (GSocketConnectable) identity = NULL;
  GIOStream *stream;

  self->ref_count = 2;
  self->settings = u_connection_settings_ref (params->settings);
  self->memory = u_http_memory_ref (params->settings->memory);
  self->peer = params->peer;
  self->host = g_strdup (u_tls_peer_get_host (params->peer));
  self->port = params->port;
  self->protocol = g_strdup (params->protocol);
  self->certificate_space = g_strdup_printf ("certificate %s:%u", self->host, self->port);
  self->holds = params->holds;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();

  identity = g_network_address_new (self->host, (guint16) self->port);
  stream = g_tls_client_connection_new (base, identity, &self->error);
  if (stream == NULL)
    {
      fail_later (self);
      return self;
    }

  self->connection = G_TLS_CLIENT_CONNECTION (stream);
  self->interaction = u_tls_client_interaction_new (certificate_wanted, self);
  g_tls_connection_set_interaction (G_TLS_CONNECTION (stream), G_TLS_INTERACTION (self->interaction));
  if (params->settings->tls_database != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (stream), params->settings->tls_database);
  if (params->alpn != NULL)
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (stream), (const char * const *) params->alpn);
  g_signal_connect (stream, "accept-certificate", G_CALLBACK (accept_certificate_cb), self);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (stream), G_PRIORITY_DEFAULT, self->cancellable, handshake_cb,
                                    self);

  return self;
}

void
u_tls_opening_answer (UTlsOpening *self, const UChallengeAnswer *answer)
{
  gboolean has_credential = answer->kind == U_CHALLENGE_USE_CREDENTIAL && answer->credential != NULL;

  if (has_credential && answer->credential->identity != NULL)
    {
      u_http_memory_learn (self->memory, self->certificate_space, answer->credential);
      give_certificate (self, answer->credential->identity);
    }
  else
    {
      if (answer->kind != U_CHALLENGE_DEFAULT)
        u_http_memory_learn (self->memory, self->certificate_space, NULL);
      give_certificate (self, NULL);
    }
}

/* As it is with HTTP: TLS 1.3 has an alert of its own for a certificate that is missing; before that all look alike. */
GError *
u_tls_opening_explain (UTlsOpening *self, const GError *error)
{
  if (!self->certificate_wanted || error->domain != G_TLS_ERROR
      || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    return NULL;

  u_http_memory_forget (self->memory, self->certificate_space);
  if (self->certificate_given)
    return g_error_new (U_ERROR, U_ERROR_CLIENT_CERTIFICATE_REJECTED,
                        "The server %s did not accept the certificate of the client (%s).", self->host,
                        error->message);

  return g_error_new (U_ERROR, U_ERROR_CLIENT_CERTIFICATE_REQUIRED,
                      "The server %s wants a certificate of the client, and there was none: answer the challenge "
                      "with one (%s).", self->host, error->message);
}

void
u_tls_opening_free (UTlsOpening *self)
{
  self->peer = NULL;
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  /* The thread of the handshake waits for this, and does not notice that it was cancelled. */
  if (self->interaction != NULL)
    u_tls_client_interaction_detach (self->interaction);
  g_cancellable_cancel (self->cancellable);
  opening_unref (self);
}
