/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-auth-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-http-ticket-private.h"
#include "urlsession/message/u-uri-private.h"

/* After so many wrong passwords the response of the other side stands. */
#define MAX_FAILURES 5

/* Facts to remember. */
#define PROXY_LOGIN "a proxy wants a login"
#define NTLM "ntlm"
#define NEGOTIATE_WORKS "negotiate"
#define NEGOTIATE_FAILS "no negotiate"

typedef enum {
  STAGE_PLAIN,                /* without the manager */
  STAGE_PROXY,                /* with it */
  STAGE_NEGOTIATE,            /* in connections of its own */
  STAGE_NTLM,
} Stage;

struct _UHttpAuth
{
  UHttpEngine *engine;        /* owned */
  UHttpMemory *memory;        /* of the engine */
  GUri *uri;                  /* owned */
  gboolean is_https;
  void (*ask) (gpointer user_data, UChallengeData *challenge);
  gpointer user_data;

  SoupMessage *message;       /* borrowed, nullable: not attached */
  Stage stage;
  gboolean handled;           /* the manager goes on after this response */

  SoupAuth *auth;             /* owned, nullable; waits for an answer */
  char *asking_fact;          /* owned, nullable; that others who wait for it need not ask */
  char *space;                /* owned, nullable; what the last login was for */
  UCredentialData *used;      /* owned, nullable; the last login */
  guint n_failures;
  UCredentialData *refused;   /* owned, nullable; by a server, over a connection that is of no more use for it */
};

/* What the memory knows of the origin of the load. */
static char *
dup_fact (UHttpAuth *self, const char *fact)
{
  g_autofree char *host = g_ascii_strdown (g_uri_get_host (self->uri), -1);

  return g_strdup_printf ("%s %s:%d", fact, host, u_uri_get_effective_port (self->uri));
}

static gboolean
has_noted (UHttpAuth *self, const char *fact)
{
  g_autofree char *full = dup_fact (self, fact);

  return u_http_memory_has_noted (self->memory, full);
}

static void
note (UHttpAuth *self, const char *fact, gboolean holds)
{
  g_autofree char *full = dup_fact (self, fact);

  if (holds)
    u_http_memory_note (self->memory, full);
  else
    u_http_memory_unnote (self->memory, full);
}

UHttpAuth *
u_http_auth_new (UHttpEngine *engine, GUri *uri, void (*ask) (gpointer user_data, UChallengeData *challenge),
                 gpointer user_data)
{
  UHttpAuth *self = g_new0 (UHttpAuth, 1);

  self->engine = u_http_engine_ref (engine);
  self->memory = u_http_engine_get_memory (engine);
  self->uri = g_uri_ref (uri);
  self->is_https = g_ascii_strcasecmp (g_uri_get_scheme (uri), "https") == 0;
  self->ask = ask;
  self->user_data = user_data;

  /* What is known of the origin saves the first try. */
  if (u_http_memory_is_blank (self->memory))
    self->stage = STAGE_PLAIN;
  else if (has_noted (self, NEGOTIATE_WORKS) && u_http_ticket_is_there ())
    self->stage = STAGE_NEGOTIATE;
  else if (has_noted (self, NTLM))
    self->stage = STAGE_NTLM;
  else if (!self->is_https && u_http_memory_has_noted (self->memory, PROXY_LOGIN))
    self->stage = STAGE_PROXY;

  return self;
}

static void
drop_question (UHttpAuth *self)
{
  g_clear_object (&self->auth);
  if (self->asking_fact != NULL)
    u_http_memory_unnote (self->memory, self->asking_fact);
  g_clear_pointer (&self->asking_fact, g_free);
}

void
u_http_auth_free (UHttpAuth *self)
{
  u_http_auth_detach (self);
  g_clear_pointer (&self->used, u_credential_data_unref);
  g_clear_pointer (&self->refused, u_credential_data_unref);
  g_free (self->space);
  g_uri_unref (self->uri);
  u_http_engine_unref (self->engine);
  g_free (self);
}

UHttpLane
u_http_auth_get_lane (UHttpAuth *self, UHttpLane lane)
{
  switch (self->stage)
    {
    case STAGE_NEGOTIATE:
      return U_HTTP_LANE_NEGOTIATE;
    case STAGE_NTLM:
      return U_HTTP_LANE_NTLM;
    case STAGE_PLAIN:
    case STAGE_PROXY:
    default:
      return lane;
    }
}

/* (transfer full) (nullable): "host:port" of the HTTP proxy that a message goes to, as SoupAuth writes it. */
static char *
dup_proxy (SoupMessage *message)
{
  GSocketAddress *address = soup_message_get_remote_address (message);
  g_autoptr (GUri) uri = NULL;

  if (address == NULL || !G_IS_PROXY_ADDRESS (address)
      || !g_str_equal (g_proxy_address_get_protocol (G_PROXY_ADDRESS (address)), "http"))
    return NULL;

  uri = g_uri_parse (g_proxy_address_get_uri (G_PROXY_ADDRESS (address)), G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

  return uri != NULL ? g_strdup_printf ("%s:%d", g_uri_get_host (uri), g_uri_get_port (uri)) : NULL;
}

static char *
dup_proxy_space (const char *proxy)
{
  return g_strconcat ("proxy ", proxy, NULL);
}

static char *
dup_basic_fact (const char *proxy)
{
  return g_strconcat ("basic at proxy ", proxy, NULL);
}

static char *
make_basic (UCredentialData *credential)
{
  g_autofree char *pair = g_strdup_printf ("%s:%s", credential->user,
                                           credential->password != NULL ? credential->password : "");
  g_autofree char *encoded = g_base64_encode ((const guchar *) pair, strlen (pair));

  explicit_bzero (pair, strlen (pair));

  return g_strconcat ("Basic ", encoded, NULL);
}

/* Sets what is known to be right for the proxy that @message goes to. NULL: nothing is. */
static UCredentialData *
log_in_ahead (UHttpMemory *memory, SoupMessage *message, const char *proxy)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree char *space = dup_proxy_space (proxy);
  g_autofree char *fact = dup_basic_fact (proxy);
  g_autofree char *value = NULL;
  g_autoptr (UCredentialData) credential = NULL;

  if (!u_http_memory_has_noted (memory, fact) || !u_http_memory_recall (memory, space, &credential)
      || credential == NULL)
    return NULL;

  value = make_basic (credential);
  soup_message_headers_replace (headers, "Proxy-Authorization", value);

  return g_steal_pointer (&credential);
}

static void
tunnel_starting_cb (SoupMessage *message, gpointer user_data)
{
  UHttpMemory *memory = user_data;
  g_autofree char *proxy = dup_proxy (message);
  g_autofree char *space = NULL;
  g_autoptr (UCredentialData) credential = NULL;
  g_autoptr (UCredentialData) ahead = NULL;

  if (proxy == NULL)
    return;

  /* libsoup has one login for all proxies, and has just put it into the message. */
  space = dup_proxy_space (proxy);
  ahead = log_in_ahead (memory, message, proxy);
  if (ahead == NULL && !u_http_memory_recall (memory, space, &credential))
    soup_message_headers_remove (soup_message_get_request_headers (message), "Proxy-Authorization");
}

void
u_http_auth_watch_tunnel (UHttpMemory *memory, SoupMessage *message)
{
  g_signal_connect_data (message, "starting", G_CALLBACK (tunnel_starting_cb), u_http_memory_ref (memory),
                         u_http_memory_closure_unref, G_CONNECT_AFTER);
}

static void
set_used (UHttpAuth *self, const char *space, UCredentialData *credential)
{
  if (g_strcmp0 (space, self->space) != 0)
    {
      self->n_failures = 0;
      g_free (self->space);
      self->space = g_strdup (space);
    }
  g_clear_pointer (&self->used, u_credential_data_unref);
  self->used = u_credential_data_ref (credential);
}

/* What the message says to a proxy is for that proxy alone. */
static void
starting_cb (SoupMessage *message, gpointer user_data)
{
  UHttpAuth *self = user_data;
  g_autofree char *proxy = NULL;
  g_autofree char *space = NULL;
  g_autoptr (UCredentialData) ahead = NULL;

  if (!self->is_https)
    proxy = dup_proxy (message);
  if (proxy == NULL)
    {
      soup_message_headers_remove (soup_message_get_request_headers (message), "Proxy-Authorization");
      return;
    }
  /* The manager is at it. */
  if (self->used != NULL)
    return;

  ahead = log_in_ahead (self->memory, message, proxy);
  if (ahead != NULL)
    {
      space = dup_proxy_space (proxy);
      set_used (self, space, ahead);
    }
}

static UAuthenticationMethod
get_method (SoupAuth *auth)
{
  const char *name = soup_auth_get_scheme_name (auth);

  if (g_ascii_strcasecmp (name, "Basic") == 0)
    return U_AUTHENTICATION_METHOD_HTTP_BASIC;
  if (g_ascii_strcasecmp (name, "Digest") == 0)
    return U_AUTHENTICATION_METHOD_HTTP_DIGEST;
  if (g_ascii_strcasecmp (name, "NTLM") == 0)
    return U_AUTHENTICATION_METHOD_NTLM;

  return U_AUTHENTICATION_METHOD_DEFAULT;
}

static UResponseData *
make_response (SoupMessage *message)
{
  g_autofree char *url = u_uri_dup_bare (soup_message_get_uri (message));
  UHeaderList *headers = u_header_list_new ();
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  soup_message_headers_iter_init (&iter, soup_message_get_response_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    u_header_list_append (headers, name, value);

  return u_response_data_new_http (url, soup_message_get_status (message), "1.1", headers);
}

static UProtectionSpaceData *
make_space (UHttpAuth *self, SoupAuth *auth)
{
  UAuthenticationMethod method = get_method (auth);
  const char *authority = soup_auth_get_authority (auth);
  const char *colon = strrchr (authority, ':');
  g_autofree char *host = NULL;

  if (!soup_auth_is_for_proxy (auth))
    return u_protection_space_data_new (method, g_uri_get_scheme (self->uri), g_uri_get_host (self->uri),
                                        u_uri_get_effective_port (self->uri), NULL, FALSE);

  host = g_strndup (authority, colon - authority);

  return u_protection_space_data_new (method, "http", host, (guint) g_ascii_strtoull (colon + 1, NULL, 10),
                                      soup_auth_get_realm (auth), TRUE);
}

static void
log_in (UHttpAuth *self, SoupAuth *auth, const char *space, UCredentialData *credential)
{
  if (soup_auth_is_for_proxy (auth) && get_method (auth) == U_AUTHENTICATION_METHOD_HTTP_BASIC)
    {
      g_autofree char *fact = dup_basic_fact (soup_auth_get_authority (auth));

      u_http_memory_note (self->memory, fact);
    }
  set_used (self, space, credential);
  soup_auth_authenticate (auth, credential->user, credential->password != NULL ? credential->password : "");
}

static gboolean
authenticate (UHttpAuth *self, SoupAuth *auth)
{
  gboolean for_proxy = soup_auth_is_for_proxy (auth);
  g_autofree char *space = NULL;
  g_autoptr (UCredentialData) known = NULL;
  g_autoptr (UCredentialData) rejected = NULL;
  g_autoptr (UProtectionSpaceData) protection = NULL;
  g_autoptr (UChallengeData) challenge = NULL;
  g_autoptr (UResponseData) response = NULL;

  if (!for_proxy && (self->stage != STAGE_NTLM || get_method (auth) != U_AUTHENTICATION_METHOD_NTLM))
    return FALSE;

  space = for_proxy ? dup_proxy_space (soup_auth_get_authority (auth)) : dup_fact (self, NTLM);
  if (for_proxy)
    u_http_memory_note (self->memory, PROXY_LOGIN);

  u_http_memory_recall (self->memory, space, &known);
  if (self->used != NULL && g_strcmp0 (self->space, space) == 0)
    {
      rejected = g_steal_pointer (&self->used);
      self->n_failures++;
      if (u_credential_data_equal (known, rejected))
        {
          u_http_memory_forget (self->memory, space);
          g_clear_pointer (&known, u_credential_data_unref);
        }
    }
  if (self->n_failures >= MAX_FAILURES)
    return FALSE;

  /* libsoup would not say another password over this connection, but take it for refused, too. */
  if (!for_proxy && rejected != NULL)
    {
      self->refused = g_steal_pointer (&rejected);
      return FALSE;
    }

  if (known != NULL)
    {
      log_in (self, auth, space, known);
      return TRUE;
    }

  /* Tunnels of one session share what waits for an answer: one who asks is enough. */
  drop_question (self);
  self->auth = g_object_ref (auth);
  self->asking_fact = g_strdup_printf ("asking for %p", auth);
  if (u_http_memory_has_noted (self->memory, self->asking_fact))
    {
      g_clear_pointer (&self->asking_fact, g_free);
      g_clear_object (&self->auth);
      return TRUE;
    }
  u_http_memory_note (self->memory, self->asking_fact);

  if (g_strcmp0 (self->space, space) != 0)
    {
      self->n_failures = 0;
      g_free (self->space);
      self->space = g_steal_pointer (&space);
    }
  protection = make_space (self, auth);
  response = make_response (self->message);
  challenge = u_challenge_data_new (protection, rejected, self->n_failures,
                                    soup_message_get_status (self->message) != 0 ? response : NULL);
  self->ask (self->user_data, challenge);

  return TRUE;
}

static gboolean
authenticate_cb (SoupMessage *message, SoupAuth *auth, gboolean retrying, gpointer user_data)
{
  UHttpAuth *self = user_data;

  self->handled = authenticate (self, auth);

  return self->handled;
}

/* After the manager has seen the response: what it does nothing about, it does not keep in memory either. */
static void
got_headers_cb (SoupMessage *message, gpointer user_data)
{
  UHttpAuth *self = user_data;
  guint status = soup_message_get_status (message);

  if ((status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_PROXY_UNAUTHORIZED)
      && !self->handled && ((self->stage != STAGE_NEGOTIATE && self->stage != STAGE_NTLM) || self->refused != NULL))
    soup_message_disable_feature (message, SOUP_TYPE_AUTH_MANAGER);
  self->handled = FALSE;
}

void
u_http_auth_attach (UHttpAuth *self, SoupMessage *message)
{
  self->message = message;
  self->handled = FALSE;
  if (self->stage == STAGE_PLAIN)
    soup_message_disable_feature (message, SOUP_TYPE_AUTH_MANAGER);
  else
    soup_message_add_flags (message, SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE);
  if (self->stage == STAGE_NTLM && self->n_failures > 0)
    soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);

  /* Most messages have no use for these. */
  if (self->stage != STAGE_PLAIN
      || soup_message_headers_get_one (soup_message_get_request_headers (message), "Proxy-Authorization") != NULL)
    g_signal_connect (message, "starting", G_CALLBACK (starting_cb), self);
  if (self->stage != STAGE_PLAIN || self->is_https)
    g_signal_connect (message, "authenticate", G_CALLBACK (authenticate_cb), self);
  if (self->stage != STAGE_PLAIN)
    g_signal_connect_after (message, "got-headers", G_CALLBACK (got_headers_cb), self);
}

/* The message waits for as long as nobody has decided; and so does every tunnel that shares the question, and the
 * session of libsoup never asks again. */
static void
give_up (UHttpAuth *self)
{
  g_autoptr (SoupAuth) auth = g_steal_pointer (&self->auth);

  drop_question (self);
  if (auth == NULL || soup_auth_is_authenticated (auth))
    return;

  soup_auth_cancel (auth);
  if (soup_auth_is_for_proxy (auth) && self->is_https)
    u_http_engine_retire (self->engine);
}

void
u_http_auth_detach (UHttpAuth *self)
{
  if (self->message == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->message, self);
  self->message = NULL;
  give_up (self);
}

/* RFC 9110 section 11.6.1: a list of schemes with their parameters, or several. What is asked for here has none, or one
 * that is no list, so the name at the start of a field or after a comma is all there is to find. */
static gboolean
offers (SoupMessage *message, const char *scheme)
{
  SoupMessageHeadersIter iter;
  const char *name;
  const char *value;

  soup_message_headers_iter_init (&iter, soup_message_get_response_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      GSList *items;
      gboolean found = FALSE;

      if (g_ascii_strcasecmp (name, "WWW-Authenticate") != 0)
        continue;
      items = soup_header_parse_list (value);
      for (GSList *l = items; l != NULL; l = l->next)
        {
          const char *item = l->data;
          gsize length = strlen (scheme);

          if (g_ascii_strncasecmp (item, scheme, length) == 0 && (item[length] == '\0' || item[length] == ' '))
            found = TRUE;
        }
      soup_header_free_list (items);
      if (found)
        return TRUE;
    }

  return FALSE;
}

gboolean
u_http_auth_wants_more (UHttpAuth *self)
{
  guint status = soup_message_get_status (self->message);
  g_autofree char *proxy = NULL;

  if (status == SOUP_STATUS_PROXY_UNAUTHORIZED && !self->is_https)
    {
      proxy = dup_proxy (self->message);
      if (self->stage != STAGE_PLAIN || proxy == NULL)
        return FALSE;
      self->stage = STAGE_PROXY;
      return TRUE;
    }

  if (self->stage == STAGE_NEGOTIATE)
    {
      if (status != SOUP_STATUS_UNAUTHORIZED)
        {
          note (self, NEGOTIATE_WORKS, TRUE);
          return FALSE;
        }
      note (self, NEGOTIATE_WORKS, FALSE);
      note (self, NEGOTIATE_FAILS, TRUE);
    }
  if (self->stage == STAGE_NTLM && status != SOUP_STATUS_UNAUTHORIZED && self->used != NULL)
    note (self, NTLM, TRUE);
  if (status != SOUP_STATUS_UNAUTHORIZED)
    return FALSE;

  /* libsoup hands out tickets over TLS only. */
  if (self->stage < STAGE_NEGOTIATE && self->is_https && !has_noted (self, NEGOTIATE_FAILS)
      && offers (self->message, "Negotiate") && u_http_ticket_is_there ())
    {
      self->stage = STAGE_NEGOTIATE;
      return TRUE;
    }
  if (self->stage < STAGE_NTLM && offers (self->message, "NTLM"))
    {
      self->stage = STAGE_NTLM;
      return TRUE;
    }

  return FALSE;
}

UChallengeData *
u_http_auth_ask_again (UHttpAuth *self)
{
  g_autoptr (UProtectionSpaceData) space = NULL;
  g_autoptr (UResponseData) response = NULL;

  if (self->refused == NULL)
    return NULL;

  space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_NTLM, g_uri_get_scheme (self->uri),
                                       g_uri_get_host (self->uri), u_uri_get_effective_port (self->uri), NULL, FALSE);
  response = make_response (self->message);

  return u_challenge_data_new (space, self->refused, self->n_failures, response);
}

UHttpNext
u_http_auth_answer (UHttpAuth *self, const UChallengeAnswer *answer, GError **error)
{
  UCredentialData *credential = answer->kind == U_CHALLENGE_USE_CREDENTIAL ? answer->credential : NULL;
  g_autoptr (SoupAuth) auth = NULL;

  if (answer->kind == U_CHALLENGE_CANCEL)
    {
      g_set_error (error, U_ERROR, U_ERROR_CANCELLED, "The question for a login on the way to %s was cancelled.",
                   g_uri_get_host (self->uri));
      return U_HTTP_FAILS;
    }
  if (self->refused != NULL)
    {
      g_clear_pointer (&self->refused, u_credential_data_unref);
      if (credential == NULL || credential->user == NULL)
        return U_HTTP_GOES_ON;
      u_http_memory_learn (self->memory, self->space, credential);
      return U_HTTP_SENDS_AGAIN;
    }
  if (self->auth == NULL)
    return U_HTTP_GOES_ON;

  if (credential == NULL || credential->user == NULL)
    {
      give_up (self);
      return U_HTTP_GOES_ON;
    }

  auth = g_steal_pointer (&self->auth);
  drop_question (self);
  if (!soup_auth_is_authenticated (auth) && !soup_auth_is_cancelled (auth))
    {
      g_autofree char *space = g_strdup (self->space);

      u_http_memory_learn (self->memory, space, credential);
      log_in (self, auth, space, credential);
    }

  return U_HTTP_GOES_ON;
}

GError *
u_http_auth_explain_tunnel (UHttpAuth *self, guint status)
{
  /* tinyproxy has 401 for a wrong password. */
  if (status == SOUP_STATUS_UNAUTHORIZED && self->used != NULL && self->space != NULL)
    u_http_memory_forget (self->memory, self->space);
  if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_PROXY_UNAUTHORIZED)
    return g_error_new (U_ERROR, U_ERROR_USER_AUTHENTICATION_REQUIRED,
                        "The proxy on the way to %s wants a user name and a password that it accepts.",
                        g_uri_get_host (self->uri));

  return g_error_new (U_ERROR, U_ERROR_CANNOT_CONNECT_TO_HOST,
                      "The proxy on the way to %s makes no connection to it: it answered with status %u.",
                      g_uri_get_host (self->uri), status);
}
