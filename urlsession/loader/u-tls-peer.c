/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-tls-peer-private.h"

#include "urlsession/base/u-error.h"

struct _UTlsPeer
{
  UHttpMemory *memory;        /* owned */
  UTlsRules *rules;           /* owned, nullable */
  char *protocol;             /* owned */
  char *host;                 /* owned */
  guint port;
  char *origin;               /* owned; for the memory */
  gboolean asks;

  gboolean asking;
  GTlsCertificate *leaf;      /* owned, nullable; what the question is about */
  GTlsCertificateFlags errors; /* what is wrong with it */
  UChallengeData *question;   /* owned, nullable; not taken yet */

  /* What was trusted for this load only; NULL: nothing. */
  GTlsCertificate *accepted;  /* owned, nullable */
  GTlsCertificateFlags accepted_errors;
};

UTlsPeer *
u_tls_peer_new (UHttpMemory *memory, UTlsRules *rules, const char *protocol, const char *host, guint port,
                gboolean asks)
{
  UTlsPeer *self = g_new0 (UTlsPeer, 1);

  self->memory = u_http_memory_ref (memory);
  self->rules = rules != NULL ? u_tls_rules_ref (rules) : NULL;
  self->protocol = g_strdup (protocol);
  self->host = g_ascii_strdown (host, -1);
  self->port = port;
  self->origin = g_strdup_printf ("%s:%u", self->host, port);
  self->asks = asks;

  return self;
}

void
u_tls_peer_free (UTlsPeer *self)
{
  u_http_memory_unref (self->memory);
  g_clear_pointer (&self->rules, u_tls_rules_unref);
  g_clear_object (&self->leaf);
  g_clear_object (&self->accepted);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  g_free (self->protocol);
  g_free (self->host);
  g_free (self->origin);
  g_free (self);
}

const char *
u_tls_peer_get_host (UTlsPeer *self)
{
  return self->host;
}

static gboolean
is_accepted (UTlsPeer *self, GTlsCertificate *leaf, GTlsCertificateFlags errors)
{
  if (self->accepted != NULL && g_tls_certificate_is_same (self->accepted, leaf)
      && (errors & ~self->accepted_errors) == 0)
    return TRUE;

  return u_http_memory_trusts (self->memory, self->origin, leaf, errors);
}

static GPtrArray *
make_chain (GTlsCertificate *leaf)
{
  GPtrArray *chain = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (GTlsCertificate *certificate = leaf; certificate != NULL;
       certificate = g_tls_certificate_get_issuer (certificate))
    {
      g_autoptr (GByteArray) der = NULL;

      g_object_get (certificate, "certificate", &der, NULL);
      if (der != NULL)
        g_ptr_array_add (chain, g_bytes_new (der->data, der->len));
    }

  return chain;
}

static void
ask (UTlsPeer *self, GTlsCertificate *leaf, GTlsCertificateFlags errors)
{
  g_autoptr (UProtectionSpaceData) space = NULL;

  space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_SERVER_TRUST, self->protocol, self->host, self->port,
                                       NULL, FALSE);
  space->chain = make_chain (leaf);
  space->errors = errors;
  g_clear_pointer (&self->question, u_challenge_data_unref);
  self->question = u_challenge_data_new (space, NULL, 0, NULL);
  g_set_object (&self->leaf, leaf);
  self->errors = errors;
}

gboolean
u_tls_peer_accepts (UTlsPeer *self, GTlsCertificate *leaf, GTlsCertificateFlags errors)
{
  if (is_accepted (self, leaf, errors))
    return TRUE;

  ask (self, leaf, errors);

  return FALSE;
}

gboolean
u_tls_peer_check (UTlsPeer *self, GTlsConnection *connection, GError **error)
{
  GTlsCertificate *leaf = g_tls_connection_get_peer_certificate (connection);
  GTlsCertificateFlags errors = g_tls_connection_get_peer_certificate_errors (connection);
  g_autofree char *cipher = g_tls_connection_get_ciphersuite_name (connection);

  if (self->rules != NULL
      && !u_tls_rules_check_connection (self->rules, self->host, g_tls_connection_get_protocol_version (connection),
                                        cipher, error))
    return FALSE;

  if (leaf == NULL)
    {
      g_set_error (error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED, "The server %s has shown no certificate.",
                   self->host);
      return FALSE;
    }

  if ((self->asks || errors != 0) && !is_accepted (self, leaf, errors))
    {
      ask (self, leaf, errors);
      return FALSE;
    }

  return TRUE;
}

UChallengeData *
u_tls_peer_steal_question (UTlsPeer *self)
{
  if (self->question != NULL)
    self->asking = TRUE;

  return g_steal_pointer (&self->question);
}

gboolean
u_tls_peer_is_asking (UTlsPeer *self)
{
  return self->asking;
}

GTlsCertificateFlags
u_tls_peer_get_errors (UTlsPeer *self)
{
  return self->errors;
}

gboolean
u_tls_peer_is_private (UTlsPeer *self)
{
  return self->accepted != NULL;
}

static gboolean
trust (UTlsPeer *self, gboolean remember)
{
  if (remember)
    {
      u_http_memory_trust (self->memory, self->origin, self->leaf, self->errors);
    }
  else
    {
      g_set_object (&self->accepted, self->leaf);
      self->accepted_errors = self->errors;
    }

  return TRUE;
}

gboolean
u_tls_peer_answer (UTlsPeer *self, const UChallengeAnswer *answer, const GError *failure, GError **error)
{
  self->asking = FALSE;
  switch (answer->kind)
    {
    case U_CHALLENGE_TRUST:
      return trust (self, answer->remember);
    case U_CHALLENGE_REJECT:
      g_set_error (error, U_ERROR, U_ERROR_SERVER_CERTIFICATE_UNTRUSTED,
                   "The application does not trust the certificate of the server %s.", self->host);
      return FALSE;
    case U_CHALLENGE_CANCEL:
      g_set_error (error, U_ERROR, U_ERROR_CANCELLED, "The question about the connection to %s was cancelled.",
                   self->host);
      return FALSE;
    case U_CHALLENGE_DEFAULT:
    case U_CHALLENGE_USE_CREDENTIAL:
    default:
      break;
    }

  if (self->errors == 0)
    return trust (self, TRUE);

  if (failure != NULL && g_error_matches (failure, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    g_propagate_error (error, g_error_copy (failure));
  else
    g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "Unacceptable TLS certificate");

  return FALSE;
}
