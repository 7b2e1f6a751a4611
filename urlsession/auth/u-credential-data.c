/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-credential-data-private.h"

#include <string.h>

#include "urlsession/base/u-error.h"

static UCredentialData *
data_new (UCredentialPersistence persistence)
{
  UCredentialData *self = g_new0 (UCredentialData, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->persistence = persistence;

  return self;
}

UCredentialData *
u_credential_data_new (const char *user, const char *password, UCredentialPersistence persistence)
{
  UCredentialData *self = data_new (persistence);

  self->user = g_strdup (user);
  self->password = g_strdup (password);

  return self;
}

/* A key in a token has an address and no bytes. */
static GTlsCertificate *
copy_certificate (GTlsCertificate *certificate, GError **error)
{
  g_autofree char *pkcs11_uri = NULL;
  g_autofree char *key_uri = NULL;
  g_autoptr (GByteArray) der = NULL;
  g_autoptr (GByteArray) key = NULL;
  g_autoptr (GTlsCertificate) issuer = NULL;

  g_object_get (certificate, "pkcs11-uri", &pkcs11_uri, "private-key-pkcs11-uri", &key_uri, NULL);
  if (pkcs11_uri != NULL)
    return g_tls_certificate_new_from_pkcs11_uris (pkcs11_uri, key_uri, error);

  g_object_get (certificate, "certificate", &der, "private-key", &key, NULL);
  if (key == NULL)
    {
      g_set_error_literal (error, U_ERROR, U_ERROR_CLIENT_CERTIFICATE_REJECTED,
                           "The certificate has no private key: load it together with its key, for instance from a "
                           "PKCS #12 file.");
      return NULL;
    }
  if (g_tls_certificate_get_issuer (certificate) != NULL)
    {
      g_autoptr (GByteArray) issuer_der = NULL;

      g_object_get (g_tls_certificate_get_issuer (certificate), "certificate", &issuer_der, NULL);
      issuer = g_initable_new (G_OBJECT_TYPE (certificate), NULL, error, "certificate", issuer_der, NULL);
      if (issuer == NULL)
        return NULL;
    }

  return g_initable_new (G_OBJECT_TYPE (certificate), NULL, error,
                         "certificate", der, "private-key", key, "issuer", issuer, NULL);
}

UCredentialData *
u_credential_data_new_for_identity (GTlsCertificate *identity, UCredentialPersistence persistence, GError **error)
{
  GTlsCertificate *copy = copy_certificate (identity, error);
  UCredentialData *self;

  if (copy == NULL)
    return NULL;

  self = data_new (persistence);
  self->identity = copy;

  return self;
}

UCredentialData *
u_credential_data_ref (UCredentialData *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
wipe (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

void
u_credential_data_unref (UCredentialData *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  wipe (self->user);
  wipe (self->password);
  g_clear_object (&self->identity);
  g_free (self);
}

gboolean
u_credential_data_equal (UCredentialData *a, UCredentialData *b)
{
  if (a == b || a == NULL || b == NULL)
    return a == b;
  if (a->identity != NULL || b->identity != NULL)
    return a->identity != NULL && b->identity != NULL && g_tls_certificate_is_same (a->identity, b->identity);

  return g_strcmp0 (a->user, b->user) == 0 && g_strcmp0 (a->password, b->password) == 0;
}
