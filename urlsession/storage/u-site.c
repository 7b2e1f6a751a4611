/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-site-private.h"

#include <libsoup/soup.h>
#include <string.h>

#include "urlsession/base/u-worker-private.h"

/* libsoup reads the list at the first question, and takes no lock for it. */
static GMutex suffix_lock;

char *
u_site_dup_canonical (const char *host)
{
  g_autofree char *ascii = NULL;

  if (host == NULL || *host == '\0')
    return NULL;
  if (strchr (host, ':') != NULL)
    return g_ascii_strdown (host, -1);

  ascii = g_hostname_to_ascii (host);
  if (ascii == NULL)
    return NULL;
  /* The root of all names is the same with and without its dot. */
  if (g_str_has_suffix (ascii, "."))
    ascii[strlen (ascii) - 1] = '\0';
  if (*ascii == '\0' || *ascii == '.' || g_str_has_suffix (ascii, ".") || strstr (ascii, "..") != NULL)
    return NULL;

  return g_ascii_strdown (ascii, -1);
}

char *
u_site_dup_host (GUri *uri)
{
  return u_site_dup_canonical (g_uri_get_host (uri));
}

gboolean
u_site_is_public_suffix (const char *host)
{
  gboolean result;

  if (g_hostname_is_ip_address (host))
    return FALSE;
  /* The list knows no names of private networks; the rule for what is not in it is one label. */
  if (strchr (host, '.') == NULL)
    return TRUE;

  g_mutex_lock (&suffix_lock);
  result = soup_tld_domain_is_public_suffix (host);
  g_mutex_unlock (&suffix_lock);

  return result;
}

/* The last two labels. */
static const char *
skip_to_pair (const char *host)
{
  const char *p = strrchr (host, '.');

  while (p > host && p[-1] != '.')
    p--;

  return p;
}

char *
u_site_dup_registrable (const char *host)
{
  const char *base;

  if (g_hostname_is_ip_address (host) || u_site_is_public_suffix (host))
    return g_strdup (host);

  g_mutex_lock (&suffix_lock);
  base = soup_tld_get_base_domain (host, NULL);
  g_mutex_unlock (&suffix_lock);

  return g_strdup (base != NULL ? base : skip_to_pair (host));
}

gboolean
u_site_domain_matches (const char *host, const char *domain)
{
  gsize host_length = strlen (host);
  gsize domain_length = strlen (domain);

  if (strcmp (host, domain) == 0)
    return TRUE;

  return host_length > domain_length && host[host_length - domain_length - 1] == '.' &&
         strcmp (host + host_length - domain_length, domain) == 0 && !g_hostname_is_ip_address (host);
}

gboolean
u_site_same (GUri *a, GUri *b)
{
  g_autofree char *host_a = u_site_dup_host (a);
  g_autofree char *host_b = u_site_dup_host (b);
  g_autofree char *site_a = NULL;
  g_autofree char *site_b = NULL;

  if (host_a == NULL || host_b == NULL)
    return FALSE;
  if (strcmp (host_a, host_b) == 0)
    return TRUE;

  site_a = u_site_dup_registrable (host_a);
  site_b = u_site_dup_registrable (host_b);

  return strcmp (site_a, site_b) == 0;
}

static void
warm_up_work (UDiskJob *job)
{
  u_site_is_public_suffix ("com");
  g_free (job);
}

void
u_site_warm_up (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      UDiskJob *job = g_new0 (UDiskJob, 1);

      job->work = warm_up_work;
      u_disk_submit (job);
      g_once_init_leave (&once, 1);
    }
}
