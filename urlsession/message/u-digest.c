/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-digest-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

/* Strongest last. */
static const struct
{
  const char *name;           /* as in the registry of RFC 9530 */
  const char *short_name;
  GChecksumType type;
} algorithms[] = {
  { "sha-256", "sha256", G_CHECKSUM_SHA256 },
  { "sha-384", "sha384", G_CHECKSUM_SHA384 },
  { "sha-512", "sha512", G_CHECKSUM_SHA512 },
};

static int
find_algorithm (const char *name, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      if ((strlen (algorithms[i].name) == length && g_ascii_strncasecmp (name, algorithms[i].name, length) == 0) ||
          (strlen (algorithms[i].short_name) == length &&
           g_ascii_strncasecmp (name, algorithms[i].short_name, length) == 0))
        return (int) i;
    }

  return -1;
}

static UDigest *
digest_new (GChecksumType type, char *hex)
{
  UDigest *self = g_new0 (UDigest, 1);

  self->type = type;
  self->hex = hex;

  return self;
}

UDigest *
u_digest_copy (const UDigest *self)
{
  return self != NULL ? digest_new (self->type, g_strdup (self->hex)) : NULL;
}

void
u_digest_free (UDigest *self)
{
  g_free (self->hex);
  g_free (self);
}

char *
u_digest_to_string (const UDigest *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      if (algorithms[i].type == self->type)
        return g_strdup_printf ("%s:%s", algorithms[i].short_name, self->hex);
    }

  g_assert_not_reached ();
}

static UDigest *
digest_from_hex (int algorithm, const char *hex, gsize length)
{
  if (length != (gsize) g_checksum_type_get_length (algorithms[algorithm].type) * 2)
    return NULL;

  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isxdigit (hex[i]))
        return NULL;
    }

  return digest_new (algorithms[algorithm].type, g_ascii_strdown (hex, length));
}

/* g_base64_decode() skips over what is no base64, so the characters are looked at before. */
static UDigest *
digest_from_base64 (int algorithm, const char *base64, gsize length)
{
  g_autofree char *text = NULL;
  g_autofree guchar *bytes = NULL;
  GString *hex;
  gsize n_bytes;
  gsize n_data = length;

  while (n_data > 0 && length - n_data < 2 && base64[n_data - 1] == '=')
    n_data--;
  for (gsize i = 0; i < n_data; i++)
    {
      if (!g_ascii_isalnum (base64[i]) && base64[i] != '+' && base64[i] != '/')
        return NULL;
    }
  if (n_data % 4 == 1)
    return NULL;

  /* The padding may be missing. */
  text = g_strdup_printf ("%.*s%.*s", (int) n_data, base64, (int) ((4 - n_data % 4) % 4), "==");
  bytes = g_base64_decode (text, &n_bytes);
  if (n_bytes != (gsize) g_checksum_type_get_length (algorithms[algorithm].type))
    return NULL;

  hex = g_string_sized_new (n_bytes * 2 + 1);
  for (gsize i = 0; i < n_bytes; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);

  return digest_new (algorithms[algorithm].type, g_string_free (hex, FALSE));
}

static gboolean
is_separator (char c)
{
  return c == ':' || c == '=' || c == '-';
}

UDigest *
u_digest_parse (const char *string, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (string != NULL ? string : ""));
  g_autofree char *printable = NULL;
  gboolean known = FALSE;

  /* "sha-256" has a separator inside of its name: all of them are tried. */
  for (const char *p = trimmed; *p != '\0' && p - trimmed <= 8; p++)
    {
      int algorithm = is_separator (*p) ? find_algorithm (trimmed, p - trimmed) : -1;
      const char *value = p + 1;
      gsize length;
      UDigest *digest;

      if (algorithm < 0)
        continue;

      known = TRUE;
      length = strlen (value);
      if (length > 2 && value[0] == ':' && value[length - 1] == ':')
        {
          value++;
          length -= 2;
        }
      digest = digest_from_hex (algorithm, value, length);
      if (digest == NULL)
        digest = digest_from_base64 (algorithm, value, length);
      if (digest != NULL)
        return digest;
    }

  printable = g_utf8_make_valid (trimmed, -1);
  if (known)
    g_set_error (error, U_ERROR, U_ERROR_DIGEST_MISMATCH,
                 "The expected digest “%s” is neither hexadecimal nor base64 of the right length.", printable);
  else
    g_set_error (error, U_ERROR, U_ERROR_DIGEST_MISMATCH,
                 "The expected digest “%s” does not begin with “sha256:”, “sha384:” or “sha512:”.", printable);

  return NULL;
}

static const char *
skip_white (const char *p)
{
  while (*p == ' ' || *p == '\t')
    p++;

  return p;
}

/* A key of RFC 8941 section 3.1.2; its length, 0 for none. */
static gsize
key_length (const char *p)
{
  gsize n = 0;

  if (!g_ascii_islower (*p) && *p != '*')
    return 0;
  while (g_ascii_islower (p[n]) || g_ascii_isdigit (p[n]) || (p[n] != '\0' && strchr ("_-.*", p[n]) != NULL))
    n++;

  return n;
}

/* Skips a bare item, or a whole inner list, of no interest: only strings can hide a separator. NULL: malformed. */
static const char *
skip_item (const char *p)
{
  guint depth = 0;

  for (; *p != '\0'; p++)
    {
      if (*p == '"')
        {
          for (p++; *p != '\0' && *p != '"'; p++)
            {
              if (*p == '\\' && p[1] != '\0')
                p++;
            }
          if (*p == '\0')
            return NULL;
        }
      else if (*p == '(')
        {
          depth++;
        }
      else if (*p == ')')
        {
          if (depth-- == 0)
            return NULL;
        }
      else if (*p == ',' && depth == 0)
        {
          break;
        }
    }

  return depth == 0 ? p : NULL;
}

/* Reads one member of the dictionary, "KEY=:BASE64:" or anything else, and what separates it from the next.
 * NULL: malformed. @algorithm is -1 for what is of no interest, @digest NULL for what is no digest. */
static const char *
read_member (const char *p, int *algorithm, UDigest **digest)
{
  gsize length = key_length (p);

  *digest = NULL;
  if (length == 0)
    return NULL;

  /* The short names are not registered. */
  *algorithm = memchr (p, '-', length) != NULL ? find_algorithm (p, length) : -1;
  p += length;
  if (*p == '=' && p[1] == ':')
    {
      const char *start = p + 2;
      const char *end = strchr (start, ':');

      if (end == NULL || (end[1] != '\0' && strchr (" \t,;", end[1]) == NULL))
        return NULL;
      if (*algorithm >= 0)
        *digest = digest_from_base64 (*algorithm, start, end - start);
      p = end + 1;
    }

  p = skip_item (p);
  if (p == NULL || *p == '\0')
    return p;

  p = skip_white (p + 1);

  /* A comma at the end is an error. */
  return *p != '\0' ? p : NULL;
}

/* RFC 8941 section 3.2: of two members with one key the last counts; one error voids the whole field. */
UDigest *
u_digest_parse_field (const char *value)
{
  UDigest *found[G_N_ELEMENTS (algorithms)] = { NULL };
  UDigest *strongest = NULL;
  const char *p = value != NULL ? skip_white (value) : NULL;

  while (p != NULL && *p != '\0')
    {
      UDigest *digest;
      int algorithm = -1;

      p = read_member (p, &algorithm, &digest);
      if (algorithm >= 0)
        {
          g_clear_pointer (&found[algorithm], u_digest_free);
          found[algorithm] = digest;
        }
    }

  for (int i = G_N_ELEMENTS (algorithms) - 1; i >= 0; i--)
    {
      if (p != NULL && strongest == NULL)
        strongest = g_steal_pointer (&found[i]);
      g_clear_pointer (&found[i], u_digest_free);
    }

  return strongest;
}
