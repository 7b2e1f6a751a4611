/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-http-auth-private.h"

#include <string.h>

/* A field that is longer says nothing that a client can use: nonces and tickets have a few KiB. */
#define MAX_FIELD (64 * 1024)

/* Bounds for what a hostile server can have us keep; honest ones send four challenges of ten parameters. */
#define MAX_CHALLENGES 32
#define MAX_PARAMS 32

void
u_secret_free (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

char *
u_secret_dup_normal (const char *string)
{
  char *normal;

  if (string == NULL)
    return g_strdup ("");

  normal = g_utf8_normalize (string, -1, G_NORMALIZE_NFC);

  return normal != NULL ? normal : g_strdup (string);
}

/* RFC 9110 section 5.6.2. */
static gboolean
is_token_char (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

static gboolean
is_token68_char (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("-._~+/", c) != NULL);
}

static const char *
skip_space (const char *p)
{
  while (*p == ' ' || *p == '\t')
    p++;

  return p;
}

static const char *
skip_token (const char *p)
{
  while (is_token_char (*p))
    p++;

  return p;
}

/* The end of a quoted string that begins at @p, behind its last quote or at the end of the field. */
static const char *
skip_quoted (const char *p)
{
  for (p++; *p != '\0' && *p != '"'; p++)
    {
      if (*p == '\\' && p[1] != '\0')
        p++;
    }

  return *p == '"' ? p + 1 : p;
}

/* To the next comma that is not inside quotes. */
static const char *
skip_element (const char *p)
{
  while (*p != '\0' && *p != ',')
    p = *p == '"' ? skip_quoted (p) : p + 1;

  return p;
}

static char *
dup_unquoted (const char *start, const char *end)
{
  GString *value = g_string_sized_new (end - start);

  for (const char *p = start + 1; p < end && *p != '"'; p++)
    {
      if (*p == '\\' && p + 1 < end)
        p++;
      g_string_append_c (value, *p);
    }

  return g_string_free (value, FALSE);
}

static UHttpChallenge *
challenge_new (const char *start, const char *end)
{
  UHttpChallenge *self = g_new0 (UHttpChallenge, 1);

  self->scheme = g_ascii_strdown (start, end - start);
  self->params = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
u_http_challenge_free (UHttpChallenge *self)
{
  g_free (self->scheme);
  g_free (self->token68);
  g_ptr_array_unref (self->params);
  g_free (self);
}

/* @name: (transfer full), @value: (transfer full) */
static void
add_param (UHttpChallenge *self, char *name, char *value)
{
  if (self == NULL || self->params->len / 2 >= MAX_PARAMS || u_http_challenge_get (self, name) != NULL)
    {
      g_free (name);
      g_free (value);
      return;
    }
  g_ptr_array_add (self->params, name);
  g_ptr_array_add (self->params, value);
}

/* Whether parameters follow where a token68 could be as well: "realm=" of Basic and Digest is one that is empty. */
static gboolean
takes_params (UHttpChallenge *self)
{
  return g_str_equal (self->scheme, "basic") || g_str_equal (self->scheme, "digest");
}

/* What stands behind "NAME =" at @p: a quoted string, or all up to the next comma or space. Returns where it ends. */
static const char *
take_value (UHttpChallenge *self, char *name, const char *p)
{
  const char *end;

  p = skip_space (p);
  if (*p == '"')
    {
      end = skip_quoted (p);
      add_param (self, name, dup_unquoted (p, end));
      /* A quote inside that nobody escaped. */
      if (*end != '\0' && *end != ',' && *end != ' ' && *end != '\t')
        end = skip_element (end);
      return end;
    }

  end = p + strcspn (p, ", \t");
  add_param (self, name, g_strndup (p, end - p));

  return end;
}

/* Returns where the token68 behind a scheme ends; @p if there is none. */
static const char *
take_token68 (UHttpChallenge *self, const char *p)
{
  const char *start = skip_space (p);
  const char *end = start;
  const char *behind;

  while (is_token68_char (*end))
    end++;
  if (end == start || takes_params (self))
    return p;
  while (*end == '=')
    end++;
  behind = skip_space (end);
  if (*behind != '\0' && *behind != ',')
    return p;

  self->token68 = g_strndup (start, end - start);

  return end;
}

/*
 * RFC 9110 section 11.6.1. Challenges and the parameters of one are both separated by commas: a token that "=" follows
 * is a parameter, any other is a scheme. What stands for neither is skipped up to the next comma, and a comma that is
 * missing between two parameters is not missed.
 */
static void
parse_challenges (const char *value, GPtrArray *challenges)
{
  UHttpChallenge *current = NULL;
  const char *p = value;

  while (TRUE)
    {
      const char *token, *end;

      while (*p == ' ' || *p == '\t' || *p == ',')
        p++;
      if (*p == '\0')
        return;

      token = p;
      end = skip_token (p);
      if (end == token)
        {
          p = skip_element (p);
          continue;
        }

      p = skip_space (end);
      if (*p == '=')
        {
          p = take_value (current, g_ascii_strdown (token, end - token), p + 1);
        }
      else if (*end != '\0' && *end != ',' && *end != ' ' && *end != '\t')
        {
          p = skip_element (end);
        }
      else if (challenges->len == MAX_CHALLENGES)
        {
          return;
        }
      else
        {
          current = challenge_new (token, end);
          g_ptr_array_add (challenges, current);
          p = take_token68 (current, end);
        }
    }
}

GPtrArray *
u_http_auth_parse_fields (UHeaderList *headers, const char *field)
{
  GPtrArray *challenges = g_ptr_array_new_with_free_func ((GDestroyNotify) u_http_challenge_free);
  guint n = headers != NULL ? u_header_list_get_n (headers) : 0;

  for (guint i = 0; i < n; i++)
    {
      const char *name, *value;

      u_header_list_get_nth (headers, i, &name, &value);
      if (g_ascii_strcasecmp (name, field) == 0 && strnlen (value, MAX_FIELD + 1) <= MAX_FIELD)
        parse_challenges (value, challenges);
    }

  return challenges;
}

UHttpChallenge *
u_http_auth_parse_info (const char *value)
{
  static const char nothing[] = "";
  UHttpChallenge *self;
  const char *p = value;

  if (value == NULL || strnlen (value, MAX_FIELD + 1) > MAX_FIELD)
    return NULL;

  self = challenge_new (nothing, nothing);
  while (*p != '\0')
    {
      const char *token = p + strspn (p, ", \t");
      const char *end = skip_token (token);

      p = skip_space (end);
      if (end > token && *p == '=')
        p = take_value (self, g_ascii_strdown (token, end - token), p + 1);
      else
        p = skip_element (p);
    }

  return self;
}

UAuthenticationMethod
u_http_challenge_get_method (UHttpChallenge *self)
{
  static const struct
  {
    const char *scheme;
    UAuthenticationMethod method;
  } schemes[] = {
    { "basic", U_AUTHENTICATION_METHOD_HTTP_BASIC },
    { "digest", U_AUTHENTICATION_METHOD_HTTP_DIGEST },
    { "ntlm", U_AUTHENTICATION_METHOD_NTLM },
    { "negotiate", U_AUTHENTICATION_METHOD_NEGOTIATE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      if (g_str_equal (self->scheme, schemes[i].scheme))
        return schemes[i].method;
    }

  return U_AUTHENTICATION_METHOD_DEFAULT;
}

const char *
u_http_challenge_get (UHttpChallenge *self, const char *name)
{
  for (guint i = 0; i < self->params->len; i += 2)
    {
      if (g_str_equal (self->params->pdata[i], name))
        return self->params->pdata[i + 1];
    }

  return NULL;
}

char *
u_http_challenge_dup_realm (UHttpChallenge *self)
{
  const char *realm = u_http_challenge_get (self, "realm");
  char *latin;

  if (realm == NULL)
    return g_strdup ("");
  if (g_utf8_validate (realm, -1, NULL))
    return g_strdup (realm);

  /* What HTTP was before it was UTF-8. */
  latin = g_convert (realm, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

  return latin != NULL ? latin : g_utf8_make_valid (realm, -1);
}

/* The higher the stronger. */
static int
strength (UHttpChallenge *self)
{
  const char *algorithm;

  switch (u_http_challenge_get_method (self))
    {
    case U_AUTHENTICATION_METHOD_NEGOTIATE:
      return 5;
    case U_AUTHENTICATION_METHOD_NTLM:
      return 4;
    case U_AUTHENTICATION_METHOD_HTTP_DIGEST:
      algorithm = u_http_challenge_get (self, "algorithm");
      return algorithm != NULL && g_ascii_strncasecmp (algorithm, "SHA-", 4) == 0 ? 3 : 2;
    case U_AUTHENTICATION_METHOD_HTTP_BASIC:
      return 1;
    case U_AUTHENTICATION_METHOD_DEFAULT:
    case U_AUTHENTICATION_METHOD_HTML_FORM:
    case U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE:
    case U_AUTHENTICATION_METHOD_SERVER_TRUST:
    default:
      return 0;
    }
}

static int
compare_strength (gconstpointer a, gconstpointer b)
{
  return strength (*(UHttpChallenge * const *) b) - strength (*(UHttpChallenge * const *) a);
}

void
u_http_auth_sort (GPtrArray *challenges)
{
  /* Stable: among equals the server's order counts. */
  g_ptr_array_sort (challenges, compare_strength);
}

char *
u_http_auth_dup_basic (const char *user, const char *password)
{
  char *normal_user = u_secret_dup_normal (user);
  char *normal_password = u_secret_dup_normal (password);
  char *joined = g_strconcat (normal_user, ":", normal_password, NULL);
  char *encoded = g_base64_encode ((const guchar *) joined, strlen (joined));
  char *value = g_strconcat ("Basic ", encoded, NULL);

  u_secret_free (normal_user);
  u_secret_free (normal_password);
  u_secret_free (joined);
  u_secret_free (encoded);

  return value;
}
