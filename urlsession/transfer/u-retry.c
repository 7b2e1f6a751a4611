/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-retry-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* RFC 9110 section 9.2.2. */
static const char * const idempotent_methods[] = { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" };

/* What another attempt may find changed. All the rest is the same the next time: a URL, a certificate, a policy. */
static const UError transient_errors[] = {
  U_ERROR_TIMED_OUT,
  U_ERROR_CANNOT_FIND_HOST,
  U_ERROR_CANNOT_CONNECT_TO_HOST,
  U_ERROR_NETWORK_CONNECTION_LOST,
  U_ERROR_DNS_LOOKUP_FAILED,
  U_ERROR_NOT_CONNECTED_TO_INTERNET,
  U_ERROR_ZERO_BYTE_RESOURCE,
};

/* RFC 9110 section 15, RFC 6585 section 4. */
static const guint transient_statuses[] = { 408, 429, 502, 503, 504 };

gboolean
u_retry_is_transient_error (const GError *error)
{
  if (error->domain != U_ERROR)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (transient_errors); i++)
    {
      if (error->code == (int) transient_errors[i])
        return TRUE;
    }

  return FALSE;
}

gboolean
u_retry_is_transient_status (guint status)
{
  for (guint i = 0; i < G_N_ELEMENTS (transient_statuses); i++)
    {
      if (status == transient_statuses[i])
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_safe (const URetryRules *rules, const URetryFacts *facts)
{
  if (facts->nothing_sent || rules->retries_unsafe_methods)
    return TRUE;
  /* 429: the server says that it did nothing. */
  if (facts->status == 429)
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (idempotent_methods); i++)
    {
      if (strcmp (facts->method, idempotent_methods[i]) == 0)
        return TRUE;
    }

  return FALSE;
}

/* RFC 9110 section 5.6.7, the form that is to be made. */
static gint64
parse_http_date (const char *value)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  g_autoptr (GDateTime) date = NULL;
  char month[4];
  const char *found;
  int day, year, hour, minute, second;

  if (sscanf (value, "%*3c, %2d %3c %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute, &second) != 6)
    return -1;
  month[3] = '\0';
  found = strstr (months, month);
  if (found == NULL || (found - months) % 3 != 0)
    return -1;
  date = g_date_time_new_utc (year, (int) (found - months) / 3 + 1, day, hour, minute, MIN (second, 59));

  return date != NULL ? g_date_time_to_unix (date) : -1;
}

double
u_retry_parse_after (const char *value, gint64 now)
{
  gint64 date;

  while (*value == ' ' || *value == '\t')
    value++;
  if (g_ascii_isdigit (*value))
    {
      char *end;
      guint64 seconds = g_ascii_strtoull (value, &end, 10);

      while (*end == ' ' || *end == '\t')
        end++;
      return *end == '\0' ? (double) MIN (seconds, G_MAXINT32) : -1;
    }
  date = parse_http_date (value);

  return date < 0 ? -1 : (double) MAX (date - now, 0);
}

/*
 * u_retry_decide:
 *
 * Exponential back-off with jitter: the nth wait is initial × multiplierⁿ, at most the maximum, and a part of it is left
 * to chance. What the server asks for goes before. A wait that the resource timer would end is not begun.
 */
gboolean
u_retry_decide (const URetryRules *rules, const URetryFacts *facts, double *delay)
{
  double wait;
  double asked = -1;

  if (facts->n_retries >= rules->max_retries)
    return FALSE;
  if (facts->error != NULL ? !u_retry_is_transient_error (facts->error) : !u_retry_is_transient_status (facts->status))
    return FALSE;
  if (!facts->continues && !is_safe (rules, facts))
    return FALSE;

  wait = MIN (rules->initial_delay * pow (rules->multiplier, facts->n_retries), rules->maximum_delay);
  wait *= 1 - rules->jitter * facts->chance;
  if (facts->retry_after != NULL && rules->honors_retry_after)
    asked = u_retry_parse_after (facts->retry_after, facts->now);
  if (asked >= 0)
    wait = asked;
  if (facts->time_left > 0 && wait >= facts->time_left)
    return FALSE;

  *delay = wait;

  return TRUE;
}
