/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-digest-auth-private.h"

#include <string.h>
#include <unistd.h>

typedef enum {
  QOP_NONE,                   /* RFC 2069 */
  QOP_AUTH,
  QOP_AUTH_INT,
} Qop;

struct _UDigestAuth
{
  GChecksumType type;
  gboolean is_session;        /* -sess: the first nonce and cnonce are part of the key for good */
  Qop qop;
  gboolean hashes_user;
  gboolean is_utf8;           /* the server says that it reads names in UTF-8 */
  char *realm;                /* owned; bytes as the server sent them */
  char *nonce;                /* owned */
  char *session_nonce;        /* owned; that of the challenge */
  char *opaque;               /* owned, nullable */
  char *algorithm;            /* owned, nullable: the server named none; as the server spelt it */
  char *cnonce;               /* owned */
  guint count;                /* how often `nonce` was used */
};

static const struct
{
  const char *name;
  GChecksumType type;
  gboolean is_session;
} algorithms[] = {
  { "SHA-256", G_CHECKSUM_SHA256, FALSE },
  { "SHA-256-sess", G_CHECKSUM_SHA256, TRUE },
  { "MD5", G_CHECKSUM_MD5, FALSE },
  { "MD5-sess", G_CHECKSUM_MD5, TRUE },
};

static gboolean
set_algorithm (UDigestAuth *self, const char *name)
{
  self->algorithm = g_strdup (name);
  self->type = G_CHECKSUM_MD5;
  if (name == NULL)
    return TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      if (g_ascii_strcasecmp (name, algorithms[i].name) == 0)
        {
          self->type = algorithms[i].type;
          self->is_session = algorithms[i].is_session;
          return TRUE;
        }
    }

  return FALSE;
}

/* RFC 7616 section 3.3: a list of which a client takes one. "auth" goes before "auth-int": a body may be long. */
static gboolean
set_qop (UDigestAuth *self, const char *list)
{
  g_auto (GStrv) options = NULL;
  gboolean is_empty = TRUE;

  self->qop = QOP_NONE;
  if (list == NULL)
    return TRUE;

  options = g_strsplit_set (list, ", \t", -1);
  for (guint i = 0; options[i] != NULL; i++)
    {
      if (*options[i] == '\0')
        continue;
      is_empty = FALSE;
      if (g_ascii_strcasecmp (options[i], "auth") == 0)
        self->qop = QOP_AUTH;
      else if (g_ascii_strcasecmp (options[i], "auth-int") == 0 && self->qop == QOP_NONE)
        self->qop = QOP_AUTH_INT;
    }

  return is_empty || self->qop != QOP_NONE;
}

static gboolean
is_true (const char *value)
{
  return value != NULL && g_ascii_strcasecmp (value, "true") == 0;
}

static char *
make_cnonce (void)
{
  guint32 random[6];

  if (getentropy (random, sizeof random) != 0)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (random); i++)
        random[i] = g_random_int ();
    }

  return g_base64_encode ((const guchar *) random, sizeof random);
}

UDigestAuth *
u_digest_auth_new (UHttpChallenge *challenge)
{
  g_autoptr (UDigestAuth) self = g_new0 (UDigestAuth, 1);
  const char *nonce = u_http_challenge_get (challenge, "nonce");
  const char *realm = u_http_challenge_get (challenge, "realm");
  const char *charset = u_http_challenge_get (challenge, "charset");

  if (nonce == NULL || realm == NULL || !set_algorithm (self, u_http_challenge_get (challenge, "algorithm")) ||
      !set_qop (self, u_http_challenge_get (challenge, "qop")))
    return NULL;

  self->realm = g_strdup (realm);
  self->nonce = g_strdup (nonce);
  self->session_nonce = g_strdup (nonce);
  self->opaque = g_strdup (u_http_challenge_get (challenge, "opaque"));
  self->hashes_user = is_true (u_http_challenge_get (challenge, "userhash"));
  self->is_utf8 = charset != NULL && g_ascii_strcasecmp (charset, "UTF-8") == 0;
  self->cnonce = make_cnonce ();

  return g_steal_pointer (&self);
}

void
u_digest_auth_free (UDigestAuth *self)
{
  g_free (self->realm);
  g_free (self->nonce);
  g_free (self->session_nonce);
  g_free (self->opaque);
  g_free (self->algorithm);
  g_free (self->cnonce);
  g_free (self);
}

static void
set_nonce (UDigestAuth *self, const char *nonce)
{
  if (g_str_equal (self->nonce, nonce))
    return;

  g_free (self->nonce);
  self->nonce = g_strdup (nonce);
  self->count = 0;
}

gboolean
u_digest_auth_renew (UDigestAuth *self, UHttpChallenge *challenge)
{
  UDigestAuth *fresh = u_digest_auth_new (challenge);
  UDigestAuth old;

  if (fresh == NULL)
    return FALSE;

  /* All of it, since a server may say something else with each challenge. The number of uses goes with the nonce. */
  if (g_str_equal (fresh->nonce, self->nonce))
    fresh->count = self->count;
  old = *self;
  *self = *fresh;
  *fresh = old;
  u_digest_auth_free (fresh);

  return TRUE;
}

/* RFC 7616 section 3.5. That of -sess stays in the key, which is made once after a challenge (section 3.4.2). */
gboolean
u_digest_auth_take_info (UDigestAuth *self, const char *info)
{
  g_autoptr (UHttpChallenge) params = u_http_auth_parse_info (info);
  const char *nonce = params != NULL ? u_http_challenge_get (params, "nextnonce") : NULL;

  if (nonce == NULL || *nonce == '\0')
    return FALSE;
  set_nonce (self, nonce);

  return TRUE;
}

const char *
u_digest_auth_get_nonce (UDigestAuth *self)
{
  return self->nonce;
}

gboolean
u_digest_auth_needs_body (UDigestAuth *self)
{
  return self->qop == QOP_AUTH_INT;
}

void
u_digest_auth_set_cnonce (UDigestAuth *self, const char *cnonce)
{
  g_free (self->cnonce);
  self->cnonce = g_strdup (cnonce);
}

gboolean
u_digest_auth_is_stale (UHttpChallenge *challenge)
{
  return is_true (u_http_challenge_get (challenge, "stale"));
}

/* H (a ":" b ":" ...): the strings up to NULL. */
static char *hash (UDigestAuth *self, ...) G_GNUC_NULL_TERMINATED;

static char *
hash (UDigestAuth *self, ...)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (self->type);
  const char *part;
  gboolean is_first = TRUE;
  va_list args;

  va_start (args, self);
  while ((part = va_arg (args, const char *)) != NULL)
    {
      if (!is_first)
        g_checksum_update (checksum, (const guchar *) ":", 1);
      g_checksum_update (checksum, (const guchar *) part, strlen (part));
      is_first = FALSE;
    }
  va_end (args);

  return g_strdup (g_checksum_get_string (checksum));
}

static char *
hash_body (UDigestAuth *self, GBytes *body)
{
  gsize size = 0;
  gconstpointer data = body != NULL ? g_bytes_get_data (body, &size) : NULL;

  return g_compute_checksum_for_data (self->type, data, size);
}

/* RFC 7616 section 3.4.2. */
static char *
make_key (UDigestAuth *self, const char *user, const char *password)
{
  char *key = hash (self, user, self->realm, password, NULL);

  if (self->is_session)
    {
      char *first = key;

      key = hash (self, first, self->session_nonce, self->cnonce, NULL);
      u_secret_free (first);
    }

  return key;
}

static void
append_quoted (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, "%s%s=\"", out->len > strlen ("Digest ") ? ", " : "", name);
  for (const char *p = value; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

static gboolean
is_plain (const char *string)
{
  for (const char *p = string; *p != '\0'; p++)
    {
      if ((guchar) *p < 0x20 || (guchar) *p >= 0x7f)
        return FALSE;
    }

  return TRUE;
}

/* RFC 7616 section 3.4. */
static void
append_user (UDigestAuth *self, GString *out, const char *user)
{
  if (self->hashes_user)
    {
      g_autofree char *hashed = hash (self, user, self->realm, NULL);

      append_quoted (out, "username", hashed);
    }
  else if (self->is_utf8 && !is_plain (user) && g_utf8_validate (user, -1, NULL))
    {
      g_autofree char *escaped = g_uri_escape_string (user, "!#$&+^`|", FALSE);

      g_string_append_printf (out, "username*=UTF-8''%s", escaped);
    }
  else
    {
      append_quoted (out, "username", user);
    }
}

char *
u_digest_auth_dup_header (UDigestAuth *self, const char *user, const char *password, const char *method,
                          const char *target, GBytes *body)
{
  static const char * const qops[] = { NULL, "auth", "auth-int" };
  g_autoptr (GString) out = g_string_new ("Digest ");
  char *normal_user = u_secret_dup_normal (user);
  char *normal_password = u_secret_dup_normal (password);
  char *key = make_key (self, normal_user, normal_password);
  g_autofree char *message = NULL;
  g_autofree char *response = NULL;
  char count[9];

  self->count++;
  g_snprintf (count, sizeof count, "%08x", self->count);
  if (self->qop == QOP_AUTH_INT)
    {
      g_autofree char *body_hash = hash_body (self, body);

      message = hash (self, method, target, body_hash, NULL);
    }
  else
    {
      message = hash (self, method, target, NULL);
    }
  if (self->qop == QOP_NONE)
    response = hash (self, key, self->nonce, message, NULL);
  else
    response = hash (self, key, self->nonce, count, self->cnonce, qops[self->qop], message, NULL);

  append_user (self, out, normal_user);
  append_quoted (out, "realm", self->realm);
  append_quoted (out, "nonce", self->nonce);
  append_quoted (out, "uri", target);
  if (self->algorithm != NULL)
    g_string_append_printf (out, ", algorithm=%s", self->algorithm);
  append_quoted (out, "response", response);
  if (self->opaque != NULL)
    append_quoted (out, "opaque", self->opaque);
  if (self->qop != QOP_NONE)
    g_string_append_printf (out, ", qop=%s, nc=%s", qops[self->qop], count);
  /* The key of -sess is made with it, whatever the qop. */
  if (self->qop != QOP_NONE || self->is_session)
    append_quoted (out, "cnonce", self->cnonce);
  if (self->hashes_user)
    g_string_append (out, ", userhash=true");

  u_secret_free (normal_user);
  u_secret_free (normal_password);
  u_secret_free (key);

  return u_header_value_is_valid (out->str) ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}
