/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-transaction-data-private.h"

#include "urlsession/message/u-secret-headers-private.h"
#include "urlsession/message/u-uri-private.h"

UTransactionData *
u_transaction_data_new (void)
{
  UTransactionData *self = g_new0 (UTransactionData, 1);

  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

UTransactionData *
u_transaction_data_ref (UTransactionData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_transaction_data_unref (UTransactionData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->request, u_request_data_unref);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_free (self->protocol);
  g_free (self->local_address);
  g_free (self->remote_address);
  g_free (self->tls_version);
  g_free (self->tls_cipher);
  g_free (self);
}

UTransactionData *
u_transaction_data_begin (URequestData *request, gint64 since)
{
  UTransactionData *self = u_transaction_data_new ();
  gint64 monotonic = g_get_monotonic_time ();

  self->clock_offset = g_get_real_time () - monotonic;
  self->fetch_start = u_transaction_data_at (self, since > 0 ? since : monotonic);
  self->request = u_request_data_copy (request);
  if (request->parsed != NULL && g_uri_get_userinfo (request->parsed) != NULL)
    {
      g_autofree char *bare = u_uri_dup_bare (request->parsed);

      u_request_data_set_uri (self->request, bare);
    }
  u_transaction_data_set_sent_headers (self, request->headers);

  return self;
}

gint64
u_transaction_data_at (UTransactionData *self, gint64 monotonic)
{
  return monotonic > 0 ? monotonic + self->clock_offset : 0;
}

gint64
u_transaction_data_now (UTransactionData *self)
{
  return u_transaction_data_at (self, g_get_monotonic_time ());
}

void
u_transaction_data_set_sent_headers (UTransactionData *self, UHeaderList *headers)
{
  UHeaderList *masked = u_secret_headers_mask (headers);

  u_header_list_unref (self->request->headers);
  self->request->headers = masked;
}

static const char *
get_tls_version (GTlsProtocolVersion version)
{
  switch (version)
    {
    case G_TLS_PROTOCOL_VERSION_SSL_3_0:
      return "SSLv3";
    case G_TLS_PROTOCOL_VERSION_TLS_1_0:
      return "TLSv1.0";
    case G_TLS_PROTOCOL_VERSION_TLS_1_1:
      return "TLSv1.1";
    case G_TLS_PROTOCOL_VERSION_TLS_1_2:
      return "TLSv1.2";
    case G_TLS_PROTOCOL_VERSION_TLS_1_3:
      return "TLSv1.3";
    case G_TLS_PROTOCOL_VERSION_DTLS_1_0:
    case G_TLS_PROTOCOL_VERSION_DTLS_1_2:
    case G_TLS_PROTOCOL_VERSION_UNKNOWN:
    default:
      return NULL;
    }
}

void
u_transaction_data_set_tls (UTransactionData *self, GTlsProtocolVersion version, const char *cipher)
{
  g_free (self->tls_version);
  self->tls_version = g_strdup (get_tls_version (version));
  g_free (self->tls_cipher);
  self->tls_cipher = g_strdup (cipher);
}

void
u_transaction_data_respond (UTransactionData *self, UResponseData *response, UFetchType fetch)
{
  g_clear_pointer (&self->response, u_response_data_unref);
  self->response = u_response_data_ref (response);
  self->fetch = fetch;
  self->response_start = u_transaction_data_now (self);
}

void
u_transaction_data_count (UTransactionData *self, gsize length)
{
  self->response_body_bytes += (gint64) length;
  self->response_body_decoded_bytes += (gint64) length;
}

void
u_transaction_data_end (UTransactionData *self)
{
  /* What was begun later is not over earlier: a connection of which two attempts ran at the same time, or a response
   * that came before the request was sent to its end, make it look so. */
  gint64 *dates[] = {
    &self->fetch_start, &self->domain_lookup_start, &self->domain_lookup_end, &self->connect_start,
    &self->secure_connection_start, &self->secure_connection_end, &self->connect_end, &self->request_start,
    &self->request_end, &self->response_start, &self->response_end,
  };
  gint64 last = 0;

  if (self->response_start != 0)
    self->response_end = u_transaction_data_now (self);
  for (guint i = 0; i < G_N_ELEMENTS (dates); i++)
    {
      if (*dates[i] == 0)
        continue;
      *dates[i] = MAX (*dates[i], last);
      last = *dates[i];
    }
}

GDateTime *
u_transaction_data_new_date (gint64 microseconds)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (microseconds / G_USEC_PER_SEC);

  return g_date_time_add (seconds, microseconds % G_USEC_PER_SEC);
}
