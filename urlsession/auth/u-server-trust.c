/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-server-trust-private.h"

#include <string.h>

/**
 * UServerTrust:
 *
 * The certificates with which a server showed who it is, and what is wrong with them.
 *
 * It comes with a [class@ProtectionSpace] whose method is `U_AUTHENTICATION_METHOD_SERVER_TRUST`. It does not change,
 * and may be used from any thread.
 */

struct _UServerTrust
{
  GObject parent_instance;

  UProtectionSpaceData *data; /* owned; NULL for an object that no connection made */
  GTlsCertificate *certificate; /* owned, nullable; NULL until asked for */
};

enum {
  PROP_0,
  PROP_CERTIFICATE,
  PROP_ERRORS,
  PROP_HOST,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UServerTrust, u_server_trust, G_TYPE_OBJECT)

static void
u_server_trust_finalize (GObject *object)
{
  UServerTrust *self = U_SERVER_TRUST (object);

  g_clear_pointer (&self->data, u_protection_space_data_unref);
  g_clear_object (&self->certificate);

  G_OBJECT_CLASS (u_server_trust_parent_class)->finalize (object);
}

static void
u_server_trust_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UServerTrust *self = U_SERVER_TRUST (object);

  switch (prop_id)
    {
    case PROP_CERTIFICATE:
      g_value_set_object (value, u_server_trust_get_certificate (self));
      break;
    case PROP_ERRORS:
      g_value_set_flags (value, u_server_trust_get_errors (self));
      break;
    case PROP_HOST:
      g_value_set_string (value, u_server_trust_get_host (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_server_trust_class_init (UServerTrustClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_server_trust_finalize;
  object_class->get_property = u_server_trust_get_property;

  /**
   * UServerTrust:certificate: (getter get_certificate)
   *
   * The certificate of the server; those of the authorities that it came with are its issuers.
   */
  properties[PROP_CERTIFICATE] =
    g_param_spec_object ("certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, readable);

  /**
   * UServerTrust:errors: (getter get_errors)
   *
   * What is wrong with the certificates; 0: nothing.
   */
  properties[PROP_ERRORS] =
    g_param_spec_flags ("errors", NULL, NULL, G_TYPE_TLS_CERTIFICATE_FLAGS, 0, readable);

  /**
   * UServerTrust:host: (getter get_host)
   *
   * The host that the certificate was to be for, in lower case.
   */
  properties[PROP_HOST] = g_param_spec_string ("host", NULL, NULL, "", readable);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_server_trust_init (UServerTrust *self)
{
}

UServerTrust *
u_server_trust_new_from_data (UProtectionSpaceData *data)
{
  UServerTrust *self = g_object_new (U_TYPE_SERVER_TRUST, NULL);

  self->data = u_protection_space_data_ref (data);

  return self;
}

static guint
get_length (UServerTrust *self)
{
  return self->data != NULL && self->data->chain != NULL ? self->data->chain->len : 0;
}

/* (nullable): the certificate of the server with its issuers; what cannot be read is left out. */
static GTlsCertificate *
make_certificate (UServerTrust *self)
{
  GType type = g_tls_backend_get_certificate_type (g_tls_backend_get_default ());
  GTlsCertificate *issuer = NULL;

  for (guint i = get_length (self); i > 0; i--)
    {
      GBytes *der = self->data->chain->pdata[i - 1];
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      GTlsCertificate *certificate;

      g_byte_array_append (bytes, g_bytes_get_data (der, NULL), g_bytes_get_size (der));
      certificate = g_initable_new (type, NULL, NULL, "certificate", bytes, "issuer", issuer, NULL);
      g_clear_object (&issuer);
      issuer = certificate;
    }

  return issuer;
}

/**
 * u_server_trust_get_certificate: (get-property certificate)
 * @self: what is known of a server
 *
 * Gets the certificate of the server.
 *
 * Those of the authorities that the server sent with it are its issuers: see g_tls_certificate_get_issuer().
 *
 * Returns: (nullable) (transfer none): a certificate; %NULL if it cannot be read
 */
GTlsCertificate *
u_server_trust_get_certificate (UServerTrust *self)
{
  g_return_val_if_fail (U_IS_SERVER_TRUST (self), NULL);

  if (get_length (self) > 0 && g_atomic_pointer_get (&self->certificate) == NULL)
    {
      g_autoptr (GTlsCertificate) certificate = make_certificate (self);

      /* Another thread may have been faster. */
      if (certificate != NULL && g_atomic_pointer_compare_and_exchange (&self->certificate, NULL, certificate))
        g_steal_pointer (&certificate);
    }

  return self->certificate;
}

/**
 * u_server_trust_get_errors: (get-property errors)
 * @self: what is known of a server
 *
 * Gets what is wrong with the certificates.
 *
 * Returns: flags; 0 if nothing is
 */
GTlsCertificateFlags
u_server_trust_get_errors (UServerTrust *self)
{
  g_return_val_if_fail (U_IS_SERVER_TRUST (self), 0);

  return self->data != NULL ? self->data->errors : 0;
}

/**
 * u_server_trust_get_host: (get-property host)
 * @self: what is known of a server
 *
 * Gets the host that the certificate was to be for.
 *
 * Returns: (transfer none): a host in lower case
 */
const char *
u_server_trust_get_host (UServerTrust *self)
{
  g_return_val_if_fail (U_IS_SERVER_TRUST (self), NULL);

  return self->data != NULL ? self->data->host : "";
}

static void G_GNUC_PRINTF (2, 3)
append_sentence (GString *reason, const char *format, ...)
{
  va_list args;

  if (reason->len > 0)
    g_string_append_c (reason, ' ');
  va_start (args, format);
  g_string_append_vprintf (reason, format, args);
  va_end (args);
}

/* What a certificate says of itself goes to a person: text, on one line, of a length that fits. */
static char *
dup_printable (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) out = g_string_new (NULL);
  guint n = 0;

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (n++ == 100)
        {
          g_string_append (out, "…");
          break;
        }
      g_string_append_unichar (out, g_unichar_isprint (g_utf8_get_char (p)) ? g_utf8_get_char (p) : ' ');
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
append_identity (GString *reason, const char *host, GTlsCertificate *certificate)
{
  g_autoptr (GPtrArray) names = certificate != NULL ? g_tls_certificate_get_dns_names (certificate) : NULL;
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; names != NULL && i < MIN (names->len, 3); i++)
    {
      g_autofree char *raw = g_strndup (g_bytes_get_data (names->pdata[i], NULL),
                                        g_bytes_get_size (names->pdata[i]));
      g_autofree char *name = dup_printable (raw);

      g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", name);
    }
  if (list->len == 0)
    append_sentence (reason, "The certificate is not for %s.", host);
  else
    append_sentence (reason, "The certificate is for %s%s, not for %s.", list->str, names->len > 3 ? ", …" : "",
                     host);
}

static void
append_issuer (GString *reason, GTlsCertificate *certificate)
{
  g_autofree char *subject = certificate != NULL ? g_tls_certificate_get_subject_name (certificate) : NULL;
  g_autofree char *issuer = certificate != NULL ? g_tls_certificate_get_issuer_name (certificate) : NULL;
  g_autofree char *printable = issuer != NULL ? dup_printable (issuer) : NULL;

  if (issuer == NULL)
    append_sentence (reason, "No authority that this system trusts signed the certificate.");
  else if (g_strcmp0 (subject, issuer) == 0)
    append_sentence (reason, "The certificate was signed by nobody but itself.");
  else
    append_sentence (reason, "The certificate was signed by “%s”, an authority that this system does not trust.",
                     printable);
}

static void
append_date (GString *reason, GDateTime *date, const char *with, const char *without)
{
  g_autoptr (GDateTime) local = date != NULL ? g_date_time_to_local (date) : NULL;
  g_autofree char *text = local != NULL ? g_date_time_format (local, "%-d %B %Y") : NULL;

  if (text != NULL)
    append_sentence (reason, "The certificate %s %s.", with, text);
  else
    append_sentence (reason, "The certificate %s.", without);
}

/**
 * u_server_trust_dup_reason:
 * @self: what is known of a server
 *
 * Gets what is wrong with the certificates in a few English sentences, for a person.
 *
 * Returns: (transfer full): one sentence for each error
 */
char *
u_server_trust_dup_reason (UServerTrust *self)
{
  g_autoptr (GString) reason = g_string_new (NULL);
  g_autoptr (GDateTime) before = NULL;
  g_autoptr (GDateTime) after = NULL;
  GTlsCertificate *certificate;
  GTlsCertificateFlags errors;

  g_return_val_if_fail (U_IS_SERVER_TRUST (self), NULL);

  certificate = u_server_trust_get_certificate (self);
  errors = u_server_trust_get_errors (self);
  if (certificate != NULL)
    {
      before = g_tls_certificate_get_not_valid_before (certificate);
      after = g_tls_certificate_get_not_valid_after (certificate);
    }

  if (errors & G_TLS_CERTIFICATE_BAD_IDENTITY)
    append_identity (reason, u_server_trust_get_host (self), certificate);
  if (errors & G_TLS_CERTIFICATE_EXPIRED)
    append_date (reason, after, "expired on", "has expired");
  if (errors & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    append_date (reason, before, "is not valid before", "is not valid yet");
  if (errors & G_TLS_CERTIFICATE_REVOKED)
    append_sentence (reason, "The certificate was revoked by the authority that signed it.");
  if (errors & G_TLS_CERTIFICATE_INSECURE)
    append_sentence (reason, "The certificate was made with an algorithm that is not safe any more.");
  if (errors & G_TLS_CERTIFICATE_UNKNOWN_CA)
    append_issuer (reason, certificate);
  if (errors & G_TLS_CERTIFICATE_GENERIC_ERROR)
    append_sentence (reason, "The certificate is not valid.");
  if (reason->len == 0)
    append_sentence (reason, "Nothing is wrong with the certificate.");

  return g_string_free (g_steal_pointer (&reason), FALSE);
}

/**
 * u_server_trust_dup_fingerprint:
 * @self: what is known of a server
 *
 * Gets the fingerprint of the certificate of the server, as people compare it.
 *
 * Returns: (transfer full) (nullable): the SHA-256 of the certificate in hexadecimal, upper case, with a colon between
 *   bytes; %NULL if there is no certificate
 */
char *
u_server_trust_dup_fingerprint (UServerTrust *self)
{
  g_autofree char *hex = NULL;
  g_autoptr (GString) out = NULL;

  g_return_val_if_fail (U_IS_SERVER_TRUST (self), NULL);

  if (get_length (self) == 0)
    return NULL;

  hex = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->data->chain->pdata[0]);
  out = g_string_new (NULL);
  for (const char *p = hex; *p != '\0'; p++)
    {
      if (p > hex && (p - hex) % 2 == 0)
        g_string_append_c (out, ':');
      g_string_append_c (out, g_ascii_toupper (*p));
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}
