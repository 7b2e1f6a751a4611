/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-auth-grant-private.h"

#include <string.h>

#include "urlsession/auth/u-digest-auth-private.h"
#include "urlsession/message/u-uri-private.h"

/* Paths that one grant remembers. With more, a request is refused once before it is let in. */
#define MAX_PLACES 64

struct _UAuthGrant
{
  guint ref_count;
  UProtectionSpaceData *space; /* owned */
  UCredentialData *credential; /* owned, nullable */
  UDigestAuth *digest;        /* owned; NULL: Basic */
  GPtrArray *places;          /* owned; of char *: paths; one that ends in "/" stands for all below, any other for
                                 itself and all below */
};

/* A WebSocket begins as a request to the same server. */
static const char *
get_protocol (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);

  if (g_str_equal (scheme, "ws"))
    return "http";
  if (g_str_equal (scheme, "wss"))
    return "https";

  return scheme;
}

static const char *
get_path (GUri *uri)
{
  const char *path = g_uri_get_path (uri);

  return *path != '\0' ? path : "/";
}

/* A path with "." and ".." in it is not where it seems to be. */
static gboolean
is_plain_path (const char *path)
{
  for (const char *p = path; *p != '\0'; p++)
    {
      if (*p == '/' && p[1] == '.')
        {
          const char *end = p + (p[2] == '.' ? 3 : 2);

          if (*end == '/' || *end == '\0')
            return FALSE;
        }
      else if (*p == '%' && p[1] == '2' && g_ascii_tolower (p[2]) == 'e')
        {
          return FALSE;
        }
    }

  return TRUE;
}

static void
add_place (UAuthGrant *self, const char *path, gsize length)
{
  if (self->places->len < MAX_PLACES)
    g_ptr_array_add (self->places, g_strndup (path, length));
}

static gboolean
is_inside (const char *path, const char *place)
{
  gsize length = strlen (place);

  if (strncmp (path, place, length) != 0)
    return FALSE;

  return length == 0 || place[length - 1] == '/' || path[length] == '\0' || path[length] == '/';
}

/* RFC 7616 section 3.3: a list of URLs; none: all of the server. Those of other servers are no business of ours: what
 * one server says does not send a password, hashed or not, to another one. */
static void
add_domain (UAuthGrant *self, const char *domain, GUri *base)
{
  g_auto (GStrv) references = g_strsplit_set (domain != NULL ? domain : "", " \t", MAX_PLACES);

  for (guint i = 0; references[i] != NULL; i++)
    {
      g_autoptr (GUri) uri = *references[i] != '\0' ? u_uri_resolve (base, references[i]) : NULL;

      if (uri != NULL && u_auth_grant_is_origin (self, uri))
        add_place (self, get_path (uri), strlen (get_path (uri)));
    }
  if (self->places->len == 0)
    add_place (self, "/", 1);
}

UAuthGrant *
u_auth_grant_new (UHttpChallenge *challenge, URequestData *request)
{
  UAuthenticationMethod method = u_http_challenge_get_method (challenge);
  g_autoptr (UDigestAuth) digest = NULL;
  g_autofree char *realm = NULL;
  UAuthGrant *self;

  switch (method)
    {
    case U_AUTHENTICATION_METHOD_HTTP_BASIC:
      break;
    case U_AUTHENTICATION_METHOD_HTTP_DIGEST:
      digest = u_digest_auth_new (challenge);
      if (digest == NULL)
        return NULL;
      if (u_digest_auth_needs_body (digest) && request->body_kind != U_BODY_NONE &&
          request->body_kind != U_BODY_BYTES)
        return NULL;
      break;
    case U_AUTHENTICATION_METHOD_DEFAULT:
    case U_AUTHENTICATION_METHOD_HTML_FORM:
    case U_AUTHENTICATION_METHOD_NTLM:
    case U_AUTHENTICATION_METHOD_NEGOTIATE:
    case U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE:
    case U_AUTHENTICATION_METHOD_SERVER_TRUST:
    default:
      return NULL;
    }

  realm = u_http_challenge_dup_realm (challenge);
  self = g_new0 (UAuthGrant, 1);
  self->ref_count = 1;
  self->space = u_protection_space_data_new (method, get_protocol (request->parsed),
                                             g_uri_get_host (request->parsed),
                                             MAX (u_uri_get_effective_port (request->parsed), 0), realm, FALSE);
  self->digest = g_steal_pointer (&digest);
  self->places = g_ptr_array_new_with_free_func (g_free);
  if (self->digest != NULL)
    add_domain (self, u_http_challenge_get (challenge, "domain"), request->parsed);
  u_auth_grant_add_uri (self, request->parsed);

  return self;
}

UAuthGrant *
u_auth_grant_new_login (URequestData *request)
{
  UAuthGrant *self = g_new0 (UAuthGrant, 1);

  self->ref_count = 1;
  self->space = u_protection_space_data_new (U_AUTHENTICATION_METHOD_DEFAULT, get_protocol (request->parsed),
                                             g_uri_get_host (request->parsed),
                                             MAX (u_uri_get_effective_port (request->parsed), 0), NULL, FALSE);
  self->places = g_ptr_array_new_with_free_func (g_free);
  add_place (self, "/", 1);

  return self;
}

gboolean
u_auth_grant_is_login (UAuthGrant *self)
{
  return self->space->method == U_AUTHENTICATION_METHOD_DEFAULT;
}

UAuthGrant *
u_auth_grant_ref (UAuthGrant *self)
{
  self->ref_count++;

  return self;
}

void
u_auth_grant_unref (UAuthGrant *self)
{
  if (--self->ref_count > 0)
    return;

  u_protection_space_data_unref (self->space);
  g_clear_pointer (&self->credential, u_credential_data_unref);
  g_clear_pointer (&self->digest, u_digest_auth_free);
  g_ptr_array_unref (self->places);
  g_free (self);
}

UProtectionSpaceData *
u_auth_grant_get_space (UAuthGrant *self)
{
  return self->space;
}

UCredentialData *
u_auth_grant_get_credential (UAuthGrant *self)
{
  return self->credential;
}

void
u_auth_grant_set_credential (UAuthGrant *self, UCredentialData *credential)
{
  u_credential_data_ref (credential);
  g_clear_pointer (&self->credential, u_credential_data_unref);
  self->credential = credential;
}

gboolean
u_auth_grant_is_origin (UAuthGrant *self, GUri *uri)
{
  const char *host = g_uri_get_host (uri);

  return host != NULL && g_str_equal (self->space->protocol, get_protocol (uri)) &&
         g_ascii_strcasecmp (self->space->host, host) == 0 &&
         self->space->port == (guint) MAX (u_uri_get_effective_port (uri), 0);
}

gsize
u_auth_grant_match (UAuthGrant *self, GUri *uri)
{
  const char *path = get_path (uri);
  gsize best = 0;

  if (!u_auth_grant_is_origin (self, uri) || !is_plain_path (path))
    return 0;

  for (guint i = 0; i < self->places->len; i++)
    {
      if (is_inside (path, self->places->pdata[i]))
        best = MAX (best, strlen (self->places->pdata[i]));
    }

  return best;
}

/* RFC 7617 section 2.2: all at or below the depth of the last symbolic element of the path. For Digest, what the server
 * did not list is known by itself. */
void
u_auth_grant_add_uri (UAuthGrant *self, GUri *uri)
{
  const char *path = get_path (uri);
  const char *slash = strrchr (path, '/');

  if (!is_plain_path (path) || u_auth_grant_match (self, uri) > 0)
    return;

  if (self->digest != NULL || slash == NULL)
    add_place (self, path, strlen (path));
  else
    add_place (self, path, slash + 1 - path);
}

void
u_auth_grant_add_places (UAuthGrant *self, UAuthGrant *other)
{
  for (guint i = 0; i < other->places->len; i++)
    {
      const char *place = other->places->pdata[i];
      gboolean is_known = FALSE;

      for (guint j = 0; j < self->places->len && !is_known; j++)
        is_known = is_inside (place, self->places->pdata[j]);
      if (!is_known)
        add_place (self, place, strlen (place));
    }
}

char *
u_auth_grant_dup_header (UAuthGrant *self, URequestData *request)
{
  const char *query = g_uri_get_query (request->parsed);
  g_autofree char *target = NULL;

  if (self->credential == NULL || u_auth_grant_is_login (self))
    return NULL;
  if (self->digest == NULL)
    return u_http_auth_dup_basic (self->credential->user, self->credential->password);
  if (u_digest_auth_needs_body (self->digest) && request->body_kind != U_BODY_NONE &&
      request->body_kind != U_BODY_BYTES)
    return NULL;

  target = g_strconcat (get_path (request->parsed), query != NULL ? "?" : NULL, query, NULL);

  return u_digest_auth_dup_header (self->digest, self->credential->user, self->credential->password, request->method,
                                   target, request->body_kind == U_BODY_BYTES ? request->body_bytes : NULL);
}

const char *
u_auth_grant_get_nonce (UAuthGrant *self)
{
  return self->digest != NULL ? u_digest_auth_get_nonce (self->digest) : NULL;
}

gboolean
u_auth_grant_renew (UAuthGrant *self, UHttpChallenge *challenge)
{
  return self->digest != NULL && u_digest_auth_renew (self->digest, challenge);
}

void
u_auth_grant_take_info (UAuthGrant *self, const char *info)
{
  if (self->digest != NULL)
    u_digest_auth_take_info (self->digest, info);
}
