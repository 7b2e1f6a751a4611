/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-retry-private.h"

#include <math.h>
#include <string.h>

/* RFC 9110 section 9.2.2. */
static const char * const idempotent_methods[] = { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" };

/* What another attempt may find changed. All the rest is the same the next time: a URL, a certificate, a policy, a
 * file, a broken protocol. */
static const UError transient_errors[] = {
  U_ERROR_TIMED_OUT,
  U_ERROR_CANNOT_FIND_HOST,
  U_ERROR_CANNOT_CONNECT_TO_HOST,
  U_ERROR_NETWORK_CONNECTION_LOST,
  U_ERROR_DNS_LOOKUP_FAILED,
  U_ERROR_NOT_CONNECTED_TO_INTERNET,
  U_ERROR_ZERO_BYTE_RESOURCE,
};

/* A name that does not exist is among them: without a network that is what a resolver may say of any name. */
static const UError unreachable_errors[] = {
  U_ERROR_CANNOT_FIND_HOST,
  U_ERROR_CANNOT_CONNECT_TO_HOST,
  U_ERROR_DNS_LOOKUP_FAILED,
  U_ERROR_NOT_CONNECTED_TO_INTERNET,
};

static gboolean
is_among (const GError *error, const UError *codes, gsize n_codes)
{
  for (gsize i = 0; i < n_codes; i++)
    {
      if (g_error_matches (error, U_ERROR, (int) codes[i]))
        return TRUE;
    }

  return FALSE;
}

gboolean
u_retry_is_transient_error (const GError *error)
{
  return is_among (error, transient_errors, G_N_ELEMENTS (transient_errors));
}

gboolean
u_retry_is_unreachable (const GError *error)
{
  return is_among (error, unreachable_errors, G_N_ELEMENTS (unreachable_errors));
}

static gboolean
is_transient (const URetryRules *rules, const URetryFacts *facts)
{
  if (facts->error != NULL)
    return u_retry_is_transient_error (facts->error);

  return facts->transient || u_retry_rules_has_status (rules, facts->status);
}

gboolean
u_retry_is_idempotent (const char *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (idempotent_methods); i++)
    {
      if (strcmp (method, idempotent_methods[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_safe (const URetryRules *rules, const URetryFacts *facts)
{
  return facts->nothing_sent || facts->continues || rules->retries_unsafe_methods ||
         u_retry_is_idempotent (facts->method);
}

/* N digits. */
static gboolean
read_digits (const char **text, guint n, int *value)
{
  *value = 0;
  for (guint i = 0; i < n; i++)
    {
      if (!g_ascii_isdigit (**text))
        return FALSE;
      *value = *value * 10 + *(*text)++ - '0';
    }

  return TRUE;
}

static gboolean
read_char (const char **text, char c)
{
  return *(*text)++ == c;
}

/* RFC 9110 section 5.6.7: the form that everybody has been told to make since 1996, “Sun, 06 Nov 1994 08:49:37 GMT”. */
static gint64
parse_http_date (const char *value)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  g_autoptr (GDateTime) date = NULL;
  g_autofree char *month = NULL;
  const char *found;
  const char *text = value;
  int day, year, hour, minute, second;

  if (strlen (value) != strlen ("Sun, 06 Nov 1994 08:49:37 GMT") || !g_str_has_suffix (value, " GMT"))
    return -1;
  text += strlen ("Sun, ");
  if (!read_digits (&text, 2, &day) || !read_char (&text, ' '))
    return -1;
  month = g_strndup (text, 3);
  found = strstr (months, month);
  if (found == NULL || (found - months) % 3 != 0)
    return -1;
  text += 3;
  if (!read_char (&text, ' ') || !read_digits (&text, 4, &year) || !read_char (&text, ' ') ||
      !read_digits (&text, 2, &hour) || !read_char (&text, ':') || !read_digits (&text, 2, &minute) ||
      !read_char (&text, ':') || !read_digits (&text, 2, &second))
    return -1;
  /* 60 is a leap second. */
  date = g_date_time_new_utc (year, (int) (found - months) / 3 + 1, day, hour, minute, MIN (second, 59));

  return date != NULL ? g_date_time_to_unix (date) : -1;
}

double
u_retry_parse_after (const char *value, gint64 now)
{
  g_autofree char *stripped = g_strstrip (g_strdup (value));
  gint64 date;

  if (*stripped != '\0' && strspn (stripped, "0123456789") == strlen (stripped))
    return (double) MIN (g_ascii_strtoull (stripped, NULL, 10), G_MAXINT32);
  date = parse_http_date (stripped);

  return date < 0 ? -1 : (double) MAX (date - now, 0);
}

/*
 * u_retry_decide:
 *
 * Exponential back-off with jitter: the nth wait is initial × multiplierⁿ⁻¹, at most the maximum, and a part of it is
 * left to chance. What the server asks for goes before. A wait that the resource timer would end is not begun.
 */
gboolean
u_retry_decide (const URetryRules *rules, const URetryFacts *facts, double *delay)
{
  double wait;
  double asked = -1;

  if (rules == NULL || facts->n_attempts >= rules->max_attempts)
    return FALSE;
  if (!is_transient (rules, facts) || !is_safe (rules, facts))
    return FALSE;

  wait = MIN (rules->initial_delay * pow (rules->multiplier, facts->n_attempts - 1), rules->maximum_delay);
  wait *= 1 - rules->jitter * facts->chance;
  if (facts->retry_after != NULL && rules->honors_retry_after)
    asked = u_retry_parse_after (facts->retry_after, facts->now);
  if (asked >= 0)
    wait = asked;
  if (facts->time_left >= 0 && wait >= facts->time_left)
    return FALSE;

  *delay = wait;

  return TRUE;
}
