/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-tls-rules-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

static void
exception_free (gpointer data)
{
  UTlsException *self = data;

  g_free (self->domain);
  g_free (self);
}

/* What is on unless somebody says otherwise. */
UTlsRules *
u_tls_rules_new (void)
{
  UTlsRules *self = g_new0 (UTlsRules, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->allows_local_networking = TRUE;
  self->requires_forward_secrecy = TRUE;
  self->minimum = G_TLS_PROTOCOL_VERSION_TLS_1_2;
  self->maximum = G_TLS_PROTOCOL_VERSION_TLS_1_3;
  self->exceptions = g_ptr_array_new_with_free_func (exception_free);

  return self;
}

static UTlsException *
exception_copy (const UTlsException *exception)
{
  UTlsException *copy = g_new (UTlsException, 1);

  *copy = *exception;
  copy->domain = g_strdup (exception->domain);

  return copy;
}

UTlsRules *
u_tls_rules_copy (UTlsRules *self)
{
  UTlsRules *copy = u_tls_rules_new ();

  copy->allows_insecure_loads = self->allows_insecure_loads;
  copy->allows_local_networking = self->allows_local_networking;
  copy->requires_forward_secrecy = self->requires_forward_secrecy;
  copy->minimum = self->minimum;
  copy->maximum = self->maximum;
  for (guint i = 0; i < self->exceptions->len; i++)
    g_ptr_array_add (copy->exceptions, exception_copy (g_ptr_array_index (self->exceptions, i)));

  return copy;
}

UTlsRules *
u_tls_rules_ref (UTlsRules *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_tls_rules_unref (UTlsRules *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->exceptions);
  g_free (self);
}

char *
u_tls_rules_normalize_host (const char *host)
{
  g_autofree char *plain = g_uri_unescape_string (host, NULL);
  g_autofree char *ascii = NULL;
  char *start = plain;
  char *zone;
  gsize length;

  if (plain == NULL)
    return NULL;

  if (*start == '[')
    {
      start++;
      start[strcspn (start, "]")] = '\0';
    }
  /* RFC 6874: which link an address is on says nothing about what it is. */
  zone = strchr (start, ':') != NULL ? strchr (start, '%') : NULL;
  if (zone != NULL)
    *zone = '\0';

  if (g_hostname_is_ip_address (start))
    return g_ascii_strdown (start, -1);

  ascii = g_hostname_to_ascii (start);
  if (ascii == NULL)
    return NULL;
  for (length = strlen (ascii); length > 0 && ascii[length - 1] == '.'; length--)
    ascii[length - 1] = '\0';

  return length > 0 ? g_ascii_strdown (ascii, -1) : NULL;
}

/* IPv4 inside of IPv6, RFC 4291 section 2.5.5.2, is what it is inside. */
static GInetAddress *
parse_address (const char *host)
{
  static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  const guint8 *bytes;

  if (address == NULL || g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV6)
    return g_steal_pointer (&address);

  bytes = g_inet_address_to_bytes (address);
  if (memcmp (bytes, mapped, sizeof mapped) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof mapped, G_SOCKET_FAMILY_IPV4);

  return g_steal_pointer (&address);
}

/* Loopback; on the link: RFC 3927, RFC 4291 section 2.5.6; of a private network: RFC 1918, RFC 4193. */
static gboolean
is_local_address (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_is_loopback (address) || g_inet_address_get_is_link_local (address))
    return TRUE;
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    return (bytes[0] & 0xfe) == 0xfc;

  return bytes[0] == 10
         || (bytes[0] == 172 && (bytes[1] & 0xf0) == 16)
         || (bytes[0] == 192 && bytes[1] == 168);
}

/* Such a name would be an address for some resolvers: "127.1", "0x7f000001", "2130706433". What it leads to is anyone's
 * guess, so it is nothing here. */
static gboolean
ends_in_a_number (const char *host)
{
  const char *label = strrchr (host, '.');

  label = label != NULL ? label + 1 : host;
  if (label[0] == '0' && label[1] == 'x')
    return label[2 + strspn (label + 2, "0123456789abcdef")] == '\0';

  return label[strspn (label, "0123456789")] == '\0';
}

/* Whether @host is a name below @domain; both are normalized. A suffix alone is not: "notexample.com". */
static gboolean
is_below (const char *host, const char *domain)
{
  gsize host_length = strlen (host);
  gsize domain_length = strlen (domain);

  return host_length > domain_length
         && host[host_length - domain_length - 1] == '.'
         && strcmp (host + host_length - domain_length, domain) == 0;
}

static gboolean
is_local_normalized (const char *host)
{
  g_autoptr (GInetAddress) address = parse_address (host);

  if (address != NULL)
    return is_local_address (address);
  if (ends_in_a_number (host))
    return FALSE;

  /* Without a dot, RFC 6762 section 3, RFC 6761 section 6.3. */
  return strchr (host, '.') == NULL || is_below (host, "local") || is_below (host, "localhost");
}

gboolean
u_tls_rules_is_local (const char *host)
{
  g_autofree char *normalized = u_tls_rules_normalize_host (host);

  return normalized != NULL && is_local_normalized (normalized);
}

static gboolean
find_exception (UTlsRules *self, const char *domain, guint *index)
{
  for (guint i = 0; i < self->exceptions->len; i++)
    {
      const UTlsException *exception = g_ptr_array_index (self->exceptions, i);

      if (g_str_equal (exception->domain, domain))
        {
          *index = i;
          return TRUE;
        }
    }

  return FALSE;
}

gboolean
u_tls_rules_set_exception (UTlsRules *self, const UTlsException *exception)
{
  UTlsException *copy;
  char *domain = u_tls_rules_normalize_host (exception->domain);
  guint i;

  if (domain == NULL)
    return FALSE;

  copy = g_new (UTlsException, 1);
  *copy = *exception;
  copy->domain = domain;
  if (find_exception (self, domain, &i))
    {
      exception_free (g_ptr_array_index (self->exceptions, i));
      g_ptr_array_index (self->exceptions, i) = copy;
    }
  else
    {
      g_ptr_array_add (self->exceptions, copy);
    }

  return TRUE;
}

gboolean
u_tls_rules_remove_exception (UTlsRules *self, const char *domain)
{
  g_autofree char *normalized = u_tls_rules_normalize_host (domain);
  guint i;

  if (normalized == NULL || !find_exception (self, normalized, &i))
    return FALSE;

  g_ptr_array_remove_index (self->exceptions, i);

  return TRUE;
}

const UTlsException *
u_tls_rules_get_exception (UTlsRules *self, const char *domain)
{
  g_autofree char *normalized = u_tls_rules_normalize_host (domain);
  guint i;

  if (normalized == NULL || !find_exception (self, normalized, &i))
    return NULL;

  return g_ptr_array_index (self->exceptions, i);
}

/* The exception that is closest to @host, which is normalized: that of the host itself, or of the longest domain. */
static const UTlsException *
match_exception (UTlsRules *self, const char *host)
{
  const UTlsException *best = NULL;

  for (guint i = 0; i < self->exceptions->len; i++)
    {
      const UTlsException *exception = g_ptr_array_index (self->exceptions, i);

      if (g_str_equal (exception->domain, host))
        return exception;
      if (exception->includes_subdomains && is_below (host, exception->domain)
          && !g_hostname_is_ip_address (exception->domain)
          && (best == NULL || strlen (exception->domain) > strlen (best->domain)))
        best = exception;
    }

  return best;
}

/*
 * u_tls_rules_check_uri:
 *
 * Only http: can be refused here, and ws:, which is the same on the wire. An exception that fits decides before what is
 * said of all hosts, but takes nothing away from a local one, which has no certificate that anybody could check.
 */
gboolean
u_tls_rules_check_uri (UTlsRules *self, GUri *uri, GError **error)
{
  g_autofree char *host = NULL;
  const UTlsException *exception;
  const char *scheme = g_uri_get_scheme (uri);

  if (g_ascii_strcasecmp (scheme, "http") != 0 && g_ascii_strcasecmp (scheme, "ws") != 0)
    return TRUE;

  host = u_tls_rules_normalize_host (g_uri_get_host (uri) != NULL ? g_uri_get_host (uri) : "");
  if (host == NULL)
    {
      g_set_error (error, U_ERROR, U_ERROR_BAD_URL, "The host “%s” is not one",
                   g_uri_get_host (uri) != NULL ? g_uri_get_host (uri) : "");
      return FALSE;
    }

  if (self->allows_local_networking && is_local_normalized (host))
    return TRUE;

  exception = match_exception (self, host);
  if (exception != NULL ? exception->allows_insecure_loads : self->allows_insecure_loads)
    return TRUE;

  if (exception != NULL)
    g_set_error (error, U_ERROR, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION,
                 "The transport security of the session allows no %s: to %s. Use %ss:, or set "
                 "allows-insecure-loads of the exception for %s.", scheme, host, scheme, exception->domain);
  else if (is_local_normalized (host))
    g_set_error (error, U_ERROR, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION,
                 "The transport security of the session allows no %s: to %s. Use %ss:, or set "
                 "UTransportSecurity:allows-local-networking.", scheme, host, scheme);
  else
    g_set_error (error, U_ERROR, U_ERROR_TRANSPORT_SECURITY_REQUIRES_SECURE_CONNECTION,
                 "The transport security of the session allows no %s: to %s. Use %ss:, or "
                 "u_transport_security_add_exception() for this domain, or set "
                 "UTransportSecurity:allows-insecure-loads.", scheme, host, scheme);

  return FALSE;
}

static const char *
version_name (GTlsProtocolVersion version)
{
  static const char * const names[] = { "of unknown version", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };

  if (version == G_TLS_PROTOCOL_VERSION_DTLS_1_0 || version == G_TLS_PROTOCOL_VERSION_DTLS_1_2)
    return "DTLS";

  return (gsize) version < G_N_ELEMENTS (names) ? names[version] : names[0];
}

/* Names are as in the registry, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", or as in OpenSSL, "EDH-RSA-DES-CBC3-SHA". */
static gboolean
has_forward_secrecy (GTlsProtocolVersion version, const char *cipher)
{
  g_auto (GStrv) words = NULL;

  if (version == G_TLS_PROTOCOL_VERSION_TLS_1_3)
    return TRUE;
  if (cipher == NULL)
    return FALSE;

  words = g_strsplit_set (cipher, "-_", -1);

  return g_strv_contains ((const char * const *) words, "ECDHE")
         || g_strv_contains ((const char * const *) words, "DHE")
         || g_strv_contains ((const char * const *) words, "EDH");
}

/* Returns (nullable): the exception that they are of. */
static const UTlsException *
get_demands (UTlsRules *self, const char *host, GTlsProtocolVersion *minimum, GTlsProtocolVersion *maximum,
             gboolean *forward_secrecy)
{
  g_autofree char *normalized = u_tls_rules_normalize_host (host);
  const UTlsException *exception = normalized != NULL ? match_exception (self, normalized) : NULL;

  *minimum = self->minimum;
  *maximum = self->maximum;
  *forward_secrecy = self->requires_forward_secrecy;
  if (exception != NULL)
    {
      if (exception->minimum != G_TLS_PROTOCOL_VERSION_UNKNOWN)
        *minimum = exception->minimum;
      *forward_secrecy = exception->requires_forward_secrecy;
    }

  return exception;
}

void
u_tls_rules_get_demands (UTlsRules *self, const char *host, GTlsProtocolVersion *minimum, GTlsProtocolVersion *maximum,
                         gboolean *forward_secrecy)
{
  get_demands (self, host, minimum, maximum, forward_secrecy);
}

/*
 * u_tls_rules_check_connection:
 *
 * Of https: to any host, local ones included: what can speak TLS at all can speak it well, and what cannot has an
 * exception.
 */
gboolean
u_tls_rules_check_connection (UTlsRules *self, const char *host, GTlsProtocolVersion version, const char *cipher,
                              GError **error)
{
  const UTlsException *exception;
  GTlsProtocolVersion minimum, maximum;
  gboolean forward_secrecy;
  g_autofree char *whose = NULL;

  exception = get_demands (self, host, &minimum, &maximum, &forward_secrecy);
  if (exception != NULL)
    whose = g_strdup_printf ("of the exception for %s", exception->domain);
  else
    whose = g_strdup_printf ("of UTransportSecurity, or of an exception for %s", host);

  if (version < minimum)
    {
      g_set_error (error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED,
                   "The server %s speaks %s, and the session wants %s or newer: minimum-tls-version %s says so.",
                   host, version_name (version), version_name (minimum), whose);
      return FALSE;
    }
  if (version > maximum)
    {
      g_set_error (error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED,
                   "The server %s speaks %s, and the session wants %s or older: maximum-tls-version of "
                   "UTransportSecurity says so.", host, version_name (version), version_name (maximum));
      return FALSE;
    }
  if (forward_secrecy && !has_forward_secrecy (version, cipher))
    {
      g_set_error (error, U_ERROR, U_ERROR_SECURE_CONNECTION_FAILED,
                   "The connection to %s has no forward secrecy (%s): requires-forward-secrecy %s asks for it.",
                   host, cipher != NULL ? cipher : "its cipher is not known", whose);
      return FALSE;
    }

  return TRUE;
}
