/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-local-transfer-private.h"

#include "urlsession/message/u-uri-private.h"
#include "urlsession/storage/u-cookie-target-private.h"

/* What comes before an exchange, for each hop anew: may it be made at all, and with which fields. */

static gboolean
uses_cookies (ULocalTransfer *self)
{
  return self->executor->settings.cookies != NULL && self->request->handles_cookies;
}

static void
store_ready_cb (gpointer user_data)
{
  ULocalTransfer *self = user_data;

  self->waits_for_store = FALSE;
  if (self->state == U_LOCAL_QUEUED)
    u_local_transfer_queue_up (self, FALSE);
  u_transfer_unref (&self->base);
}

/*
 * u_local_transfer_has_stores:
 *
 * Returns: %FALSE if something has to be read from disk first; the transfer is queued again then
 */
gboolean
u_local_transfer_has_stores (ULocalTransfer *self)
{
  const UExecutorSettings *settings = &self->executor->settings;
  GMainContext *context = u_worker_get_context (self->executor->worker);

  if (self->waits_for_store)
    return FALSE;

  if (uses_cookies (self) && !u_cookie_jar_is_ready (settings->cookies))
    {
      self->waits_for_store = TRUE;
      u_cookie_jar_when_ready (settings->cookies, context, store_ready_cb, u_transfer_ref (&self->base));
    }
  else if (settings->hsts != NULL && !u_hsts_store_is_ready (settings->hsts))
    {
      self->waits_for_store = TRUE;
      u_hsts_store_when_ready (settings->hsts, context, store_ready_cb, u_transfer_ref (&self->base));
    }

  return !self->waits_for_store;
}

/* RFC 6797 section 8.3: the default port of the one becomes that of the other, any other port stays. */
static void
upgrade (ULocalTransfer *self)
{
  GUri *uri = self->request->parsed;
  const char *scheme = g_str_equal (g_uri_get_scheme (uri), "ws") ? "wss" : "https";
  int port = g_uri_get_port (uri);
  g_autoptr (GUri) secure = NULL;
  g_autofree char *string = NULL;
  UTransferEvent *event;

  secure = g_uri_build_with_user (g_uri_get_flags (uri), scheme, g_uri_get_user (uri), g_uri_get_password (uri),
                                  g_uri_get_auth_params (uri), g_uri_get_host (uri), port == 80 ? -1 : port,
                                  g_uri_get_path (uri), g_uri_get_query (uri), g_uri_get_fragment (uri));
  string = g_uri_to_string (secure);
  self->request = u_request_data_unshare (self->request);
  u_request_data_set_uri (self->request, string);
  u_local_transfer_drop_claim (self);
  /* Of the requests by which an upload goes on the application does not hear. */
  if (self->resumption != NULL && self->resumption->phase != U_UPLOAD_CREATING)
    return;

  event = u_transfer_event_new (&self->base, U_TRANSFER_REQUEST);
  event->request = u_request_data_ref (self->request);
  event->n_redirects = self->n_redirects;
  event->counts = self->counts;
  u_transfer_event_push (event);
}

/*
 * u_local_transfer_check_security:
 *
 * A host that wants to be spoken to securely is; then the policy of the session has its say.
 */
gboolean
u_local_transfer_check_security (ULocalTransfer *self, GError **error)
{
  const UExecutorSettings *settings = &self->executor->settings;
  GUri *uri = self->request->parsed;
  const char *scheme = g_uri_get_scheme (uri);

  if (settings->hsts != NULL && (g_str_equal (scheme, "http") || g_str_equal (scheme, "ws")) &&
      g_uri_get_host (uri) != NULL && u_hsts_store_must_upgrade (settings->hsts, g_uri_get_host (uri)))
    upgrade (self);

  return settings->loader.tls_rules == NULL ||
         u_tls_rules_check_uri (settings->loader.tls_rules, self->request->parsed, error);
}

static GUri *
dup_main_document (ULocalTransfer *self)
{
  if (self->request->main_document_uri == NULL)
    return NULL;

  return u_uri_parse (self->request->main_document_uri, NULL);
}

/*
 * u_local_transfer_dup_forced_headers:
 *
 * Cookies and the authorization, as they are at this moment.
 *
 * Returns: (nullable): fields that take the place of those of the request
 */
UHeaderList *
u_local_transfer_dup_forced_headers (ULocalTransfer *self)
{
  const UExecutorSettings *settings = &self->executor->settings;
  g_autofree char *authorization = u_auth_attempt_dup_authorization (self->auth, self->request);
  g_autofree char *cookies = NULL;
  UHeaderList *headers = NULL;

  if (uses_cookies (self) && settings->sends_cookies)
    {
      g_autoptr (GUri) main_document = dup_main_document (self);
      g_autofree char *stored = u_cookie_jar_dup_header (settings->cookies, self->request->parsed, main_document,
                                                         self->request->method);

      if (stored != NULL)
        cookies = u_cookie_merge_headers (stored, u_header_list_get (self->request->headers, "Cookie"));
    }

  if (authorization == NULL && cookies == NULL)
    return NULL;

  headers = u_header_list_new ();
  if (authorization != NULL)
    u_header_list_append (headers, "Authorization", authorization);
  if (cookies != NULL)
    u_header_list_append (headers, "Cookie", cookies);

  return headers;
}

/*
 * u_local_transfer_note_response:
 * @response: any response, that of a redirect or of a refusal as well
 *
 * Takes what the server wants to be remembered.
 */
void
u_local_transfer_note_response (ULocalTransfer *self, UResponseData *response)
{
  const UExecutorSettings *settings = &self->executor->settings;

  if (response->headers == NULL)
    return;

  if (uses_cookies (self) && u_header_list_get (response->headers, "Set-Cookie") != NULL)
    {
      g_autoptr (GUri) main_document = dup_main_document (self);

      u_cookie_jar_take_response (settings->cookies, self->request->parsed, main_document, response->headers,
                                  settings->cookie_policy);
    }
  /* RFC 6797 section 8.1: only of a connection that has nothing wrong with it. */
  if (settings->hsts != NULL && !self->untrusted && u_cookie_scheme_is_secure (self->request->parsed))
    {
      const char *policy = u_header_list_get (response->headers, "Strict-Transport-Security");

      if (policy != NULL)
        u_hsts_store_take_header (settings->hsts, g_uri_get_host (self->request->parsed), policy);
    }
}
