/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-trust-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-tls-peer-private.h"
#include "urlsession/message/u-uri-private.h"

typedef enum {
  NOTHING,
  SERVER,                     /* about the certificate of the server */
  CERTIFICATE,                /* for one of the client */
  PASSWORD,                   /* for that of its token */
} Asking;

struct _UHttpTrust
{
  UHttpMemory *memory;        /* owned */
  UTlsPeer *peer;             /* owned */
  char *host;                 /* owned */
  guint port;
  char *certificate_space;    /* owned; for the memory */
  UHttpTrustFuncs funcs;
  gpointer user_data;
  SoupMessage *message;       /* borrowed, nullable: not attached */

  Asking asking;
  GError *error;              /* owned, nullable; why the connection was refused */
  GTlsPassword *password;     /* owned, nullable; waits for an answer */
  guint password_failures;

  gboolean certificate_wanted; /* the server has asked for one */
  gboolean certificate_given;
  gboolean certificate_declined; /* the answer was to go on without, for now */
};

UHttpTrust *
u_http_trust_new (UHttpMemory *memory, UTlsRules *rules, GUri *uri, gboolean asks, const UHttpTrustFuncs *funcs,
                  gpointer user_data)
{
  UHttpTrust *self = g_new0 (UHttpTrust, 1);

  self->memory = u_http_memory_ref (memory);
  self->host = g_ascii_strdown (g_uri_get_host (uri), -1);
  self->port = u_uri_get_effective_port (uri);
  self->peer = u_tls_peer_new (memory, rules, "https", self->host, self->port, asks);
  self->certificate_space = g_strdup_printf ("certificate %s:%u", self->host, self->port);
  self->funcs = *funcs;
  self->user_data = user_data;

  return self;
}

void
u_http_trust_free (UHttpTrust *self)
{
  u_http_trust_detach (self);
  u_http_memory_unref (self->memory);
  u_tls_peer_free (self->peer);
  g_clear_error (&self->error);
  g_free (self->host);
  g_free (self->certificate_space);
  g_free (self);
}

/* Told in the middle of a handshake whose server has an invalid certificate. It ends there, so that no certificate of
 * the client is shown to who knows whom. */
static gboolean
accept_certificate_cb (SoupMessage *message, GTlsCertificate *leaf, GTlsCertificateFlags errors, gpointer user_data)
{
  UHttpTrust *self = user_data;

  return u_tls_peer_accepts (self->peer, leaf, errors);
}

/* The connection is there, and nothing of the request has gone over it. */
static void
handshaked (UHttpTrust *self, GTlsConnection *connection)
{
  g_clear_error (&self->error);
  if (!u_tls_peer_check (self->peer, connection, &self->error))
    self->funcs.refuse (self->user_data);
}

static void
network_event_cb (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKED && G_IS_TLS_CONNECTION (connection))
    handshaked (user_data, G_TLS_CONNECTION (connection));
}

static void
ask_for_certificate (UHttpTrust *self, GTlsConnection *connection, const char *realm, guint failures)
{
  g_autoptr (UProtectionSpaceData) space = NULL;
  g_autoptr (UChallengeData) challenge = NULL;

  space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE, "https", self->host, self->port,
                                       realm, FALSE);
  if (G_IS_TLS_CLIENT_CONNECTION (connection))
    {
      GList *names = g_tls_client_connection_get_accepted_cas (G_TLS_CLIENT_CONNECTION (connection));

      space->authorities = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
      for (GList *l = names; l != NULL; l = l->next)
        {
          GByteArray *name = l->data;

          g_ptr_array_add (space->authorities, g_bytes_new (name->data, name->len));
        }
      g_list_free_full (names, (GDestroyNotify) g_byte_array_unref);
    }
  challenge = u_challenge_data_new (space, NULL, failures, NULL);
  self->funcs.ask (self->user_data, challenge);
}

static gboolean
request_certificate_cb (SoupMessage *message, GTlsClientConnection *connection, gpointer user_data)
{
  UHttpTrust *self = user_data;
  g_autoptr (UCredentialData) known = NULL;

  self->certificate_wanted = TRUE;
  self->certificate_given = FALSE;
  if (self->certificate_declined)
    return FALSE;

  if (u_http_memory_recall (self->memory, self->certificate_space, &known))
    {
      self->certificate_given = known != NULL;
      soup_message_set_tls_client_certificate (message, known != NULL ? known->identity : NULL);
    }
  else
    {
      self->asking = CERTIFICATE;
      ask_for_certificate (self, G_TLS_CONNECTION (connection), NULL, 0);
    }

  return TRUE;
}

static gboolean
request_password_cb (SoupMessage *message, GTlsPassword *password, gpointer user_data)
{
  UHttpTrust *self = user_data;

  self->asking = PASSWORD;
  g_set_object (&self->password, password);
  ask_for_certificate (self, NULL, g_tls_password_get_description (password), self->password_failures++);

  return TRUE;
}

void
u_http_trust_attach (UHttpTrust *self, SoupMessage *message)
{
  self->message = message;
  self->certificate_wanted = FALSE;
  g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_certificate_cb), self);
  g_signal_connect (message, "network-event", G_CALLBACK (network_event_cb), self);
  g_signal_connect (message, "request-certificate", G_CALLBACK (request_certificate_cb), self);
  g_signal_connect (message, "request-certificate-password", G_CALLBACK (request_password_cb), self);
}

static void
give_certificate (UHttpTrust *self, GTlsCertificate *identity)
{
  self->asking = NOTHING;
  self->certificate_given = identity != NULL;
  soup_message_set_tls_client_certificate (self->message, identity);
}

static void
give_password (UHttpTrust *self, const char *password)
{
  self->asking = NOTHING;
  if (password != NULL)
    g_tls_password_set_value (self->password, (const guchar *) password, -1);
  g_clear_object (&self->password);
  soup_message_tls_client_certificate_password_request_complete (self->message);
}

void
u_http_trust_detach (UHttpTrust *self)
{
  if (self->message == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->message, self);
  /* The thread of the handshake waits for these, and does not notice that it was cancelled. */
  if (self->asking == CERTIFICATE)
    give_certificate (self, NULL);
  else if (self->asking == PASSWORD)
    give_password (self, NULL);
  self->message = NULL;
}

gboolean
u_http_trust_is_private (UHttpTrust *self)
{
  return u_tls_peer_is_private (self->peer);
}

/* TLS 1.3 has an alert of its own for a certificate that is missing, and it comes when the client has long finished its
 * handshake. Before that all alerts look alike; but the server had asked for one. */
GError *
u_http_trust_explain (UHttpTrust *self, const GError *error)
{
  if (self->error != NULL && self->asking == NOTHING)
    return g_steal_pointer (&self->error);

  if (!self->certificate_wanted || error->domain != G_TLS_ERROR
      || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    return NULL;

  /* Another one may do: the next load asks again. */
  u_http_memory_forget (self->memory, self->certificate_space);
  if (self->certificate_given)
    return g_error_new (U_ERROR, U_ERROR_CLIENT_CERTIFICATE_REJECTED,
                        "The server %s did not accept the certificate of the client (%s).", self->host,
                        error->message);

  return g_error_new (U_ERROR, U_ERROR_CLIENT_CERTIFICATE_REQUIRED,
                      "The server %s wants a certificate of the client, and there was none: answer the challenge "
                      "with one (%s).", self->host, error->message);
}

UChallengeData *
u_http_trust_end (UHttpTrust *self, const GError *error)
{
  UChallengeData *question = u_tls_peer_steal_question (self->peer);

  if (question != NULL)
    {
      g_clear_error (&self->error);
      self->error = g_error_copy (error);
      self->asking = SERVER;
    }

  return question;
}

static UHttpNext
answer_with_certificate (UHttpTrust *self, const UChallengeAnswer *answer)
{
  gboolean has_credential = answer->kind == U_CHALLENGE_USE_CREDENTIAL && answer->credential != NULL;

  if (self->asking == PASSWORD)
    {
      give_password (self, has_credential ? answer->credential->password : NULL);
      return U_HTTP_GOES_ON;
    }

  if (has_credential && answer->credential->identity != NULL)
    {
      u_http_memory_learn (self->memory, self->certificate_space, answer->credential);
      give_certificate (self, answer->credential->identity);
    }
  else
    {
      if (answer->kind != U_CHALLENGE_DEFAULT)
        u_http_memory_learn (self->memory, self->certificate_space, NULL);
      self->certificate_declined = TRUE;
      give_certificate (self, NULL);
    }

  return U_HTTP_GOES_ON;
}

UHttpNext
u_http_trust_answer (UHttpTrust *self, const UChallengeAnswer *answer, GError **error)
{
  if (self->asking == SERVER)
    {
      g_autoptr (GError) failure = g_steal_pointer (&self->error);

      self->asking = NOTHING;
      return u_tls_peer_answer (self->peer, answer, failure, error) ? U_HTTP_SENDS_AGAIN : U_HTTP_FAILS;
    }
  if (answer->kind == U_CHALLENGE_CANCEL)
    {
      g_set_error (error, U_ERROR, U_ERROR_CANCELLED, "The question about the connection to %s was cancelled.",
                   self->host);
      return U_HTTP_FAILS;
    }

  return answer_with_certificate (self, answer);
}
